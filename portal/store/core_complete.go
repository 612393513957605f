package store

import (
	"context"
	"fmt"
	"slices"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
)

// TakeAway ends or takes away the rows that a complete delivery does not hold: those of the
// kind of the import, which took in the last file of it and is not ended yet. Some at a
// time, each in one commit with how many there were; called again after a crash, it goes on.
// core.ErrOlderDelivery and core.ErrAnotherDelivery, where a newer delivery stands.
func (db *DB) TakeAway(ctx context.Context, mutuality, id string, delivered *core.Delivered) (core.Gone, error) {
	var gone core.Gone
	var i core.Import
	err := db.read(ctx, func(c *conn) (err error) {
		if i, err = importOf(c, `WHERE mutuality = ? AND import = ?`, mutuality, id); err != nil {
			return err
		}
		return isNewest(c, mutuality, i.Kind, i.AsOf)
	})
	if err == nil {
		err = db.eachGone(ctx, mutuality, i.Kind, i.AsOf, delivered, &gone.Stand, func(rows []goneRow) error {
			taken, err := db.takeAway(ctx, mutuality, i, rows)
			for _, row := range taken {
				gone.Note(row.told())
			}
			return err
		})
	}
	if err != nil {
		return gone, fmt.Errorf("taking away what a delivery of %s does not hold: %w", i.Kind, err)
	}
	return gone, nil
}

// takeAway is one commit of TakeAway. What was changed since it was read stays.
func (db *DB) takeAway(ctx context.Context, mutuality string, i core.Import, rows []goneRow) (taken []goneRow, err error) {
	note := db.ownEntry(ctx, mutuality, "", audit.TakeAway, object("import", string(i.Kind)))
	err = db.write(ctx, note, func(t *tx) error {
		taken = nil
		if err := isLast(t.conn, mutuality, i); err != nil {
			return err
		}
		if _, err := takeTurn(t.conn, mutuality); err != nil {
			return err
		}
		l := &load{db: db, conn: t.conn, t: t, mutuality: mutuality, batch: core.Batch{Kind: i.Kind, AsOf: i.AsOf}}
		if err := l.byIndex(); err != nil {
			return err
		}
		if i.Kind == core.KindMember {
			taken, err = l.endMembers(rows)
		} else {
			taken, err = l.takeRows(rows)
		}
		if err != nil {
			return err
		}
		return countGone(t, mutuality, i.ID, taken)
	})
	return taken, err
}

// isLast refuses an import after which another of the kind began, or beside which newer data
// are taken in, whenever that began: by the clock of another machine, perhaps.
func isLast(c *conn, mutuality string, i core.Import) error {
	if err := isNewest(c, mutuality, i.Kind, i.AsOf); err != nil {
		return err
	}
	var others int64
	err := c.get(`SELECT count(*) FROM imports WHERE mutuality = ? AND kind = ? AND (import > ? OR state = ? AND as_of > ?)`,
		[]any{mutuality, string(i.Kind), i.ID, string(core.ImportRunning), micros(i.AsOf)}, &others)
	if err == nil && others > 0 {
		return core.ErrAnotherDelivery
	}
	return err
}

func countGone(t *tx, mutuality, id string, taken []goneRow) error {
	var gone core.Gone
	for _, row := range taken {
		gone.Note(row.told())
	}
	_, err := t.exec(`UPDATE imports SET ended_rows = ended_rows + ?, removed_rows = removed_rows + ? WHERE mutuality = ? AND import = ?`,
		gone.Ended, gone.Removed, mutuality, id)
	return err
}

// endMembers notes that members have left. Nothing of theirs is taken away: the delivery
// of the other kinds says what ends with it, and who comes back is who she was.
func (l *load) endMembers(rows []goneRow) (taken []goneRow, err error) {
	until := slices.Index(memberTable.columns, "until")
	for _, row := range rows {
		member := row.values[0].(string)
		n, err := l.exec(`UPDATE members SET until = ? WHERE mutuality = ? AND member = ? AND number_index = ?`,
			row.ended[until], l.mutuality, member, row.values[1])
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue
		}
		taken = append(taken, row)
		if err := l.t.note(l.db.ownEntry(context.Background(), l.mutuality, auth.MemberID(member), audit.Import, membershipEnded)); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// membershipEnded is the object of the audit row of a member who is delivered no more.
var membershipEnded = object("membership", "ended")

// takeRows ends or takes away rows, with what is nothing without them, and tells which.
func (l *load) takeRows(rows []goneRow) (taken []goneRow, err error) {
	table := coreTables[l.batch.Kind]
	records := make([]record, len(rows))
	for i, row := range rows {
		records[i] = record{row: i, values: row.values, id: table.identity(row.values)}
	}
	had, err := l.existing(table, records)
	if err != nil {
		return nil, err
	}
	var ended [][]any
	for i, row := range rows {
		if !slices.Equal(had[records[i].id], row.values) {
			continue // another one meanwhile, or gone
		}
		taken = append(taken, row)
		if row.ended == nil {
			if err := l.removeWhole(table, row.values); err != nil {
				return nil, err
			}
			continue
		}
		ended = append(ended, row.ended)
		if table.told != nil {
			if err := table.told(l, row.values, row.ended); err != nil {
				return nil, err
			}
		}
	}
	return taken, l.upsert(table, ended)
}

// removeWhole takes a row away, and what is nothing without it: the lines of a payment, the
// shares of a year.
func (l *load) removeWhole(table coreTable, values []any) error {
	var err error
	switch l.batch.Kind {
	case core.KindPayment:
		err = l.removeLines(values)
	case core.KindMaf:
		_, err = l.exec(`DELETE FROM maf_shares WHERE mutuality = ? AND member = ? AND year = ?`, l.mutuality, values[shareHolder], values[shareYear])
	}
	if err != nil {
		return err
	}
	return l.remove(table, values)
}

func (l *load) removeLines(payment []any) error {
	persons, err := l.personsOf(payment)
	if err != nil {
		return err
	}
	for _, person := range persons {
		if _, err := l.exec(`DELETE FROM refund_lines WHERE mutuality = ? AND person = ? AND treated = ? AND payment = ?`,
			l.mutuality, person, payment[paymentTreated], payment[paymentReference]); err != nil {
			return err
		}
	}
	_, err = l.exec(`DELETE FROM payment_persons WHERE mutuality = ? AND payment = ?`, l.mutuality, payment[paymentReference])
	return err
}
