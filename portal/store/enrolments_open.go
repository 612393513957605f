package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/enrol"
	"guichet.example/portal/jobs"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
)

// Kinds of consents.
const (
	consentTerms = "terms"
	consentShare = "share-email" // the address may be passed on
)

// AddAccessCode stores the code that the insurance system printed on a member's card or
// statements: with her member number it enrols her. It opens nothing by itself. The one
// she had is dropped, also where she signs in with it. ErrTaken.
func (db *DB) AddAccessCode(ctx context.Context, mutuality string, member auth.MemberID, code string) error {
	clean, err := credentials.ParseAccessCode(code)
	if err != nil {
		return fmt.Errorf("adding access code: %w", err)
	}
	note := db.ownEntry(ctx, mutuality, member, audit.Import, object("identifier", "access-code"))
	handle := credentials.Handle{Kind: credentials.KindAccessCode, Value: clean}
	err = db.write(ctx, note, func(t *tx) error {
		holders, err := db.holders(t.conn, mutuality, handle)
		if err != nil {
			return err
		}
		if len(holders) == 1 && holders[0] == string(member) {
			return errAgain
		}
		return db.putAccessCode(t, mutuality, member, clean)
	})
	if errors.Is(err, errAgain) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("adding access code: %w", err)
	}
	return nil
}

// putAccessCode gives the member a code that nobody else has, here and where she signs in
// with one. ErrTaken.
func (db *DB) putAccessCode(t *tx, mutuality string, member auth.MemberID, code string) error {
	handle := credentials.Handle{Kind: credentials.KindAccessCode, Value: code}
	if err := db.putIdentifier(t, mutuality, member, handle); err != nil {
		return err
	}
	key, err := db.keyOf(t.conn, mutuality, member)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE credentials SET access_code_sealed = ? WHERE mutuality = ? AND member = ? AND access_code_sealed IS NOT NULL`,
		key.seal(sealedAccessCode, "", 1, []byte(code)), mutuality, string(member))
	return err
}

// OpenByLink implements enrol.Store.
func (db *DB) OpenByLink(ctx context.Context, o enrol.Opening) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return db.openByLink(ctx, t, o) })
	if err != nil {
		return fmt.Errorf("opening an account: %w", err)
	}
	return nil
}

func (db *DB) openByLink(ctx context.Context, t *tx, o enrol.Opening) error {
	code, err := db.useCode(ctx, t, o.Mutuality, credentials.ActivateLink, o.Secret, o.At)
	if err != nil {
		return err
	}
	linked, err := enrol.ParseLinked(code.Payload)
	if err != nil {
		return err
	}
	a, _, err := db.account(t.conn, o.Mutuality, code.Member)
	if err != nil {
		return err
	}
	// Opened another way since the link was sent: this one opens nothing any more.
	if a.State != credentials.None && a.State != credentials.Pending {
		return credentials.ErrCode
	}
	e := credentials.Enrolment{Mutuality: o.Mutuality, Member: code.Member, State: credentials.Active, Hash: linked.Hash,
		AccessCode: linked.AccessCode, Email: linked.Email, Certified: o.At, At: o.At}
	if o.Hash != "" {
		e.Hash, linked.Question = o.Hash, 0
	}
	if err := t.putAccount(db, e); err != nil {
		return err
	}
	if err := endCodes(t, o.Mutuality, code.Member, o.At); err != nil {
		return err
	}
	if err := putConsents(t, o, code.Member, linked); err != nil {
		return err
	}
	if err := dropEnrolment(t, o.Mutuality, linked.Browser); err != nil {
		return err
	}
	if err := t.note(db.ownEntry(ctx, o.Mutuality, code.Member, audit.Enrol, object("way", string(linked.Way)))); err != nil {
		return err
	}
	onFile, err := addressOf(t.conn, a)
	if err != nil {
		return err
	}
	if a, _, err = db.account(t.conn, o.Mutuality, code.Member); err != nil {
		return err
	}
	if onFile != "" && !sameAddress(onFile, a.Email) { // facts are known to others: the file hears of it too
		err = t.mail(db, mail.Message{Mutuality: a.Mutuality, Member: a.Member, To: onFile, Template: mail.Enrolled, Lang: a.Language,
			Values: map[string]string{string(mail.At): o.At.UTC().Format(time.RFC3339)}})
	}
	return errors.Join(err, db.tell(t, a, mail.Enrolled, o.At))
}

// putConsents keeps what was agreed to, and the secret question.
func putConsents(t *tx, o enrol.Opening, member auth.MemberID, l enrol.Linked) error {
	put := func(kind, version string, given bool) error {
		yes := 0
		if given {
			yes = 1
		}
		_, err := t.exec(`
			INSERT INTO consents (mutuality, member, kind, at, given, version) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (mutuality, member, kind, at) DO UPDATE SET given = excluded.given, version = excluded.version`,
			o.Mutuality, string(member), kind, micros(o.At), yes, version)
		return err
	}
	if l.Way != enrol.ByFacts { // its form does not ask
		if err := put(consentShare, "", !l.Private); err != nil {
			return err
		}
	}
	if l.Terms != "" {
		if err := put(consentTerms, l.Terms, true); err != nil {
			return err
		}
	}
	if l.Question == 0 {
		return nil
	}
	_, err := t.exec(`
		INSERT INTO secret_questions (mutuality, member, question, answer, set_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (mutuality, member) DO UPDATE SET question = excluded.question, answer = excluded.answer, set_at = excluded.set_at`,
		o.Mutuality, string(member), l.Question, l.Answer, micros(o.At))
	return err
}

// SharesEmail says whether the member's address may be passed on to partners: only if she
// was asked and did not refuse.
func (db *DB) SharesEmail(ctx context.Context, mutuality string, member auth.MemberID) (bool, error) {
	var given int
	err := db.read(ctx, func(c *conn) error {
		return c.get(`SELECT coalesce((SELECT given FROM consents WHERE mutuality = ? AND member = ? AND kind = ? ORDER BY at DESC LIMIT 1), 0)`,
			[]any{mutuality, string(member), consentShare}, &given)
	})
	if err != nil {
		return false, fmt.Errorf("reading consent: %w", err)
	}
	return given == 1, nil
}

// linkWindow and maxLinks bound the links that strangers can have sent to an address.
const (
	linkWindow = time.Hour
	maxLinks   = 5
)

// SendFactsLink implements enrol.Store.
func (db *DB) SendFactsLink(ctx context.Context, j jobs.Job, o enrol.FactsOrder) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		if err := t.finish(j); err != nil {
			return err
		}
		members, err := db.holders(t.conn, j.Mutuality, credentials.Handle{Kind: credentials.KindMemberNumber, Value: o.Typed.Number})
		if err != nil || len(members) != 1 {
			return err
		}
		return db.factsLink(ctx, t, j.Mutuality, auth.MemberID(members[0]), o)
	})
	if err != nil {
		return fmt.Errorf("matching facts: %w", err)
	}
	return nil
}

// factsLink is the rule of the address in three cases: none on file, the typed one
// is taken; the same on file; another, which never gets mail and becomes a task.
func (db *DB) factsLink(ctx context.Context, t *tx, mutuality string, member auth.MemberID, o enrol.FactsOrder) error {
	m, err := db.member(t.conn, auth.Login{Mutuality: mutuality, Member: member})
	if err != nil {
		return err
	}
	a, _, err := db.account(t.conn, mutuality, member)
	if err != nil || a.State != credentials.None && a.State != credentials.Pending {
		return err
	}
	typed, err := credentials.FoldEmail(o.Typed.Email)
	if err != nil {
		return nil
	}
	onFile, known := credentials.FoldEmail(m.Email)
	if a.Certified() {
		onFile, known = credentials.FoldEmail(a.Email)
	}
	person := credentials.Person{Number: m.Affiliation, GivenNames: m.GivenNames, Surname: m.Surname, Birth: m.Birth, Postcode: m.Postcode, Email: o.Typed.Email}
	if !person.Is(o.Typed) {
		return nil
	}
	if known == nil && onFile != typed {
		return db.askAdvisor(t, m, onFile, o)
	}
	if known == nil {
		o.Typed.Email = onFile // in the spelling of the file, whatever was typed
	}
	return db.sendFacts(ctx, t, a, o)
}

func (db *DB) sendFacts(ctx context.Context, t *tx, a credentials.Account, o enrol.FactsOrder) error {
	if many, err := manyLinks(t, a.Mutuality, a.Member, o.At); err != nil || many {
		return err
	}
	if just, err := justSent(t, a.Mutuality, a.Member, o.At); err != nil || just {
		return err
	}
	var err error
	code := o.Code
	code.Mutuality, code.Member = a.Mutuality, a.Member
	if code.Payload, err = (enrol.Linked{Way: enrol.ByFacts, Email: o.Typed.Email}).Payload(); err != nil {
		return err
	}
	if _, err := t.code(db, code, o.Secret); err != nil {
		return err
	}
	if err := t.note(db.ownEntry(ctx, a.Mutuality, a.Member, audit.IssueCode, object("code", string(code.Purpose)))); err != nil {
		return err
	}
	return t.mail(db, enrol.ActivationMail(code, o.Typed.Email, o.Lang, o.Link))
}

// justSent says whether a link left for the member a moment ago: a form that was sent
// twice is one mail.
func justSent(t *tx, mutuality string, member auth.MemberID, at time.Time) (bool, error) {
	var sent int
	err := t.get(`
		SELECT count(*) FROM credential_codes
		WHERE mutuality = ? AND member = ? AND purpose = ? AND outcome = '' AND created_at > ? AND expires_at > ?`,
		[]any{mutuality, string(member), string(credentials.ActivateLink), micros(at.Add(-30 * time.Second)), micros(at)}, &sent)
	return sent > 0, err
}

// askAdvisor makes the task of another address than the one on file, unless one waits.
func (db *DB) askAdvisor(t *tx, m account.Member, onFile string, o enrol.FactsOrder) error {
	var waits int
	err := t.get(`SELECT count(*) FROM tasks WHERE mutuality = ? AND member = ? AND kind = ? AND closed_at IS NULL`,
		[]any{m.Mutuality, string(m.ID), string(office.EmailCheck)}, &waits)
	if err != nil || waits > 0 {
		return err
	}
	_, err = t.task(db, office.Task{Mutuality: m.Mutuality, Kind: office.EmailCheck, Member: m.ID, Language: m.Language,
		Said: map[string]string{"old-email": onFile, "new-email": o.Typed.Email}})
	if errors.Is(err, office.ErrTask) {
		return nil // what cannot be told to staff helps nobody
	}
	return err
}
