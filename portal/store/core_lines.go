package store

import (
	"cmp"
	"slices"

	"guichet.example/portal/core"
)

// Columns of refund_lines, as they stand in lineTable.
const (
	linePerson = iota
	lineTreated
	linePayment
	lineNumber
	lineMember
	lineRefund = 14
)

// lineTable is where lines are kept. A line is found by its payment and number, but not
// by a query of its own: loadLines knows where the lines of a payment are.
var lineTable = tableOf("refund_lines",
	"person@member* treated* payment*+ line*+# member certificate nature code provider care_from care_to quantity fee supplement refund own",
	lineValues)

// paid is a payment that lines belong to.
type paid struct {
	member, treated, kind string
	cents                 int64
	lines                 bool     // the member has lines in it already
	persons               []string // who has lines in it, as far as known, besides the member
}

func (l *load) loadLines() error {
	payments, err := l.paymentsOfLines()
	if err != nil {
		return err
	}
	records := l.once(l.linesPaid(payments))
	had, err := l.linesOf(payments)
	if err != nil {
		return err
	}
	records, gone := l.addUp(records, had, sums{
		of: func(values []any) string { return values[linePayment].(string) }, amount: lineRefund,
		refused: l.refusedPayments(), wrong: fault{"refund", core.ReasonPaymentSum},
		want: func(of string) (int64, bool) {
			p := payments[of]
			return p.cents, p.kind == string(core.Refund) || p.kind == string(core.ThirdParty)
		},
	})
	slices.SortFunc(records, func(a, b record) int { return lineTable.order(a.values, b.values) })
	if err := l.put(lineTable, records, had); err != nil {
		return err
	}
	if l.t != nil {
		if err := l.notePersons(records, payments); err != nil {
			return err
		}
	}
	return l.takeOutLines(gone) // last: a person of whom no line is left is in the payment no more
}

var (
	paymentOfLine = perKey{
		name: "payments of lines", columns: "p.payment, p.member, p.treated, p.kind, p.cents, " + anyLine, from: "payments AS p",
		where: "p.mutuality = ? AND p.payment = v.column1", ints: []bool{false}, ranged: "p.payment",
	}
	personOfLines = perKey{
		name: "persons of lines", columns: "q.payment, q.person", from: "payment_persons AS q",
		where: "q.mutuality = ? AND q.payment = v.column1", ints: []bool{false}, ranged: "q.payment",
	}
)

// anyLine tells whether the member of a payment has lines in it. A look into the index for
// each: of EXISTS PostgreSQL may make a table of all lines.
const anyLine = `(SELECT 1 FROM refund_lines AS r
	WHERE r.mutuality = p.mutuality AND r.person = p.member AND r.treated = p.treated AND r.payment = p.payment LIMIT 1) IS NOT NULL`

// paymentsOfLines finds the payments of the batch by their references.
func (l *load) paymentsOfLines() (map[string]*paid, error) {
	payments, keys := map[string]*paid{}, make([][]any, 0, len(l.draft.groups))
	if l.t != nil {
		payments = l.db.brought.known(l.mutuality, l.turn, l.draft.groups)
		l.touched = l.draft.groups
	}
	for _, reference := range l.draft.groups {
		if _, known := payments[reference]; !known {
			payments[reference] = nil // asked for
			keys = append(keys, []any{reference})
		}
	}
	err := l.eachKey(paymentOfLine, keys, func(scan func(...any) error) error {
		var reference string
		var p paid
		err := scan(&reference, &p.member, &p.treated, &p.kind, &p.cents, &p.lines)
		if known, asked := payments[reference]; asked && known == nil {
			payments[reference] = &p
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = l.eachKey(personOfLines, keys, func(scan func(...any) error) error {
		var reference, person string
		err := scan(&reference, &person)
		if p := payments[reference]; p != nil && !slices.Contains(p.persons, person) {
			p.persons = append(p.persons, person)
		}
		return err
	})
	if l.ahead == nil {
		return payments, err
	}
	for reference, p := range payments {
		kind, cents, held, there := l.ahead.Payment(reference)
		switch {
		case there && p == nil:
			payments[reference] = &paid{kind: string(kind), cents: cents}
		case held:
			p.kind, p.cents = string(kind), cents
		}
	}
	return payments, err
}

// lineValues are those of a line but for what only its payment tells.
func lineValues(r core.Line) []any {
	var to, supplement any
	if r.To.After(r.From) {
		to = date(r.To)
	}
	if r.Supplement != nil {
		supplement = *r.Supplement
	}
	return []any{r.Member, nil, r.Payment, int64(r.Line), nil, r.Certificate, r.Nature, r.Code, r.Provider,
		date(r.From), to, int64(r.Quantity), r.Fee, supplement, r.Refund, r.Own}
}

// linesPaid are the records of lines with what their payments tell.
func (l *load) linesPaid(payments map[string]*paid) []record {
	of := make([]*paid, len(l.draft.groups))
	for i, reference := range l.draft.groups {
		of[i] = payments[reference]
	}
	return slices.DeleteFunc(l.records(lineTable), func(r record) bool {
		p := of[r.group]
		switch {
		case p == nil:
			l.reject(r.row, fault{"payment", core.ReasonNoPayment})
			return true
		case p.kind == string(core.Allowance):
			l.reject(r.row, fault{"payment", "a payment of this kind has no lines"})
			return true
		}
		r.values[lineTreated], r.values[lineMember] = p.treated, nil
		if r.values[linePerson] != p.member {
			r.values[lineMember] = p.member
		}
		return false
	})
}

// linesOf reads the lines that payments have already, by payment and number.
func (l *load) linesOf(payments map[string]*paid) (map[string][]any, error) {
	type place struct{ person, treated, payment string }
	var places []place
	for reference, p := range payments {
		if p == nil {
			continue
		}
		if p.lines {
			places = append(places, place{p.member, p.treated, reference})
		}
		for _, person := range p.persons {
			if person != p.member {
				places = append(places, place{person, p.treated, reference})
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.treated, b.treated), cmp.Compare(a.payment, b.payment))
	})
	keys := make([][]any, len(places))
	for i, p := range places {
		keys[i] = []any{p.person, p.treated, p.payment}
	}
	return l.having(lineTable, []int{linePerson, lineTreated, linePayment}, keys)
}

// takeOutLines takes away lines that a payment does not have any more.
func (l *load) takeOutLines(gone [][]any) error {
	if err := l.takeOut(lineTable, gone); err != nil || l.t == nil {
		return err
	}
	for _, old := range gone {
		_, err := l.exec(`DELETE FROM payment_persons AS q WHERE mutuality = ? AND payment = ? AND person = ? AND NOT EXISTS (
			SELECT 1 FROM refund_lines AS t WHERE t.mutuality = q.mutuality AND t.person = q.person AND t.treated = ? AND t.payment = q.payment)`,
			l.mutuality, old[linePayment], old[linePerson], old[lineTreated])
		if err != nil {
			return err
		}
	}
	return nil
}

// notePersons notes persons who had care that another member is paid for.
func (l *load) notePersons(records []record, payments map[string]*paid) error {
	var fresh [][]any
	for _, r := range records {
		if r.values[lineMember] == nil {
			continue
		}
		p, person := payments[r.values[linePayment].(string)], r.values[linePerson].(string)
		if !slices.Contains(p.persons, person) {
			p.persons = append(p.persons, person)
			fresh = append(fresh, []any{r.values[linePayment], person})
		}
	}
	return l.insert("payment_persons", besideColumns, fresh)
}
