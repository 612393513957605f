package store

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/letters"
	"guichet.example/portal/office"
	"guichet.example/portal/timeid"
)

// Kinds of sealed content of a letter: what it hides until it is printed, and a number
// that is personal but no secret.
const (
	sealedLetter = "letter"
	sealedUser   = "letter-user-number"
)

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
	if !l.Kind.HasMatter() {
		if err := t.takeBack(db, l.Mutuality, l.Member, l.Kind, now); err != nil {
			return "", err
		}
	}
	id, err := timeid.New(now, db.cfg.Rand)
	if err != nil {
		return "", err
	}
	reference, err := letterReference(db.cfg.Rand)
	if err != nil {
		return "", err
	}
	_, err = t.exec(`
		INSERT INTO letters (mutuality, member, letter, kind, language, code, reference, state, deadline,
			secret_sealed, number_sealed, requested_at, reason, replaces)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)`,
		l.Mutuality, string(l.Member), id, string(l.Kind), l.Lang, l.Code, reference, string(letters.Requested),
		maybeMicros(l.Deadline), sealMaybe(key, sealedLetter, id, []byte(l.Secret)),
		sealMaybe(key, sealedUser, id, []byte(l.UserNumber)), micros(now), l.Replaces)
	if err != nil {
		return "", fmt.Errorf("queueing letter: %w", err)
	}
	if err := t.putMatter(key, id, l.Matter); err != nil {
		return "", err
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
		if err := t.endLetter(l, letters.Expired, "replaced", now, db.letterRow(l, audit.ExpireLetter)); err != nil {
			return err
		}
	}
	return nil
}

// endLetter moves a letter to its last state and wipes what is left of its secret.
func (t *tx) endLetter(l letters.Letter, to letters.State, reason string, now time.Time, note audit.Entry) error {
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
		if err := t.endLetter(l, letters.Used, "", db.cfg.Now(), db.letterRow(l, audit.UseLetter)); err != nil {
			return err
		}
	}
	return nil
}

// letterRow is the row of what becomes of a letter by itself.
func (db *DB) letterRow(l letters.Letter, action audit.Action) audit.Entry {
	return db.ownEntry(context.Background(), l.Mutuality, l.Member, action, object("letter", l.ID))
}

// letterEntry is the row of what somebody does with one letter; with no letter, of what
// he does with many.
func (db *DB) letterEntry(ctx context.Context, by letters.By, l letters.Letter, action audit.Action) audit.Entry {
	what := ""
	if l.ID != "" {
		what = object("letter", l.ID)
	}
	note := db.byEntry(ctx, office.By{Mutuality: by.Mutuality, Officer: by.Officer}, action, what)
	note.Member = string(l.Member)
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

// LetterNamed implements letters.Store. References are drawn from 39 bits and not held
// to be unique: one that two letters share finds neither.
func (db *DB) LetterNamed(ctx context.Context, mutuality, reference string) (l letters.Letter, err error) {
	err = db.read(ctx, func(c *conn) error {
		found, err := findLetters(c, `WHERE mutuality = ? AND reference = ? LIMIT 2`, mutuality, reference)
		switch {
		case err != nil:
			return err
		case len(found) != 1:
			return letters.ErrNotFound
		}
		l = found[0]
		return nil
	})
	return l, err
}

// WaitingLetters implements letters.Store.
func (db *DB) WaitingLetters(ctx context.Context, mutuality string) (letters.Waiting, error) {
	var w letters.Waiting
	var oldest sql.NullInt64
	err := db.read(ctx, func(c *conn) error {
		return c.get(`
			SELECT count(CASE WHEN reason = '' AND kind <> ? THEN 1 END), min(CASE WHEN reason = '' AND kind <> ? THEN requested_at END), count(CASE WHEN reason <> '' THEN 1 END)
			FROM letters WHERE mutuality = ? AND state = 'requested'`, []any{string(letters.Order), string(letters.Order), mutuality}, &w.Letters, &oldest, &w.Aside)
	})
	if err != nil {
		return letters.Waiting{}, fmt.Errorf("counting letters: %w", err)
	}
	w.Oldest = fromMaybe(oldest)
	if w.Orders, err = db.waitingOrders(ctx, mutuality); err != nil {
		return letters.Waiting{}, fmt.Errorf("counting orders: %w", err)
	}
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
	if f.Aside {
		where += ` AND state = 'requested' AND reason <> ''`
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

// LettersOf is what a member is told of her own letters, newest first.
func (db *DB) LettersOf(ctx context.Context, login auth.Login, limit int) (list []letters.Letter, err error) {
	err = db.reveal(ctx, db.entry(ctx, login, audit.ListLetters, ""), func(c *conn) error {
		list, err = findLetters(c, `WHERE mutuality = ? AND member = ? ORDER BY letter DESC LIMIT ?`,
			login.Mutuality, string(login.Member), bounded(limit))
		return err
	})
	return list, err
}

// sweepLetters ends letters whose secret opens nothing any more: it is too late, or the
// member has another one, or needs none.
func (db *DB) sweepLetters(t *tx, now time.Time) (int64, error) {
	late, err := findLetters(t.conn, `
		WHERE deadline < ? AND state IN ('requested', 'printed', 'posted') ORDER BY deadline LIMIT ?`, micros(now), sweepRows)
	if err != nil {
		return 0, err
	}
	for _, l := range late {
		if err := t.endLetter(l, letters.Expired, "deadline", now, db.letterRow(l, audit.ExpireLetter)); err != nil {
			return 0, err
		}
	}
	if len(late) >= sweepRows {
		return int64(len(late)), nil
	}
	dead, err := findLetters(t.conn, `WHERE state = 'requested' AND `+codeDied+` LIMIT ?`, sweepRows)
	if err != nil {
		return 0, err
	}
	for _, l := range dead {
		if err := t.endLetter(l, letters.Expired, "replaced", now, db.letterRow(l, audit.ExpireLetter)); err != nil {
			return 0, err
		}
	}
	return int64(max(len(late), len(dead))), nil
}

// codeDied holds for a letter whose code came to its end.
const codeDied = `EXISTS (SELECT 1 FROM credential_codes c WHERE c.mutuality = letters.mutuality
	AND c.member = letters.member AND c.code = letters.code AND c.outcome <> '')`

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
