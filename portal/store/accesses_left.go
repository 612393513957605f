package store

import (
	"context"
	"database/sql"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/people"
)

// groundLeft is why an access ended: the person left the holder's booklet. Coming back to
// it opens nothing: she is asked anew, or says so herself.
const groundLeft = "left"

// asItStands is the access that a decision still gives: what was kept for a stay on the
// booklet does not hold for one that began on a later day.
func asItStands(state people.State, decided sql.NullInt64, since sql.NullString) people.State {
	if state == people.Kept && since.Valid && since.String > people.Today(fromMaybe(decided)).Format(time.DateOnly) {
		return people.Stopped
	}
	return state
}

// noLonger holds for a row a of accesses that gives, or may come to give, access to a
// person who is not on the booklet on the day given twice.
const noLonger = `a.state IN ('kept', 'asked') AND NOT EXISTS (SELECT 1 FROM households h
	WHERE h.mutuality = a.mutuality AND h.member = a.member AND h.person = a.person AND ` + onBooklet + `)`

// leftBehind finds, before anybody waits for it to be written, accesses of holders whose
// booklets the persons have left.
func (db *DB) leftBehind(ctx context.Context, mutuality string, limit int) (list []people.Access, err error) {
	day := people.Today(db.cfg.Now()).Format(time.DateOnly)
	err = db.read(ctx, func(c *conn) error {
		return c.each(`SELECT a.member, a.person, a.letter FROM accesses a WHERE a.mutuality = ? AND `+noLonger+` LIMIT ?`,
			[]any{mutuality, day, day, limit}, func(scan func(...any) error) error {
				var a people.Access
				err := scan(&a.Holder, &a.Person, &a.Letter)
				list = append(list, a)
				return err
			})
	})
	return list, err
}

// endLeft ends those of the accesses that still give something.
func (db *DB) endLeft(ctx context.Context, t *tx, mutuality string, list []people.Access) (n int, err error) {
	now := db.cfg.Now()
	day := people.Today(now).Format(time.DateOnly)
	for _, a := range list {
		var still int64
		err := t.get(`SELECT count(*) FROM accesses a WHERE a.mutuality = ? AND a.member = ? AND a.person = ? AND `+noLonger,
			[]any{mutuality, string(a.Holder), string(a.Person), day, day}, &still)
		if err != nil {
			return n, err
		}
		if still == 0 {
			continue
		}
		a.State, a.At, a.By, a.Ground = people.Stopped, now, people.BySystem, groundLeft
		note := db.ownEntry(ctx, mutuality, a.Person, audit.ChangeAccess, object("holder", string(a.Holder)))
		note.Reason = string(a.State) + " " + a.Ground
		if err := db.putAccess(t, mutuality, a, note); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
