package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/mail"
)

// Load stores what the insurance system delivered, all rows in one commit with one row
// in the audit trail. A row that refers to what is not there, or whose amounts do not
// add up with what is, is refused alone. Loading the same again changes nothing; a row
// with the key of one that is there takes its place.
func (db *DB) Load(ctx context.Context, mutuality string, batch core.Batch) (core.Outcome, error) {
	return db.loadWith(ctx, mutuality, batch, nil)
}

// loadWith is Load with more in the same commit, in place of the age.
func (db *DB) loadWith(ctx context.Context, mutuality string, batch core.Batch, more func(*tx, core.Outcome) error) (core.Outcome, error) {
	if mutuality == "" {
		return core.Outcome{}, errors.New("loading: whose mutuality?")
	}
	for _, row := range batch.Rows {
		if row.Of() != batch.Kind {
			return core.Outcome{}, fmt.Errorf("loading: a %s in a batch of kind %s", row.Of(), batch.Kind)
		}
	}
	var out core.Outcome
	var l *load
	laid := draftOf(batch)
	sealed, err := db.sealDelivery(ctx, mutuality, batch, laid)
	if err != nil {
		return core.Outcome{}, fmt.Errorf("loading %s: %w", batch.Kind, err)
	}
	note := db.ownEntry(ctx, mutuality, "", audit.ImportBatch, object("import", string(batch.Kind)))
	err = db.write(ctx, note, func(t *tx) error {
		l = &load{db: db, conn: t.conn, t: t, mutuality: mutuality, batch: batch, draft: laid, sealed: sealed}
		if err := l.run(); err != nil {
			return err
		}
		if err := l.mailNews(); err != nil {
			return err
		}
		out = l.out
		if more != nil {
			return more(t, out)
		}
		return putAge(t, mutuality, batch.Kind, batch.AsOf)
	})
	if err != nil {
		return core.Outcome{}, fmt.Errorf("loading %s: %w", batch.Kind, err)
	}
	if ofPayments(batch.Kind) {
		db.brought.committed(mutuality, l.turn, l.added, l.touched)
	}
	if l.kept > 0 {
		db.cfg.Log.Info("accounts delivered are older than changes in force, and not taken", "mutuality", mutuality, "accounts", l.kept)
	}
	return out, nil
}

// load is one batch on its way into the tables.
type load struct {
	db *DB
	*conn
	t         *tx // nil: nothing is written, only counted
	mutuality string
	batch     core.Batch
	draft     *draft
	members   map[string]string // ids by folded affiliation; several members with one: ""
	ahead     *core.Ahead       // of a preview
	out       core.Outcome
	kept      int                                      // accounts that were not taken (deliveredAccounts)
	sealed    map[[2]string]sealedDelivery             // PDFs, by member and reference
	news      map[mail.Template]map[auth.MemberID]bool // who is to be told of what
	turn      int64                                    // of load_turns, where payments or lines are written
	added     map[string]paid                          // payments
	touched   []string                                 // references of payments that are not as they were, or have lines
	newsFrom  string                                   // the first day of which there is news; empty: not asked for yet
}

// fault is why a row is not taken.
type fault struct{ field, reason string }

func (l *load) reject(row int, f fault) {
	l.out.Rejects = append(l.out.Rejects, core.Reject{Row: row, Field: f.field, Reason: f.reason})
}

func (l *load) run() (err error) {
	if l.t != nil && ofPayments(l.batch.Kind) {
		if l.turn, err = takeTurn(l.conn, l.mutuality); err != nil {
			return err
		}
	}
	if err := l.byIndex(); err != nil {
		return err
	}
	if err := l.findMembers(); err != nil {
		return err
	}
	switch l.batch.Kind {
	case core.KindMember:
		return l.loadMembers()
	case core.KindLine:
		return l.loadLines()
	case core.KindMafShare:
		return l.loadShares()
	case core.KindReceived:
		return l.loadReceived()
	}
	table, ok := coreTables[l.batch.Kind]
	if !ok {
		return fmt.Errorf("no kind %q", l.batch.Kind)
	}
	return l.loadTable(table)
}

// record is a row of the batch as columns.
type record struct {
	row    int // in the batch
	values []any
	id     string // the identity of the values
	group  int    // what it belongs to, of those of its draft
}

// loadTable loads what needs no more than its table.
func (l *load) loadTable(table coreTable) error {
	records := l.once(l.records(table))
	slices.SortFunc(records, func(a, b record) int { return table.order(a.values, b.values) })
	had, err := l.existing(table, records)
	if err != nil {
		return err
	}
	if l.batch.Kind == core.KindPayment && l.t != nil {
		l.bring(records, had)
	}
	return l.put(table, records, had)
}

// once refuses rows whose key another one of the batch has.
func (l *load) once(records []record) []record {
	seen := make(map[string]bool, len(records))
	kept := records[:0]
	for _, r := range records {
		if seen[r.id] {
			l.reject(r.row, fault{"", core.ReasonDuplicate})
			continue
		}
		seen[r.id] = true
		kept = append(kept, r)
	}
	return kept
}

// put writes what is new or not as it was; had has the rows that are there, by identity.
func (l *load) put(table coreTable, records []record, had map[string][]any) error {
	added := make([][]any, 0, len(records)-min(len(had), len(records)))
	var changed [][]any
	for _, r := range records {
		old, ok := had[r.id]
		switch {
		case !ok:
			added = append(added, r.values)
			l.out.Added++
			l.lookAhead(r.values)
			if table.news != nil && l.t != nil {
				table.news(l, r.values)
			}
			if table.fresh != nil && l.t != nil {
				if err := table.fresh(l, r.values); err != nil {
					return err
				}
			}
			continue
		case slices.Equal(old, r.values):
			l.out.Unchanged++
			continue
		}
		l.out.Changed++
		l.lookAhead(r.values)
		if l.t == nil {
			continue
		}
		if table.key(old) == table.key(r.values) {
			changed = append(changed, r.values)
			if table.told != nil {
				if err := table.told(l, old, r.values); err != nil {
					return err
				}
			}
			continue
		}
		if err := l.move(table, old, r.values); err != nil {
			return err
		}
		added = append(added, r.values)
	}
	if l.t == nil {
		return nil
	}
	if err := l.upsert(table, changed); err != nil {
		return err
	}
	return l.insert(table.name, table.columns, added)
}

// move takes away a row whose place in the table is another one now.
func (l *load) move(table coreTable, old, now []any) error {
	if err := l.remove(table, old); err != nil || table.moved == nil {
		return err
	}
	return table.moved(l, old, now)
}

// putAge notes how old the data of a kind are; it never makes them older.
func putAge(t *tx, mutuality string, kind core.Kind, asOf time.Time) error {
	if asOf.IsZero() {
		return nil
	}
	_, err := t.exec(`
		INSERT INTO import_ages (mutuality, kind, as_of) VALUES (?, ?, ?)
		ON CONFLICT (mutuality, kind) DO UPDATE SET as_of = excluded.as_of WHERE import_ages.as_of < excluded.as_of`,
		mutuality, string(kind), micros(asOf))
	return err
}

// Ages tells, for each kind that was ever delivered, the insurance system's own time of
// the newest data.
func (db *DB) Ages(ctx context.Context, mutuality string) (ages map[core.Kind]time.Time, err error) {
	err = db.read(ctx, func(c *conn) error {
		ages, err = agesOf(c, mutuality)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading ages: %w", err)
	}
	return ages, nil
}

// agesOf are the ages of the data, on the caller's snapshot.
func agesOf(c *conn, mutuality string) (map[core.Kind]time.Time, error) {
	ages := map[core.Kind]time.Time{}
	err := c.each(`SELECT kind, as_of FROM import_ages WHERE mutuality = ?`, []any{mutuality}, func(scan func(...any) error) error {
		var kind core.Kind
		var at int64
		err := scan(&kind, &at)
		ages[kind] = fromMicros(at)
		return err
	})
	return ages, err
}
