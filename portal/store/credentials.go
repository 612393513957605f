package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/password"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
)

var _ credentials.Store = (*DB)(nil)

// Kinds of sealed content of an account, as they stand in its context.
const (
	sealedUserNumber = "user-number"
	sealedAccessCode = "access-code"
	sealedEmail      = "e-mail"
)

// ServerKey is a key of 32 bytes for what the portal itself seals or hashes: the last
// step of a password, a cookie. It is made from the index key, and so never in the
// database nor in a backup of it.
func (db *DB) ServerKey(purpose string) []byte { return db.cfg.Keys.Index("server-key", "", purpose) }

// whoTries looks the handle up: nobody for one that more than one have, too. What it
// asks the database is the same for a number that nobody has, so that a try which must
// wait tells nothing by its time.
func (db *DB) whoTries(t *tx, try credentials.Try) (member auth.MemberID, class string, err error) {
	if !try.Nobody {
		holders, err := db.holders(t.conn, try.Mutuality, try.Handle)
		if err != nil {
			return "", "", err
		}
		if len(holders) == 1 {
			member = auth.MemberID(holders[0])
		}
	}
	class, err = db.classOf(t, string(member), try)
	return member, class, err
}

// readTried reads the account. Nobody, and an account that nobody may sign in to yet,
// give the same: no hash.
func (db *DB) readTried(t *tx, member auth.MemberID, tried *credentials.Tried) (err error) {
	if member == "" {
		return nil
	}
	tried.Account, tried.Hash, err = db.account(t.conn, tried.Mutuality, member)
	if s := tried.Account.State; s != credentials.Active && s != credentials.Disabled {
		tried.Hash = ""
	}
	return err
}

// Account implements credentials.Store. Who asks is a page of hers or an act of staff,
// which has its own row.
func (db *DB) Account(ctx context.Context, mutuality string, member auth.MemberID) (credentials.Account, error) {
	var a credentials.Account
	err := db.read(ctx, func(c *conn) (err error) {
		a, _, err = db.account(c, mutuality, member)
		return err
	})
	if err != nil {
		return credentials.Account{}, fmt.Errorf("reading account: %w", err)
	}
	return a, nil
}

// PasswordHash implements credentials.Store.
func (db *DB) PasswordHash(ctx context.Context, mutuality string, member auth.MemberID) (hash string, err error) {
	err = db.read(ctx, func(c *conn) error {
		_, hash, err = db.account(c, mutuality, member)
		return err
	})
	return hash, err
}

func (db *DB) account(c *conn, mutuality string, member auth.MemberID) (credentials.Account, string, error) {
	a := credentials.Account{Mutuality: mutuality, Member: member}
	var given, surname string
	var wrapped, userNumber, accessCode, email, reason []byte
	var state, hash sql.NullString
	var mustChange, certified, passwordAt, created sql.NullInt64
	err := c.get(`
		SELECT given_names, surname, language, wrapped, state, hash, must_change, user_number_sealed, access_code_sealed,
			email_sealed, email_certified_at, password_at, reason_sealed, credentials.created_at
		FROM members JOIN member_keys USING (mutuality, member) LEFT JOIN credentials USING (mutuality, member)
		WHERE mutuality = ? AND member = ?`, []any{mutuality, string(member)},
		&given, &surname, &a.Language, &wrapped, &state, &hash, &mustChange, &userNumber, &accessCode,
		&email, &certified, &passwordAt, &reason, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return a, "", errNoMember
	}
	if err != nil {
		return a, "", err
	}
	key, err := db.unwrap(mutuality, string(member), wrapped)
	if err != nil {
		return a, "", err
	}
	a.Name = account.Member{GivenNames: given, Surname: surname}.Name()
	a.State, a.MustChange, a.HasPassword = credentials.State(state.String), mustChange.Int64 == 1, hash.String != ""
	a.EmailCertified, a.PasswordSet, a.Created = fromMaybe(certified), fromMaybe(passwordAt), fromMaybe(created)
	for _, sealed := range []struct {
		what  string
		bytes []byte
		into  *string
	}{{sealedUserNumber, userNumber, &a.UserNumber}, {sealedAccessCode, accessCode, &a.AccessCode},
		{sealedEmail, email, &a.Email}, {sealedDisabled, reason, &a.Reason}} {
		if sealed.bytes == nil {
			continue
		}
		text, err := key.open(sealed.what, "", 1, sealed.bytes)
		if err != nil {
			return a, "", err
		}
		*sealed.into = string(text)
	}
	return a, hash.String, nil
}

// Known implements credentials.Store.
func (db *DB) Known(ctx context.Context, mutuality string, member auth.MemberID) ([]string, error) {
	var words []string
	err := db.read(ctx, func(c *conn) error {
		m, err := db.member(c, auth.Login{Mutuality: mutuality, Member: member})
		if err != nil {
			return err
		}
		a, _, err := db.account(c, mutuality, member)
		if err != nil {
			return err
		}
		local, _, _ := strings.Cut(a.Email, "@")
		words = append([]string{m.Name(), m.Affiliation, m.NationalNumber.Digits(), a.UserNumber, a.AccessCode, local}, password.OfBirth(m.Birth)...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading member: %w", err)
	}
	return words, nil
}

// Rehash implements credentials.Store.
func (db *DB) Rehash(ctx context.Context, mutuality string, member auth.MemberID, old, hash string) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		_, err := t.exec(`UPDATE credentials SET hash = ? WHERE mutuality = ? AND member = ? AND hash = ?`,
			hash, mutuality, string(member), old)
		return err
	})
	if err != nil {
		return fmt.Errorf("replacing password hash: %w", err)
	}
	return nil
}

// PutAccount implements credentials.Store.
func (db *DB) PutAccount(ctx context.Context, e credentials.Enrolment) error {
	note := db.ownEntry(ctx, e.Mutuality, e.Member, audit.Enrol, object("account", string(e.State)))
	if e.Actor != "" {
		note.Actor = e.Actor
	}
	if err := db.write(ctx, note, func(t *tx) error { return t.putAccount(db, e) }); err != nil {
		return fmt.Errorf("storing account: %w", err)
	}
	return nil
}

// putAccount stores an enrolment in the act's own commit.
func (t *tx) putAccount(db *DB, e credentials.Enrolment) error {
	key, err := db.keyOf(t.conn, e.Mutuality, e.Member)
	if err != nil {
		return err
	}
	state := e.State
	if state == credentials.None {
		state = credentials.Pending
	}
	_, err = t.exec(`
		INSERT INTO credentials (mutuality, member, state, hash, must_change, created_at, changed_at)
		VALUES (?, ?, ?, '', 0, ?, ?)
		ON CONFLICT (mutuality, member) DO UPDATE SET changed_at = excluded.changed_at,
			state = CASE WHEN credentials.state = 'pending' THEN excluded.state ELSE credentials.state END`,
		e.Mutuality, string(e.Member), string(state), micros(e.At), micros(e.At))
	if err != nil {
		return err
	}
	if e.Hash != "" {
		must := 0
		if e.MustChange {
			must = 1
		}
		if _, err := t.exec(`UPDATE credentials SET hash = ?, must_change = ?, password_at = ? WHERE mutuality = ? AND member = ?`,
			e.Hash, must, micros(e.At), e.Mutuality, string(e.Member)); err != nil {
			return err
		}
	}
	return t.putHandles(db, key, e)
}

// putHandles stores what the member signs in with, each sealed in its column and found by
// its index. An e-mail address not shown to be hers signs nobody in.
func (t *tx) putHandles(db *DB, key memberKey, e credentials.Enrolment) error {
	for _, id := range []struct {
		kind         credentials.Kind
		what, column string
		value        string
	}{{credentials.KindUser, sealedUserNumber, "user_number_sealed", e.UserNumber},
		{credentials.KindAccessCode, sealedAccessCode, "access_code_sealed", e.AccessCode},
		{credentials.KindEmail, sealedEmail, "email_sealed", e.Email}} {
		if id.value == "" {
			continue
		}
		// The names of columns are those above.
		_, err := t.exec(`UPDATE credentials SET `+id.column+` = ? WHERE mutuality = ? AND member = ?`,
			key.seal(id.what, "", 1, []byte(id.value)), e.Mutuality, string(e.Member))
		if err != nil {
			return err
		}
		handle := credentials.Handle{Kind: id.kind, Value: id.value}
		if id.kind == credentials.KindEmail {
			if err := setCertified(t, e); err != nil {
				return err
			}
			if e.Certified.IsZero() {
				handle.Value = ""
			} else if handle.Value, err = credentials.FoldEmail(e.Email); err != nil {
				return err
			}
		}
		if err := db.putIdentifier(t, e.Mutuality, e.Member, handle); err != nil {
			return err
		}
	}
	return nil
}

func setCertified(t *tx, e credentials.Enrolment) error {
	_, err := t.exec(`UPDATE credentials SET email_certified_at = ? WHERE mutuality = ? AND member = ?`,
		maybeMicros(e.Certified), e.Mutuality, string(e.Member))
	return err
}

// SetPassword implements credentials.Store.
func (db *DB) SetPassword(ctx context.Context, s credentials.NewPassword) error {
	note := db.ownEntry(ctx, s.Mutuality, s.Member, audit.SetPassword, "")
	if s.Login != nil {
		note = db.entry(ctx, *s.Login, audit.SetPassword, "")
	}
	if err := db.write(ctx, note, func(t *tx) error { return db.setPassword(ctx, t, s) }); err != nil {
		return fmt.Errorf("setting password: %w", err)
	}
	return nil
}

func (db *DB) setPassword(ctx context.Context, t *tx, s credentials.NewPassword) error {
	if s.Login != nil {
		if err := stillIn(t, *s.Login); err != nil {
			return err
		}
	}
	for _, id := range []string{s.Code, s.Letter} {
		if id == "" {
			continue
		}
		if err := endCode(t, credentials.Code{Mutuality: s.Mutuality, Member: s.Member, ID: id}, s.At); err != nil {
			return err
		}
		if err := t.letterUsed(db, s.Mutuality, s.Member, id); err != nil {
			return err
		}
	}
	state := credentials.Pending
	if s.Activate {
		state = credentials.Active
	}
	if err := t.putAccount(db, credentials.Enrolment{Mutuality: s.Mutuality, Member: s.Member, State: state, Hash: s.Hash, At: s.At}); err != nil {
		return err
	}
	if err := endCodes(t, s.Mutuality, s.Member, s.At); err != nil {
		return err
	}
	if err := db.endSessions(ctx, t, s.Mutuality, s.Member, s.Keep, "password changed"); err != nil {
		return err
	}
	a, _, err := db.account(t.conn, s.Mutuality, s.Member)
	if err != nil {
		return err
	}
	handles, err := db.handles(t, a)
	if err != nil {
		return err
	}
	if err := db.forget(t, s.Mutuality, handles...); err != nil {
		return err
	}
	if err := db.forgetQuestion(t, s.Mutuality, s.Member); err != nil {
		return err
	}
	return db.tell(t, a, mail.PasswordChanged, s.At)
}

// tell writes to the member about a change to how she gets in (ASVS 6.3.7): to the
// address she signs in with if it is certified, else to the one on file. Without
// either nothing is sent.
func (db *DB) tell(t *tx, a credentials.Account, template mail.Template, at time.Time) error {
	return db.tellReference(t, a, template, at, "")
}

func (db *DB) tellReference(t *tx, a credentials.Account, template mail.Template, at time.Time, reference string) error {
	to, err := addressOf(t.conn, a)
	if err != nil || to == "" {
		return err
	}
	values := map[string]string{string(mail.At): at.UTC().Format(time.RFC3339)}
	if reference != "" {
		values[string(mail.Reference)] = reference
	}
	return t.mail(db, mail.Message{
		Mutuality: a.Mutuality, Member: a.Member, To: to, Template: template, Lang: a.Language, Values: values,
	})
}

// What a member may say fits into a task.
const _ = uint(office.MaxSaid - credentials.MaxSaid)

// AskReactivation implements credentials.Store.
func (db *DB) AskReactivation(ctx context.Context, mutuality, ticket, said string, now time.Time) (reference string, err error) {
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		code, err := db.useCode(ctx, t, mutuality, credentials.Reactivate, ticket, now)
		if err != nil {
			return err
		}
		a, _, err := db.account(t.conn, mutuality, code.Member)
		if err != nil {
			return err
		}
		task := office.Task{Mutuality: mutuality, Kind: office.Reactivation, Member: code.Member, Language: a.Language, Said: map[string]string{}}
		for word, text := range map[string]string{"text": said, "cause": a.Reason} {
			if text != "" {
				task.Said[word] = text
			}
		}
		task, err = t.task(db, task)
		reference = task.Reference
		return err
	})
	if err != nil {
		return "", fmt.Errorf("asking for reactivation: %w", err)
	}
	return reference, nil
}
