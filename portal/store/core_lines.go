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
	ahead                 bool     // not stored yet: a preview
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
		records = append(records, record{i, values})
	}
	records = l.once(lineTable, records)
	had, err := l.linesOf(payments)
	if err != nil {
		return err
	}
	records = l.addUp(records, had, payments)
	slices.SortFunc(records, func(a, b record) int { return lineTable.order(a.values, b.values) })
	if err := l.put(lineTable, records, had); err != nil || l.t == nil {
		return err
	}
	return l.notePersons(records, payments)
}

// paymentsOfLines finds the payments of the batch by their references.
func (l *load) paymentsOfLines() (map[string]*paid, error) {
	payments := map[string]*paid{}
	var references []string
	for _, row := range l.batch.Rows {
		reference := row.(core.Line).Payment
		if _, seen := payments[reference]; !seen {
			payments[reference] = nil
			references = append(references, reference)
		}
	}
	err := inChunks(references, func(some []string) error {
		args := make([]any, 0, len(some)+1)
		for _, reference := range some {
			args = append(args, reference)
		}
		query := l.perKey(tuples(len(some), 1), `p.payment, p.member, p.treated, p.kind, p.cents, coalesce(q.person, '')`,
			`payments AS p LEFT JOIN payment_persons AS q ON q.mutuality = p.mutuality AND q.payment = p.payment`,
			`p.mutuality = ? AND p.payment = v.column1`)
		return l.each(query, append(args, l.mutuality),
			func(scan func(...any) error) error {
				var p paid
				var reference, person string
				if err := scan(&reference, &p.member, &p.treated, &p.kind, &p.cents, &person); err != nil {
					return err
				}
				if payments[reference] == nil {
					payments[reference] = &p
				}
				if person != "" {
					payments[reference].persons = append(payments[reference].persons, person)
				}
				return nil
			})
	})
	if l.ahead == nil {
		return payments, err
	}
	for reference, p := range payments {
		known, ok := l.ahead.Payments[reference]
		if !ok {
			continue
		}
		if p == nil {
			p = &paid{ahead: true}
			payments[reference] = p
		}
		p.kind, p.cents = string(known.Kind), known.Cents
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
		if p == nil || p.ahead {
			continue
		}
		places = append(places, place{p.member, p.treated, reference})
		for _, person := range p.persons {
			if person != p.member {
				places = append(places, place{person, p.treated, reference})
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.treated, b.treated), cmp.Compare(a.payment, b.payment))
	})
	lines := lineTable
	lines.finds, lines.ints = []int{linePerson, lineTreated, linePayment}, nil
	had := map[string][]any{}
	err := inChunks(places, func(some []place) error {
		args := make([]any, 0, 3*len(some)+1)
		for _, p := range some {
			args = append(args, p.person, p.treated, p.payment)
		}
		return l.each(l.lookup(lines, len(some)), append(args, l.mutuality), func(scan func(...any) error) error {
			values, err := scanAll(scan, len(lineTable.columns))
			if err == nil {
				had[lineTable.identity(values)] = values
			}
			return err
		})
	})
	return had, err
}

// addUp refuses the lines of a payment for care whose refunds are not, with those that are
// there already, what was paid.
func (l *load) addUp(records []record, had map[string][]any, payments map[string]*paid) []record {
	sums := make(map[string]int64, len(payments))
	for _, r := range records {
		sums[r.values[linePayment].(string)] += r.values[lineRefund].(int64)
		if old, ok := had[lineTable.identity(r.values)]; ok {
			sums[r.values[linePayment].(string)] -= old[lineRefund].(int64)
		}
	}
	for _, old := range had {
		sums[old[linePayment].(string)] += old[lineRefund].(int64)
	}
	return slices.DeleteFunc(records, func(r record) bool {
		p := payments[r.values[linePayment].(string)]
		care := p.kind == string(core.Refund) || p.kind == string(core.ThirdParty)
		if !care || sums[r.values[linePayment].(string)] == p.cents {
			return false
		}
		l.reject(r.row, fault{"refund", core.ReasonPaymentSum})
		return true
	})
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
	return l.putPersons(fresh)
}
