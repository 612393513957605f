package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/office"
)

// foundAtOnce is the most people one search shows; bornAtOnce how many of one birthday
// are looked through for a name.
const (
	foundAtOnce = 10
	bornAtOnce  = 5000
)

// SearchPerson implements office.Store. The row says which way the search went, never
// what was typed, and whom it found if it was one person.
func (db *DB) SearchPerson(ctx context.Context, o auth.Officer, s office.Search) ([]office.Person, error) {
	var found []office.Person
	note := db.officerEntry(ctx, o, "", audit.SearchFile, "")
	err := db.read(ctx, func(c *conn) (err error) {
		found, err = db.people(c, o.Mutuality, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("searching person: %w", err)
	}
	note.Reason = fmt.Sprintf("by %s: %d found", s.Way(), len(found))
	if len(found) == 1 {
		note.Member = string(found[0].Member)
	}
	err = db.write(ctx, note, func(t *tx) error {
		if s.Card {
			return nil // she is there
		}
		return db.countSearch(t, o)
	})
	if err != nil {
		return nil, fmt.Errorf("searching person: %w", err)
	}
	return found, nil
}

// countSearch counts a search of the officer's, whatever her session and server, or refuses
// it. An hour begins with the first search after the one before.
func (db *DB) countSearch(t *tx, o auth.Officer) error {
	if db.cfg.SearchesPerHour < 0 {
		return nil
	}
	c, err := t.counter(o.Mutuality, db.bucket(o.Mutuality, ofSearches, string(o.ID)))
	if err != nil {
		return err
	}
	now := db.cfg.Now()
	if left := c.next.Sub(now); left <= 0 || left > time.Hour { // a clock set back leaves more
		c.failures, c.next = 0, now.Add(time.Hour)
	}
	if c.failures >= db.cfg.SearchesPerHour {
		return office.ErrSearches
	}
	c.failures++
	return t.putCounter(o.Mutuality, c, now)
}

const personColumns = `SELECT member, given_names, surname, birth, municipality FROM members WHERE mutuality = ? AND `

func (db *DB) people(c *conn, mutuality string, s office.Search) ([]office.Person, error) {
	var found []office.Person
	read := func(take func(given, surname string) bool) func(func(...any) error) error {
		return func(scan func(...any) error) error {
			var p office.Person
			var given, surname string
			var birth sql.NullString
			if err := scan(&p.Member, &given, &surname, &birth, &p.Municipality); err != nil {
				return err
			}
			same := func(have office.Person) bool { return have.Member == p.Member }
			if len(found) == foundAtOnce || !take(given, surname) || slices.ContainsFunc(found, same) {
				return nil
			}
			var err error
			p.Birth, err = fromDate(birth)
			p.Name = account.Member{GivenNames: given, Surname: surname}.Name()
			found = append(found, p)
			return err
		}
	}
	all := func(string, string) bool { return true }
	switch s.Way() {
	case "national-number", "card":
		index := db.cfg.Keys.Index(numberIndex, mutuality, s.Number.Digits())
		err := c.each(personColumns+`number_index = ?`, []any{mutuality, index}, read(all))
		return found, err
	case "user-number":
		digits := strings.NewReplacer(" ", "", ".", "", "-", "", "\u00a0", "").Replace(s.User)
		err := c.each(personColumns+`replace(replace(replace(affiliation, ' ', ''), '.', ''), '-', '') = ? ORDER BY member LIMIT ?`,
			[]any{mutuality, digits, foundAtOnce}, read(all))
		if user, bad := credentials.ParseUserNumber(s.User); err == nil && bad == nil {
			index := db.handleIndex(mutuality, credentials.Handle{Kind: credentials.KindUser, Value: user})
			err = c.each(personColumns+`member IN (SELECT member FROM identifiers WHERE mutuality = ? AND kind = ? AND value_index = ?)`,
				[]any{mutuality, mutuality, string(credentials.KindUser), index}, read(all))
		}
		return found, err
	}
	named := func(given, surname string) bool { return credentials.SameName(s.Surname, given, surname) }
	err := c.each(personColumns+`birth = ? ORDER BY surname, given_names, member LIMIT ?`,
		[]any{mutuality, date(s.Birth), bornAtOnce}, read(named))
	return found, err
}

// OpenFile implements office.Store.
func (db *DB) OpenFile(ctx context.Context, o auth.Officer, member auth.MemberID, w office.Why) (string, error) {
	if err := w.Check(); err != nil {
		return "", err
	}
	id, err := db.NewID()
	if err != nil {
		return "", err
	}
	note := db.officerEntry(ctx, o, member, audit.OpenFile, object("opening", id))
	note.Reason = w.Mark()
	err = db.write(ctx, note, func(t *tx) error {
		key, err := db.keyOf(t.conn, o.Mutuality, member)
		if errors.Is(err, errNoMember) {
			return office.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := notOwn(t.conn, o, member); err != nil {
			return err
		}
		if w.Task != "" {
			if err := db.forTask(t, o, member, w.Task); err != nil {
				return err
			}
		}
		now := db.cfg.Now()
		_, err = t.exec(`
			INSERT INTO openings (mutuality, opening, staff, session, member, reason, sealed, task, opened_at, ends_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			o.Mutuality, id, string(o.ID), o.Session, string(member), w.Mark(), key.seal(sealedOpening, id, 1, []byte(w.Words)),
			w.Task, micros(now), micros(now.Add(office.OpeningLife)))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("opening file: %w", err)
	}
	return id, nil
}

// forTask checks that the officer holds the item for which she opens a file, and that it
// is this person's, and notes it there.
func (db *DB) forTask(t *tx, o auth.Officer, member auth.MemberID, id string) error {
	i, err := item(t.conn, o.Mutuality, id)
	switch {
	case err != nil:
		return err
	case i.Hold.Staff != o.ID:
		return office.HeldError{Hold: i.Hold}
	case i.Member != member || !i.Closed.IsZero():
		return office.ErrState
	}
	return t.event(db, o, i, office.EventOpened, "")
}

// opening finds the officer's own opening in her own session, while it lasts.
func (db *DB) opening(c *conn, o auth.Officer, id string) (office.Opening, memberKey, error) {
	open := office.Opening{ID: id}
	if !isID(id) {
		return open, memberKey{}, office.ErrNoOpening
	}
	var mark string
	var sealed []byte
	var opened, ends int64
	err := c.get(`
		SELECT member, reason, sealed, task, opened_at, ends_at FROM openings
		WHERE mutuality = ? AND opening = ? AND staff = ? AND session = ? AND ends_at > ?`,
		[]any{o.Mutuality, id, string(o.ID), o.Session, micros(db.cfg.Now())},
		&open.Member, &mark, &sealed, &open.Why.Task, &opened, &ends)
	if errors.Is(err, sql.ErrNoRows) {
		return open, memberKey{}, office.ErrNoOpening
	}
	if err != nil {
		return open, memberKey{}, err
	}
	open.Why.SetMark(mark)
	open.Opened, open.Ends = fromMicros(opened), fromMicros(ends)
	key, err := db.keyOf(c, o.Mutuality, open.Member)
	if err != nil {
		return open, key, err
	}
	words, err := key.open(sealedOpening, id, 1, sealed)
	open.Why.Words = string(words)
	return open, key, err
}

// inFile runs an act on the person whose file is open, with its row.
func (db *DB) inFile(ctx context.Context, o auth.Officer, opening string, note audit.Entry, do func(*tx, office.Opening, memberKey) error) error {
	var open office.Opening
	err := db.read(ctx, func(c *conn) (err error) {
		open, _, err = db.opening(c, o, opening)
		return err
	})
	if err != nil {
		return errors.Join(err, db.write(ctx, refusal(note, err), nil))
	}
	note.Member = string(open.Member)
	return db.write(ctx, note, func(t *tx) error {
		open, key, err := db.opening(t.conn, o, opening) // once more: it may have ended
		if err != nil {
			return err
		}
		return do(t, open, key)
	})
}
