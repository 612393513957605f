package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/letters"
)

// sealedLetter is the context of what a letter hides until it is printed.
const sealedLetter = "letter"

// letterSecret is what a letter hides. Spelled out so that a change of letters.Letter
// does not change what rests on disk.
type letterSecret struct {
	Secret     string `json:"secret"`
	UserNumber string `json:"user_number,omitempty"`
}

// letter queues a letter in the act's own commit and returns its id. One of the same
// kind that still waits is taken back: its code was replaced by this one's. ErrLetter.
func (t *tx) letter(db *DB, l letters.Letter) (string, error) {
	if err := l.Check(); err != nil {
		return "", err
	}
	key, err := db.keyOf(t.conn, l.Mutuality, l.Member)
	if err != nil {
		return "", err
	}
	now := db.cfg.Now()
	if err := t.takeBack(db, l.Mutuality, l.Member, l.Kind, now); err != nil {
		return "", err
	}
	id, err := NewID(now, db.cfg.Rand)
	if err != nil {
		return "", err
	}
	reference, err := letterReference(db.cfg.Rand)
	if err != nil {
		return "", err
	}
	var sealed []byte
	if l.Kind.HasSecret() {
		plain, err := json.Marshal(letterSecret{l.Secret, l.UserNumber})
		if err != nil {
			return "", err
		}
		sealed = key.seal(sealedLetter, id, 1, plain)
		clear(plain)
	}
	_, err = t.exec(`
		INSERT INTO letters (mutuality, member, letter, kind, language, code, reference, state, deadline,
			secret_sealed, requested_at, reason, replaces)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)`,
		l.Mutuality, string(l.Member), id, string(l.Kind), l.Lang, l.Code, reference, string(letters.Requested),
		maybeMicros(l.Deadline), sealed, micros(now), l.Replaces)
	if err != nil {
		return "", fmt.Errorf("queueing letter: %w", err)
	}
	note := db.ownEntry(context.Background(), l.Mutuality, l.Member, audit.RequestLetter, object("letter", id))
	return id, t.note(note)
}

// letterAlphabet leaves out what is misread on paper or over the telephone.
const letterAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// letterReference is "L-7KQ2-94MA": 39 bits, to be named over the telephone.
func letterReference(rand io.Reader) (string, error) {
	var raw [8]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return "", fmt.Errorf("drawing a reference: %w", err)
	}
	var b strings.Builder
	b.WriteString("L-")
	for i, c := range raw {
		if i == 4 {
			b.WriteByte('-')
		}
		b.WriteByte(letterAlphabet[int(c)%len(letterAlphabet)])
	}
	return b.String(), nil
}

// takeBack expires what of the kind waits for the member.
func (t *tx) takeBack(db *DB, mutuality string, member auth.MemberID, kind letters.Kind, now time.Time) error {
	found, err := findLetters(t.conn, `
		WHERE mutuality = ? AND member = ? AND kind = ? AND state = ?`,
		mutuality, string(member), string(kind), string(letters.Requested))
	if err != nil {
		return err
	}
	for _, l := range found {
		if err := t.endLetter(db, l, letters.Expired, "replaced", now, db.letterEntry(context.Background(),
			letters.By{Mutuality: mutuality}, l, audit.ExpireLetter)); err != nil {
			return err
		}
	}
	return nil
}

// endLetter moves a letter to its last state and wipes what is left of its secret.
func (t *tx) endLetter(db *DB, l letters.Letter, to letters.State, reason string, now time.Time, note audit.Entry) error {
	n, err := t.exec(`
		UPDATE letters SET state = ?, reason = ?, ended_at = ?, secret_sealed = NULL
		WHERE mutuality = ? AND member = ? AND letter = ? AND state = ?`,
		string(to), reason, micros(now), l.Mutuality, string(l.Member), l.ID, string(l.State))
	if err != nil {
		return fmt.Errorf("ending letter: %w", err)
	}
	if n != 1 {
		return letters.ErrState
	}
	note.Reason = reason
	return t.note(note)
}

// letterUsed notes, in the commit in which the code was used, that the letter which
// carried it has arrived. No letter carried most codes.
func (t *tx) letterUsed(db *DB, mutuality string, member auth.MemberID, code string) error {
	if code == "" {
		return nil
	}
	found, err := findLetters(t.conn, `
		WHERE mutuality = ? AND member = ? AND code = ? AND state IN (?, ?)`,
		mutuality, string(member), code, string(letters.Printed), string(letters.Posted))
	if err != nil {
		return err
	}
	for _, l := range found {
		note := db.letterEntry(context.Background(), letters.By{Mutuality: mutuality}, l, audit.UseLetter)
		if err := t.endLetter(db, l, letters.Used, "", db.cfg.Now(), note); err != nil {
			return err
		}
	}
	return nil
}

// letterEntry is the row of what somebody does with one letter.
func (db *DB) letterEntry(ctx context.Context, by letters.By, l letters.Letter, action audit.Action) audit.Entry {
	note := audit.Entry{
		At: db.cfg.Now(), Mutuality: by.Mutuality, Member: string(l.Member), Actor: audit.System,
		Action: action, RequestID: audit.RequestID(ctx),
	}
	if l.ID != "" {
		note.Object = object("letter", l.ID)
	}
	if o := by.Officer; o != nil {
		note.Actor, note.Session = string(o.ID), o.Session
		note.Method, note.Assurance = string(auth.Card), auth.High.String()
	}
	return note
}

// findLetters reads letters, without what they hide.
func findLetters(c *conn, where string, args ...any) ([]letters.Letter, error) {
	var list []letters.Letter
	err := c.each(`
		SELECT mutuality, member, letter, kind, language, code, reference, state, deadline,
			batch, requested_at, printed_at, posted_at, ended_at, reason, replaces
		FROM letters `+where, args, func(scan func(...any) error) error {
		var l letters.Letter
		var batch sql.NullString
		var deadline, printed, posted, ended sql.NullInt64
		var requested int64
		err := scan(&l.Mutuality, &l.Member, &l.ID, &l.Kind, &l.Lang, &l.Code, &l.Reference, &l.State, &deadline,
			&batch, &requested, &printed, &posted, &ended, &l.Reason, &l.Replaces)
		l.Deadline, l.Batch = fromMaybe(deadline), batch.String
		l.At = letters.Times{Requested: fromMicros(requested), Printed: fromMaybe(printed), Posted: fromMaybe(posted), Ended: fromMaybe(ended)}
		list = append(list, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading letters: %w", err)
	}
	return list, nil
}

// findLetter reads one by its id alone. letters.ErrNotFound.
func findLetter(c *conn, mutuality, id string) (letters.Letter, error) {
	if !isID(id) {
		return letters.Letter{}, letters.ErrNotFound
	}
	found, err := findLetters(c, `WHERE mutuality = ? AND letter = ?`, mutuality, id)
	if err != nil {
		return letters.Letter{}, err
	}
	if len(found) != 1 {
		return letters.Letter{}, letters.ErrNotFound
	}
	return found[0], nil
}

// Letter implements letters.Store.
func (db *DB) Letter(ctx context.Context, mutuality, id string) (l letters.Letter, err error) {
	err = db.read(ctx, func(c *conn) error {
		l, err = findLetter(c, mutuality, id)
		return err
	})
	return l, err
}

// WaitingLetters implements letters.Store.
func (db *DB) WaitingLetters(ctx context.Context, mutuality string) (letters.Waiting, error) {
	var w letters.Waiting
	var oldest sql.NullInt64
	err := db.read(ctx, func(c *conn) error {
		return c.get(`SELECT count(*), min(requested_at) FROM letters WHERE mutuality = ? AND state = 'requested'`,
			[]any{mutuality}, &w.Letters, &oldest)
	})
	if err != nil {
		return letters.Waiting{}, fmt.Errorf("counting letters: %w", err)
	}
	w.Oldest = fromMaybe(oldest)
	return w, nil
}

// Letters implements letters.Store: newest first, those before the id.
func (db *DB) Letters(ctx context.Context, by letters.By, f letters.Filter, before string, limit int) ([]letters.Letter, error) {
	where, args := `WHERE mutuality = ?`, []any{by.Mutuality}
	for _, only := range []struct{ column, value string }{
		{"state", string(f.State)}, {"batch", f.Batch}, {"member", string(f.Member)},
	} {
		if only.value != "" {
			where, args = where+` AND `+only.column+` = ?`, append(args, only.value)
		}
	}
	if before != "" {
		where, args = where+` AND letter < ?`, append(args, before)
	}
	args = append(args, bounded(limit))
	var list []letters.Letter
	note := db.letterEntry(ctx, by, letters.Letter{Member: f.Member}, audit.ListLetters)
	err := db.reveal(ctx, note, func(c *conn) (err error) {
		list, err = findLetters(c, where+` ORDER BY letter DESC LIMIT ?`, args...)
		return err
	})
	return list, err
}

// LettersOf is what a member is told of her own letters, newest first (F52).
func (db *DB) LettersOf(ctx context.Context, login auth.Login, limit int) (list []letters.Letter, err error) {
	err = db.reveal(ctx, db.entry(ctx, login, audit.ListLetters, ""), func(c *conn) error {
		list, err = findLetters(c, `WHERE mutuality = ? AND member = ? ORDER BY letter DESC LIMIT ?`,
			login.Mutuality, string(login.Member), bounded(limit))
		return err
	})
	return list, err
}

// sweepLetters ends letters whose secret opens nothing any more.
func (db *DB) sweepLetters(t *tx, now time.Time) (int64, error) {
	found, err := findLetters(t.conn, `
		WHERE deadline < ? AND state IN ('requested', 'printed', 'posted') ORDER BY deadline LIMIT ?`, micros(now), sweepRows)
	for _, l := range found {
		note := db.letterEntry(context.Background(), letters.By{Mutuality: l.Mutuality}, l, audit.ExpireLetter)
		err = errors.Join(err, t.endLetter(db, l, letters.Expired, "deadline", now, note))
	}
	return int64(len(found)), err
}

// QueueLetter queues a letter that belongs to no other act of the store.
func (db *DB) QueueLetter(ctx context.Context, l letters.Letter) (id string, err error) {
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		id, err = t.letter(db, l)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("queueing letter: %w", err)
	}
	return id, nil
}
