package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/recovery"
)

var _ recovery.Store = (*DB)(nil)

// AskRecovery implements recovery.Store. It looks nobody up: what it writes is the same
// whoever is named.
func (db *DB) AskRecovery(ctx context.Context, a recovery.Ask, key, source string) error {
	payload, err := a.Marshal()
	if err != nil {
		return fmt.Errorf("keeping an ask: %w", err)
	}
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		var tried credentials.Tried
		if err := db.trySource(t, credentials.Try{Mutuality: a.Mutuality, Source: source, At: a.At}, &tried); err != nil {
			return err
		}
		return t.enqueue(db, jobs.Job{Kind: recovery.JobKind, Mutuality: a.Mutuality, Key: key, Payload: payload, Created: a.At})
	})
	if err != nil {
		return fmt.Errorf("keeping an ask: %w", err)
	}
	return nil
}

// Answer implements recovery.Store.
func (db *DB) Answer(ctx context.Context, j jobs.Job, a recovery.Answer) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		if err := t.finish(j); err != nil {
			return err
		}
		if a.Task != nil {
			return db.tellLost(t, *a.Task)
		}
		if a.Code.Member == "" {
			return nil
		}
		if room, err := hasRoom(t, a, db.cfg.Now()); err != nil || !room {
			return err
		}
		return db.carry(ctx, t, a)
	})
	if err != nil {
		return fmt.Errorf("answering an ask: %w", err)
	}
	return nil
}

// tellLost makes the task of a lost access code, unless one of hers waits already.
func (db *DB) tellLost(t *tx, lost recovery.Task) error {
	if lost.Member != "" {
		var waits int
		err := t.get(`SELECT count(*) FROM tasks WHERE mutuality = ? AND member = ? AND member <> '' AND kind = ? AND closed_at IS NULL`,
			[]any{lost.Mutuality, string(lost.Member), string(office.LostCode)}, &waits)
		if err != nil || waits > 0 {
			return err
		}
	}
	_, err := t.task(db, office.Task{Mutuality: lost.Mutuality, Kind: office.LostCode, Member: lost.Member, Language: lost.Language,
		Said: map[string]string{"affiliation": lost.Number, "email": lost.Email}})
	return err
}

// carry stores the code with the mail or letter that carries it.
func (db *DB) carry(ctx context.Context, t *tx, a recovery.Answer) error {
	id, err := t.code(db, a.Code, a.Secret)
	if err != nil {
		return err
	}
	if a.Letter != nil {
		l := *a.Letter
		l.Code = id
		if _, err := t.letter(db, l); err != nil {
			return err
		}
	}
	if a.Mail != nil {
		if err := t.mail(db, *a.Mail); err != nil {
			return err
		}
	}
	return t.note(db.ownEntry(ctx, a.Code.Mutuality, a.Code.Member, audit.IssueCode, object("code", string(a.Code.Purpose))))
}

// hasRoom says whether another code may be made for the member: a letter by the rule of
// package letters, a link while fewer than Most were made within Window.
func hasRoom(t *tx, a recovery.Answer, now time.Time) (bool, error) {
	if a.Letter != nil {
		enough, err := enoughLetters(t, a.Code.Mutuality, a.Code.Member, now, a.Letters)
		return !enough, err
	}
	var made int
	err := t.get(`SELECT count(*) FROM credential_codes WHERE mutuality = ? AND member = ? AND purpose = ? AND created_at > ?`,
		[]any{a.Code.Mutuality, string(a.Code.Member), string(a.Code.Purpose), micros(now.Add(-a.Window))}, &made)
	return made < a.Most, err
}

// OnFile implements recovery.Store. The address is the one the member showed to be hers,
// else that of the insurance system.
func (db *DB) OnFile(ctx context.Context, mutuality string, member auth.MemberID) (credentials.Person, error) {
	var p credentials.Person
	err := db.read(ctx, func(c *conn) error {
		m, err := db.member(c, auth.Login{Mutuality: mutuality, Member: member})
		if err != nil {
			return err
		}
		a, _, err := db.account(c, mutuality, member)
		if err != nil {
			return err
		}
		p = credentials.Person{Number: m.Affiliation, GivenNames: m.GivenNames, Surname: m.Surname, Birth: m.Birth,
			Postcode: m.Postcode, Email: m.Email}
		if a.Certified() {
			p.Email = a.Email
		}
		return nil
	})
	if err != nil {
		return credentials.Person{}, fmt.Errorf("reading member: %w", err)
	}
	return p, nil
}

// Question implements credentials.Store.
func (db *DB) Question(ctx context.Context, mutuality string, member auth.MemberID) (question int, hash string, err error) {
	err = db.read(ctx, func(c *conn) error {
		return c.get(`SELECT question, answer FROM secret_questions WHERE mutuality = ? AND member = ?`,
			[]any{mutuality, string(member)}, &question, &hash)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("reading secret question: %w", err)
	}
	return question, hash, nil
}

// PassQuestion implements credentials.Store.
func (db *DB) PassQuestion(ctx context.Context, q credentials.ByQuestion) error {
	note := db.ownEntry(ctx, q.Code.Mutuality, q.Code.Member, audit.IssueCode, object("question", string(q.Code.Purpose)))
	err := db.write(ctx, note, func(t *tx) error {
		if err := releaseBuckets(t, q.Tried.Mutuality, q.Tried.Buckets); err != nil {
			return err
		}
		if err := db.forgetQuestion(t, q.Code.Mutuality, q.Code.Member); err != nil {
			return err
		}
		if _, err := t.code(db, q.Code, q.Secret); err != nil {
			return err
		}
		return db.tellEverywhere(t, q)
	})
	if err != nil {
		return fmt.Errorf("passing a secret question: %w", err)
	}
	return nil
}

// forgetQuestion drops the count of wrong answers to her secret question: she has
// answered it, or got in another way.
func (db *DB) forgetQuestion(t *tx, mutuality string, member auth.MemberID) error {
	var affiliation string
	err := t.get(`SELECT affiliation FROM members WHERE mutuality = ? AND member = ?`, []any{mutuality, string(member)}, &affiliation)
	if err != nil {
		return err
	}
	number, err := credentials.ParseMemberNumber(affiliation)
	if err != nil {
		return nil // nobody can have typed it
	}
	return db.forget(t, mutuality, credentials.Handle{Kind: credentials.KindQuestion, Value: number})
}

// tellEverywhere writes to the member by mail, to the address that is hers and to the one
// on file, and by post.
func (db *DB) tellEverywhere(t *tx, q credentials.ByQuestion) error {
	a, _, err := db.account(t.conn, q.Code.Mutuality, q.Code.Member)
	if err != nil {
		return err
	}
	onFile, err := emailOnFile(t.conn, a)
	if err != nil {
		return err
	}
	for _, to := range eachOnce(a.Email, onFile) {
		err := t.mail(db, mail.Message{Mutuality: a.Mutuality, Member: a.Member, To: to, Template: mail.QuestionUsed, Lang: a.Language,
			Values: map[string]string{string(mail.At): q.At.UTC().Format(time.RFC3339)}})
		if err != nil {
			return err
		}
	}
	_, err = t.letter(db, letters.Letter{Mutuality: a.Mutuality, Member: a.Member, Kind: letters.QuestionUsed, Lang: a.Language})
	return err
}
