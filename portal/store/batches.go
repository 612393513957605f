package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/office"
)

// OpenLetters implements letters.Store: the letters that wait longest, opened, with
// their addresses. The look is in the audit trail before they are returned.
func (db *DB) OpenLetters(ctx context.Context, by letters.By, limit int) ([]letters.Addressed, error) {
	var list []letters.Addressed
	var damaged []letters.Lock
	note := db.letterEntry(ctx, by, letters.Letter{}, audit.OpenLetters)
	err := db.reveal(ctx, note, func(c *conn) error {
		list, damaged = nil, nil
		return onSnapshot(c, func(c *conn) error {
			found, err := findLetters(c, `
				WHERE mutuality = ? AND state = 'requested' AND reason = '' AND (kind = ?) = (CAST(? AS BIGINT) = 1) AND (deadline IS NULL OR deadline > ?) AND NOT `+codeDied+`
				ORDER BY letter LIMIT ?`, by.Mutuality, string(letters.Order), flag(by.Orders), micros(db.cfg.Now()), min(max(limit, 1), letters.MaxBatch))
			if err != nil {
				return err
			}
			for _, l := range found {
				a, err := db.openLetter(c, l)
				if errors.Is(err, ErrDamaged) { // keeps no other letter from leaving
					db.damaged(ctx, "letter", l.ID, err)
					damaged = append(damaged, letters.Lock{Member: l.Member, Letter: l.ID, Cause: letters.AsideDamaged})
					continue
				}
				if err != nil {
					return err
				}
				list = append(list, a)
			}
			return nil
		})
	})
	if err == nil && len(damaged) > 0 {
		err = db.PutAside(ctx, by, damaged)
	}
	if err != nil {
		return nil, fmt.Errorf("opening letters: %w", err)
	}
	if len(list) == 0 {
		return nil, letters.ErrNothing
	}
	return list, nil
}

// PutAside implements letters.Store. One that was printed or taken back meanwhile is left
// as it is.
func (db *DB) PutAside(ctx context.Context, by letters.By, list []letters.Lock) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		for _, l := range list {
			n, err := t.exec(`
				UPDATE letters SET reason = ? WHERE mutuality = ? AND member = ? AND letter = ? AND state = ? AND reason = ''`,
				l.Cause, by.Mutuality, string(l.Member), l.Letter, string(letters.Requested))
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			note := db.letterEntry(ctx, by, letters.Letter{ID: l.Letter, Member: l.Member}, audit.AsideLetter)
			note.Reason = l.Cause
			if err := t.note(note); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("putting letters aside: %w", err)
	}
	return nil
}

// TakeFromAside implements letters.Store.
func (db *DB) TakeFromAside(ctx context.Context, by letters.By, id string) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		l, err := findLetter(t.conn, by.Mutuality, id)
		switch {
		case err != nil:
			return err
		case !l.Aside():
			return letters.ErrState
		}
		_, err = t.exec(`UPDATE letters SET reason = '' WHERE mutuality = ? AND member = ? AND letter = ?`,
			l.Mutuality, string(l.Member), l.ID)
		if err != nil {
			return err
		}
		return t.note(db.letterEntry(ctx, by, l, audit.WaitLetter))
	})
	if err != nil {
		return fmt.Errorf("taking a letter from those aside: %w", err)
	}
	return nil
}

func (db *DB) openLetter(c *conn, l letters.Letter) (letters.Addressed, error) {
	a := letters.Addressed{Letter: l}
	var m account.Member
	var secret, number []byte
	err := c.get(`
		SELECT given_names, surname, street, postcode, municipality, country, secret_sealed, letters.number_sealed
		FROM letters JOIN members USING (mutuality, member)
		WHERE mutuality = ? AND member = ? AND letter = ?`, []any{l.Mutuality, string(l.Member), l.ID},
		&m.GivenNames, &m.Surname, &a.Street, &a.Postcode, &a.Municipality, &a.Country, &secret, &number)
	if err != nil {
		return a, fmt.Errorf("reading letter %s: %w", l.ID, err)
	}
	a.Name = m.Name()
	if !l.Kind.HasSecret() && !l.Kind.HasMatter() {
		return a, nil
	}
	key, err := db.keyOf(c, l.Mutuality, l.Member)
	if err != nil {
		return a, err
	}
	if l.Kind.HasMatter() {
		a.Matter, err = matterOf(c, key, l.ID)
		return a, err
	}
	plain, err := openMaybe(key, sealedLetter, l.ID, secret)
	if err != nil {
		return a, err
	}
	user, err := openMaybe(key, sealedUser, l.ID, number)
	a.Secret, a.UserNumber = string(plain), string(user)
	clear(plain)
	return a, err
}

// PrintLetters implements letters.Store: all of them become printed in the batch, and
// their secrets are wiped, or nothing happens. letters.ErrState if one was printed,
// taken back or swept since it was opened.
func (db *DB) PrintLetters(ctx context.Context, by letters.By, b letters.Batch, list []letters.Lock) error {
	note := db.letterEntry(ctx, by, letters.Letter{}, audit.PrintBatch)
	note.Object = object("batch", b.ID)
	err := db.write(ctx, note, func(t *tx) error {
		for _, l := range list {
			n, err := t.exec(`
				UPDATE letters SET state = ?, batch = ?, printed_at = ?, secret_sealed = NULL
				WHERE mutuality = ? AND member = ? AND letter = ? AND state = ? AND reason = ''`,
				string(letters.Printed), b.ID, micros(b.Made), by.Mutuality, string(l.Member), l.Letter, string(letters.Requested))
			if err != nil {
				return err
			}
			if n != 1 {
				return letters.ErrState
			}
			if err := t.shipped(db, by.Mutuality, l.Member, l.Letter, "prepared", b.Made); err != nil {
				return err
			}
			row := db.letterEntry(ctx, by, letters.Letter{ID: l.Letter, Member: l.Member}, audit.PrintLetter)
			if err := t.note(row); err != nil {
				return err
			}
		}
		_, err := t.exec(`
			INSERT INTO letter_batches (mutuality, batch, made_at, made_by, letters, spoilt, pages, sha256)
			VALUES (?, ?, ?, ?, ?, 0, ?, ?)`,
			by.Mutuality, b.ID, micros(b.Made), note.Actor, len(list), b.Pages, b.SHA256[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("printing letters: %w", err)
	}
	return nil
}

// PostBatch implements letters.Store. letters.ErrCount, ErrState if it is posted.
func (db *DB) PostBatch(ctx context.Context, by letters.By, id string, envelopes int) error {
	note := db.letterEntry(ctx, by, letters.Letter{}, audit.PostBatch)
	note.Object = object("batch", id)
	err := db.write(ctx, note, func(t *tx) error {
		b, err := findBatch(t.conn, by.Mutuality, id)
		switch {
		case err != nil:
			return err
		case !b.Posted.IsZero():
			return letters.ErrState
		case envelopes != b.Envelopes():
			return letters.ErrCount
		}
		now := db.cfg.Now()
		found, err := findLetters(t.conn, `WHERE mutuality = ? AND batch = ? AND state = ?`,
			by.Mutuality, id, string(letters.Printed))
		if err != nil {
			return err
		}
		for _, l := range found {
			if err := t.postLetter(db, ctx, by, l, now); err != nil {
				return err
			}
		}
		_, err = t.exec(`UPDATE letter_batches SET posted_at = ? WHERE mutuality = ? AND batch = ?`, micros(now), by.Mutuality, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("posting batch: %w", err)
	}
	return nil
}

func (t *tx) postLetter(db *DB, ctx context.Context, by letters.By, l letters.Letter, now time.Time) error {
	_, err := t.exec(`
		UPDATE letters SET state = ?, posted_at = ? WHERE mutuality = ? AND member = ? AND letter = ?`,
		string(letters.Posted), micros(now), l.Mutuality, string(l.Member), l.ID)
	if err != nil {
		return err
	}
	if err := t.shipped(db, l.Mutuality, l.Member, l.ID, "posted", now); err != nil {
		return err
	}
	return t.note(db.letterEntry(ctx, by, l, audit.PostLetter))
}

// ReturnLetter implements letters.Store: nobody into whose hands the letter came gets in
// by its code. letters.ErrState if it is not on its way.
func (db *DB) ReturnLetter(ctx context.Context, by letters.By, id, reason string) (l letters.Letter, err error) {
	note := db.letterEntry(ctx, by, letters.Letter{}, "")
	err = db.write(ctx, note, func(t *tx) error {
		if l, err = findLetter(t.conn, by.Mutuality, id); err != nil {
			return err
		}
		if l.State != letters.Posted && !(l.State == letters.Expired && !l.At.Posted.IsZero()) {
			return letters.ErrState
		}
		now := db.cfg.Now()
		if err := t.endLetter(l, letters.Returned, reason, now, db.letterEntry(ctx, by, l, audit.ReturnLetter)); err != nil {
			return err
		}
		if err := killCode(t, l, now); err != nil {
			return err
		}
		if err := t.shipped(db, l.Mutuality, l.Member, l.ID, "returned", now); err != nil {
			return err
		}
		l.State, l.Reason, l.At.Ended = letters.Returned, reason, now
		_, err = t.task(db, office.Task{
			Mutuality: l.Mutuality, Kind: office.ReturnedLetter, Member: l.Member, Language: l.Lang,
			Said: map[string]string{"letter": l.Reference, "cause": reason},
		})
		return err
	})
	if err != nil {
		return letters.Letter{}, fmt.Errorf("recording a returned letter: %w", err)
	}
	return l, nil
}

// killCode ends the code that a letter carries, if it opens anything still.
func killCode(t *tx, l letters.Letter, now time.Time) error {
	_, err := t.exec(`
		UPDATE credential_codes SET ended_at = ?, outcome = 'dead'
		WHERE mutuality = ? AND member = ? AND code = ? AND outcome = ''`,
		micros(now), l.Mutuality, string(l.Member), l.Code)
	return err
}

// RemakeLetter implements letters.Store: the letter's code dies, another one waits to be
// printed in its place. letters.ErrState if the letter has not been printed, or has
// come to its end: there is nothing to make again.
func (db *DB) RemakeLetter(ctx context.Context, by letters.By, id, reason string, code credentials.Code, secret string) (again letters.Letter, err error) {
	err = db.write(ctx, db.letterEntry(ctx, by, letters.Letter{}, ""), func(t *tx) error {
		spoilt, err := findLetter(t.conn, by.Mutuality, id)
		if err != nil {
			return err
		}
		if spoilt.State != letters.Printed && spoilt.State != letters.Posted {
			return letters.ErrState
		}
		fresh := letters.Letter{Mutuality: spoilt.Mutuality, Member: spoilt.Member, Kind: spoilt.Kind, Lang: spoilt.Lang, Replaces: spoilt.ID}
		if fresh.UserNumber, err = db.userNumber(t.conn, spoilt); err != nil {
			return err
		}
		if fresh.Matter, err = db.matter(t.conn, spoilt); err != nil {
			return err
		}
		if spoilt.Kind.HasSecret() {
			if err := t.stillOpens(spoilt); err != nil {
				return err
			}
			code.Member = spoilt.Member
			if fresh.Code, err = t.code(db, code, secret); err != nil {
				return err
			}
			fresh.Secret, fresh.Deadline = secret, code.Expires
		}
		note := db.letterEntry(ctx, by, spoilt, audit.RemakeLetter)
		if err := t.endLetter(spoilt, letters.Expired, reason, db.cfg.Now(), note); err != nil {
			return err
		}
		if spoilt.State == letters.Printed {
			_, err := t.exec(`UPDATE letter_batches SET spoilt = spoilt + 1 WHERE mutuality = ? AND batch = ?`, spoilt.Mutuality, spoilt.Batch)
			if err != nil {
				return err
			}
		}
		newID, err := t.letter(db, fresh)
		if err != nil {
			return err
		}
		again, err = findLetter(t.conn, by.Mutuality, newID)
		return err
	})
	if err != nil {
		return letters.Letter{}, fmt.Errorf("making a letter again: %w", err)
	}
	return again, nil
}

// stillOpens refuses a letter whose code was used or replaced meanwhile.
func (t *tx) stillOpens(l letters.Letter) error {
	var outcome string
	err := t.get(`SELECT outcome FROM credential_codes WHERE mutuality = ? AND member = ? AND code = ?`,
		[]any{l.Mutuality, string(l.Member), l.Code}, &outcome)
	if errors.Is(err, sql.ErrNoRows) || err == nil && outcome != "" {
		return letters.ErrState
	}
	return err
}

// userNumber opens the number that a letter tells; empty if it tells none.
func (db *DB) userNumber(c *conn, l letters.Letter) (string, error) {
	var sealed []byte
	err := c.get(`SELECT number_sealed FROM letters WHERE mutuality = ? AND member = ? AND letter = ?`,
		[]any{l.Mutuality, string(l.Member), l.ID}, &sealed)
	if err != nil || len(sealed) == 0 {
		return "", err
	}
	key, err := db.keyOf(c, l.Mutuality, l.Member)
	if err != nil {
		return "", err
	}
	number, err := key.open(sealedUser, l.ID, 1, sealed)
	return string(number), err
}

// Batch implements letters.Store.
func (db *DB) Batch(ctx context.Context, mutuality, id string) (b letters.Batch, err error) {
	err = db.read(ctx, func(c *conn) error {
		b, err = findBatch(c, mutuality, id)
		return err
	})
	return b, err
}

// Batches implements letters.Store: newest first, those before the id.
func (db *DB) Batches(ctx context.Context, mutuality, before string, limit int) (list []letters.Batch, err error) {
	err = db.read(ctx, func(c *conn) error {
		where, args := `WHERE mutuality = ?`, []any{mutuality}
		if before != "" {
			where, args = where+` AND batch < ?`, append(args, before)
		}
		list, err = findBatches(c, where+` ORDER BY batch DESC LIMIT ?`, append(args, bounded(limit))...)
		return err
	})
	return list, err
}

func findBatch(c *conn, mutuality, id string) (letters.Batch, error) {
	found, err := findBatches(c, `WHERE mutuality = ? AND batch = ?`, mutuality, id)
	if err != nil {
		return letters.Batch{}, err
	}
	if len(found) != 1 {
		return letters.Batch{}, letters.ErrNotFound
	}
	return found[0], nil
}

func findBatches(c *conn, where string, args ...any) ([]letters.Batch, error) {
	var list []letters.Batch
	err := c.each(`
		SELECT mutuality, batch, made_at, made_by, letters, spoilt, pages, sha256, posted_at
		FROM letter_batches `+where, args, func(scan func(...any) error) error {
		var b letters.Batch
		var made int64
		var posted sql.NullInt64
		var sum []byte
		if err := scan(&b.Mutuality, &b.ID, &made, &b.By, &b.Letters, &b.Spoilt, &b.Pages, &sum, &posted); err != nil {
			return err
		}
		b.Made, b.Posted = fromMicros(made), fromMaybe(posted)
		list = append(list, b)
		return copyHash(&list[len(list)-1].SHA256, sum)
	})
	if err != nil {
		return nil, errors.Join(errors.New("reading batches"), err)
	}
	return list, nil
}
