package store_test

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/store"
)

// ledger is what payments and their lines are to be, kept by the rules of the insurance
// system and nothing else.
type ledger struct {
	payments map[string]core.Payment
	lines    map[string]map[int]core.Line // by payment and number
}

// pay is a batch of payments: a newer one takes the place of the one before, lines stay.
func (l *ledger) pay(rows []core.Row) (want core.Outcome) {
	seen := map[string]bool{}
	for _, row := range rows {
		p := row.(core.Payment)
		old, had := l.payments[p.Reference]
		switch {
		case seen[p.Reference]:
			want.Rejects = append(want.Rejects, core.Reject{})
			continue
		case !had:
			want.Added++
		case old == p:
			want.Unchanged++
		default:
			want.Changed++
		}
		seen[p.Reference], l.payments[p.Reference] = true, p
	}
	return want
}

// line is a batch of lines: those of a payment go in together, if with those that stay they
// add up to it.
func (l *ledger) line(rows []core.Row, whole bool) (want core.Outcome) {
	batch, spoilt := map[string]map[int]core.Line{}, map[string]bool{}
	reject := func(n int) { want.Rejects = append(want.Rejects, make([]core.Reject, n)...) }
	for _, row := range rows {
		r := row.(core.Line)
		p, known := l.payments[r.Payment]
		if _, twice := batch[r.Payment][r.Line]; !known || p.Kind == core.Allowance || twice {
			spoilt[r.Payment] = true
			reject(1)
			continue
		}
		if batch[r.Payment] == nil {
			batch[r.Payment] = map[int]core.Line{}
		}
		batch[r.Payment][r.Line] = r
	}
	for reference, lines := range batch {
		p, kept := l.payments[reference], maps.Clone(l.lines[reference])
		adds := p.Kind == core.Refund || p.Kind == core.ThirdParty
		if whole && adds && !spoilt[reference] || kept == nil {
			kept = map[int]core.Line{}
		}
		maps.Copy(kept, lines)
		sum := int64(0)
		for _, r := range kept {
			sum += r.Refund
		}
		if adds && sum != p.Cents {
			reject(len(lines))
			continue
		}
		for n, r := range lines {
			old, had := l.lines[reference][n]
			switch {
			case !had:
				want.Added++
			case old == r:
				want.Unchanged++
			default:
				want.Changed++
			}
		}
		for n := range l.lines[reference] {
			if _, stays := kept[n]; !stays {
				want.Removed++
			}
		}
		l.lines[reference] = kept
	}
	return want
}

// tables is how the tables hold it.
func (l *ledger) tables() (payments, lines, persons []string) {
	id := map[string]string{ofClaire: string(claire.ID), ofBram: "bbbbbbbbbbbbbbbbbbbbbbbbbb"}
	for reference, p := range l.payments {
		payments = append(payments, fmt.Sprint(reference, " ", id[p.Member], " ", p.Treated.Format(time.DateOnly), " ", p.Kind, " ", p.Cents))
		for n, r := range l.lines[reference] {
			member := ""
			if r.Member != p.Member {
				member = id[p.Member]
				persons = append(persons, reference+" "+id[r.Member])
			}
			lines = append(lines, fmt.Sprint(reference, " ", n, " ", id[r.Member], " ", p.Treated.Format(time.DateOnly), " ", member, " ", r.Refund))
		}
	}
	slices.Sort(payments)
	slices.Sort(lines)
	slices.Sort(persons)
	return payments, lines, slices.Compact(persons)
}

// imports are processes that import into one store, at once and one after the other.
type imports struct {
	*bed
	*rand.Rand
	ledger
	processes [2]*store.DB
	on        int // the process that imports now
}

func TestLedgerSQLite(t *testing.T) { t.Parallel(); runLedger(t, openSQLite) }

func TestLedgerPostgreSQL(t *testing.T) { t.Parallel(); runLedger(t, openPostgreSQL) }

// Whatever comes, in whatever order and by whichever process, twice or after a restart:
// what is stored is what was delivered.
func runLedger(t *testing.T, open opener) {
	for range soak(2, 100) {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := &imports{bed: newBed(t, open), Rand: rand.New(rand.NewPCG(seed, 0)), ledger: ledger{map[string]core.Payment{}, map[string]map[int]core.Line{}}}
			m.processes[0] = m.DB
			m.start()
			pool := raw(t, m.bed)
			for step := 0; step < 200 && !t.Failed(); step++ {
				did := m.step()
				if m.compare(pool); t.Failed() {
					t.Errorf("step %d: %s", step, did)
				}
			}
		})
	}
}

// compare holds the tables against the ledger. That lines of a person are looked for in a
// payment that has none is no harm.
func (m *imports) compare(pool *sql.DB) {
	payments, lines, persons := m.tables()
	same := func(query string, want []string) {
		got := texts(m.t, pool, query)
		if slices.Sort(got); !slices.Equal(got, want) {
			m.t.Errorf("stored is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	same(`SELECT payment || ' ' || member || ' ' || treated || ' ' || kind || ' ' || cents FROM payments`, payments)
	same(`SELECT payment || ' ' || line || ' ' || person || ' ' || treated || ' ' || COALESCE(member, '') || ' ' || refund FROM refund_lines`, lines)
	found := texts(m.t, pool, `SELECT payment || ' ' || person FROM payment_persons`)
	if lost := slices.DeleteFunc(persons, func(row string) bool { return slices.Contains(found, row) }); len(lost) > 0 {
		m.t.Errorf("nobody knows that these have lines: %q", lost)
	}
}

// start starts the second process, or starts it anew: it knows nothing of what it brought.
func (m *imports) start() {
	cfg := m.cfg
	cfg.Anchors += "-b"
	if address, ok := databases.Load(cfg.Path); ok {
		cfg.Database = address.(string)
	}
	if m.processes[1] != nil {
		if err := m.processes[1].Close(); err != nil {
			m.t.Fatal(err)
		}
	}
	m.processes[1] = openStore(m.t, cfg)
}

func (m *imports) step() (did string) {
	if m.IntN(4) == 0 {
		m.on = 1 - m.on
	}
	switch what := m.IntN(20); {
	case what < 7:
		return m.load(m.newPayments(), false)
	case what < 15:
		return m.load(m.newLines(), m.IntN(3) == 0)
	case what == 15:
		m.start()
		return "the second process starts anew"
	case what < 18:
		return m.undone(m.newPayments())
	}
	var kept [][]string
	for _, reference := range slices.Sorted(maps.Keys(m.payments)) {
		if m.IntN(2) > 0 {
			kept = append(kept, []string{reference})
			continue
		}
		delete(m.payments, reference)
		delete(m.lines, reference)
	}
	here := *m.bed
	here.DB = m.processes[m.on]
	here.takeAway(core.KindPayment, here.delivered(core.KindPayment, kept...))
	return fmt.Sprintf("a complete delivery of %q by %d", kept, m.on)
}

// load loads rows, mostly laid out ahead, and now and then again as who had no answer does.
func (m *imports) load(rows []core.Row, whole bool) (did string) {
	batch := core.Batch{Kind: rows[0].Of(), Rows: rows, Whole: whole}
	if m.IntN(3) > 0 {
		batch.Draft = store.Draft(batch)
	}
	for again := true; again; again = m.IntN(8) == 0 {
		want := core.Outcome{}
		if batch.Kind == core.KindPayment {
			want = m.pay(rows)
		} else {
			want = m.line(rows, whole)
		}
		got, err := m.processes[m.on].Load(m.t.Context(), "141", batch)
		if err != nil || got.Added != want.Added || got.Changed != want.Changed || got.Unchanged != want.Unchanged || got.Removed != want.Removed || len(got.Rejects) != len(want.Rejects) {
			m.t.Errorf("%+v, %v, want %+v", got, err, want)
		}
		did += fmt.Sprintf("%+v (whole %t) by %d. ", rows, whole, m.on)
	}
	return did
}

// undone loads a part that cannot be stored.
func (m *imports) undone(rows []core.Row) (did string) {
	ctx, db := m.t.Context(), m.processes[m.on]
	i, err := db.BeginImport(ctx, "141", core.Import{Kind: core.KindPayment, File: "refused", SHA256: sha256.Sum256(nil), AsOf: noon})
	if err == nil {
		err = db.EndImport(ctx, "141", i.ID, core.ImportRefused)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	part := core.Part{Batch: core.Batch{Kind: core.KindPayment, Rows: rows}, LineOf: make([]int64, len(rows)), Lines: 1, Bytes: 1}
	if _, err := db.LoadPart(ctx, "141", i.ID, part); err == nil {
		m.t.Error("a part of a file that was refused is taken in")
	}
	return fmt.Sprintf("%+v of a file that was refused by %d", rows, m.on)
}

const references = 8

func (m *imports) reference() string { return fmt.Sprint("P", m.IntN(references)) }

func (m *imports) newPayments() (rows []core.Row) {
	for range 1 + m.IntN(4) {
		p := payment(m.reference(), int64(1+m.IntN(3))*100, []core.PaymentKind{core.Refund, core.Refund, core.ThirdParty, core.Contribution, core.Allowance}[m.IntN(5)])
		p.Member = []string{ofClaire, ofBram}[m.IntN(2)]
		p.Treated = p.Treated.AddDate(0, 0, m.IntN(2))
		rows = append(rows, p)
	}
	return rows
}

// newLines are lines that mostly add up to their payments, as those are.
func (m *imports) newLines() (rows []core.Row) {
	for range 1 + m.IntN(4) {
		reference := m.reference()
		left := m.payments[reference].Cents
		for n := 1 + m.IntN(3); n > 0; n-- {
			cents := left
			if n > 1 {
				cents = int64(m.IntN(3)) * 100
			}
			left -= cents
			if m.IntN(12) == 0 {
				cents += 100
			}
			rows = append(rows, line(reference, n, []string{ofClaire, ofBram}[m.IntN(2)], cents))
		}
	}
	m.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
	return rows
}
