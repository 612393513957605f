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
	"person* treated* payment*+ line*+# member certificate nature code provider care_from care_to quantity fee supplement refund own",
	func(*load, core.Line) ([]any, *fault) { return nil, nil })

// paid is a payment that lines belong to.
type paid struct {
	member, treated, kind string
	cents                 int64
	persons               []string // who has lines in it, as far as known, besides the member
	lines                 []string // in whose files lines of it are
}

func (l *load) loadLines() error {
	payments, err := l.paymentsOfLines()
	if err != nil {
		return err
	}
	records := make([]record, 0, len(l.batch.Rows))
	for i, row := range l.batch.Rows {
		values, wrong := l.lineValues(row.(core.Line), payments)
		if wrong != nil {
			l.reject(i, *wrong)
			continue
		}
		records = append(records, record{i, values, lineTable.identity(values)})
	}
	records = l.once(records)
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
	if err := l.takeOutLines(gone); err != nil {
		return err
	}
	slices.SortFunc(records, func(a, b record) int { return lineTable.order(a.values, b.values) })
	if err := l.put(lineTable, records, had); err != nil || l.t == nil {
		return err
	}
	return l.notePersons(records, payments)
}

// paymentOfLine also tells in whose files lines of the payment are: 1 the member's, 2 that
// of the person besides her.
var paymentOfLine = perKey{
	name: "payments of lines",
	columns: `p.payment, p.member, p.treated, p.kind, p.cents, coalesce(q.person, ''), CASE WHEN ` + hasLines("p.member") + ` THEN 1 ELSE 0 END +
		CASE WHEN q.person IS NOT NULL AND ` + hasLines("q.person") + ` THEN 2 ELSE 0 END`,
	from:  `payments AS p LEFT JOIN payment_persons AS q ON q.mutuality = p.mutuality AND q.payment = p.payment`,
	where: `p.mutuality = ? AND p.payment = v.column1`,
	ints:  []bool{false},
}

func hasLines(person string) string {
	return `EXISTS (SELECT 1 FROM refund_lines AS t WHERE t.mutuality = p.mutuality AND t.person = ` + person + ` AND t.treated = p.treated AND t.payment = p.payment)`
}

// paymentsOfLines finds the payments of the batch by their references.
func (l *load) paymentsOfLines() (map[string]*paid, error) {
	payments := map[string]*paid{}
	var keys [][]any
	for _, row := range l.batch.Rows {
		reference := row.(core.Line).Payment
		if _, seen := payments[reference]; !seen {
			payments[reference] = nil
			keys = append(keys, []any{reference})
		}
	}
	err := l.eachKey(paymentOfLine, keys, func(scan func(...any) error) error {
		var one paid
		var reference, person string
		var lines int64
		if err := scan(&reference, &one.member, &one.treated, &one.kind, &one.cents, &person, &lines); err != nil {
			return err
		}
		p := payments[reference]
		if p == nil {
			p = &one
			payments[reference] = p
			if lines&1 != 0 {
				p.lines = append(p.lines, p.member)
			}
		}
		if person != "" {
			p.persons = append(p.persons, person)
		}
		if lines&2 != 0 && person != p.member {
			p.lines = append(p.lines, person)
		}
		return nil
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

func (l *load) lineValues(r core.Line, payments map[string]*paid) ([]any, *fault) {
	p := payments[r.Payment]
	if p == nil {
		return nil, &fault{"payment", core.ReasonNoPayment}
	}
	if p.kind == string(core.Allowance) {
		return nil, &fault{"payment", "a payment of this kind has no lines"}
	}
	person, wrong := l.member("member", r.Member)
	if wrong != nil {
		return nil, wrong
	}
	var member, to, supplement any
	if person != p.member {
		member = p.member
	}
	if r.To.After(r.From) {
		to = date(r.To)
	}
	if r.Supplement != nil {
		supplement = *r.Supplement
	}
	return []any{person, p.treated, r.Payment, int64(r.Line), member, r.Certificate, r.Nature, r.Code, r.Provider,
		date(r.From), to, int64(r.Quantity), r.Fee, supplement, r.Refund, r.Own}, nil
}

// linesOf reads the lines that payments have already, by payment and number.
func (l *load) linesOf(payments map[string]*paid) (map[string][]any, error) {
	type place struct{ person, treated, payment string }
	var places []place
	for reference, p := range payments {
		if p == nil {
			continue
		}
		for _, person := range p.lines {
			places = append(places, place{person, p.treated, reference})
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
		p, person := payments[r.values[linePayment].(string)], r.values[linePerson].(string)
		if person != p.member && !slices.Contains(p.persons, person) {
			p.persons = append(p.persons, person)
			fresh = append(fresh, []any{r.values[linePayment], person})
		}
	}
	return l.insert("payment_persons", besideColumns, fresh)
}
