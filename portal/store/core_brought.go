package store

import (
	"strings"
	"sync"

	"guichet.example/portal/core"
)

// maxBrought is how many payments a mutuality's are kept in memory, some 200 bytes each.
const maxBrought = 100_000

// brought are payments that this process added and that have no lines yet. A file of lines
// mostly follows that of their payments, and need not look for those. They are good as
// long as nobody else wrote payments or lines, which load_turns counts. Programs of before
// its migration do not count: while they run, files are taken in with one kind alone.
type brought struct {
	mu   sync.Mutex
	last map[string]turns // by mutuality
}

type turns struct {
	turn     int64 // of the act after which the payments were so
	payments map[string]paid
}

// known are those of the payments that are as they were brought, in the act of a turn.
func (b *brought) known(mutuality string, turn int64, references []string) map[string]*paid {
	b.mu.Lock()
	defer b.mu.Unlock()
	known, last := make(map[string]*paid, len(references)), b.last[mutuality]
	if last.turn != turn-1 {
		return known
	}
	for _, reference := range references {
		if p, ok := last.payments[reference]; ok {
			known[reference] = &p
		}
	}
	return known
}

// committed notes what an act did to payments, once it is on disk. It may come late: what
// is noted of another turn than the one before is not believed.
func (b *brought) committed(mutuality string, turn int64, added map[string]paid, touched []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := b.last[mutuality]
	if last.turn != turn-1 || last.payments == nil {
		last.payments = make(map[string]paid, len(added))
	}
	for _, reference := range touched {
		delete(last.payments, reference)
	}
	for reference, p := range added {
		if len(last.payments) >= maxBrought {
			break
		}
		last.payments[reference] = p
	}
	last.turn = turn
	if b.last == nil {
		b.last = map[string]turns{}
	}
	b.last[mutuality] = last
}

// takeTurn counts an act that writes payments or lines, before it reads any.
func takeTurn(c *conn, mutuality string) (turn int64, err error) {
	err = c.get(`INSERT INTO load_turns (mutuality, turn) VALUES (?, 1)
		ON CONFLICT (mutuality) DO UPDATE SET turn = load_turns.turn + 1 RETURNING turn`, []any{mutuality}, &turn)
	return turn, err
}

// bring notes which of the records are new payments, and which are not what they were.
func (l *load) bring(records []record, had map[string][]any) {
	l.added = make(map[string]paid, len(records))
	for _, r := range records {
		reference := r.values[paymentReference].(string)
		if _, ok := had[r.id]; ok {
			l.touched = append(l.touched, reference)
			continue
		}
		p := paid{member: r.values[paymentMember].(string), kind: strings.Clone(r.values[paymentKind].(string)), cents: r.values[paymentCents].(int64)}
		p.treated, _ = r.values[paymentTreated].(string)
		l.added[strings.Clone(reference)] = p // and not the line of a file that it is a part of
	}
}

// ofPayments tells whether rows of a kind are payments or belong to them.
func ofPayments(kind core.Kind) bool { return kind == core.KindPayment || kind == core.KindLine }
