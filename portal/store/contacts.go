package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/mail"
	"guichet.example/portal/people"
	"guichet.example/portal/timeid"
)

// Kinds of sealed content of contact data: what stands, and what a change took and put.
const (
	sealedContact    = "contact"
	sealedContactOld = "contact-old"
	sealedContactNew = "contact-new"
)

// workField is how the address of work stands among the numbers; its value is JSON.
const workField = "work-address"

// emailField is how a change of the e-mail address stands among the numbers.
const emailField = "email"

// Contacts implements account.Store.
func (db *DB) Contacts(ctx context.Context, login auth.Login) (known account.Contacts, err error) {
	err = db.reveal(ctx, db.entry(ctx, login, audit.ReadContact, ""), func(c *conn) error {
		known, err = db.contacts(c, login.Mutuality, login.Member)
		return err
	})
	if err != nil {
		return account.Contacts{}, fmt.Errorf("reading contact data: %w", err)
	}
	return known, nil
}

// contacts is how a member is reached: the address that she showed to be hers, else the
// one delivered; numbers that she gave, else the one delivered.
func (db *DB) contacts(c *conn, mutuality string, member auth.MemberID) (known account.Contacts, err error) {
	var phone string
	err = c.get(`SELECT email, phone FROM members WHERE mutuality = ? AND member = ?`, []any{mutuality, string(member)}, &known.Email, &phone)
	if errors.Is(err, sql.ErrNoRows) {
		return known, errNoMember
	}
	if err != nil {
		return known, err
	}
	if phone != "" {
		known.Set(account.Delivered(phone), phone)
	}
	a, _, err := db.account(c, mutuality, member)
	if err != nil {
		return known, err
	}
	if a.Certified() {
		known.Email = a.Email
	}
	key, err := db.keyOf(c, mutuality, member)
	if err != nil {
		return known, err
	}
	given, err := givenContacts(c, key)
	for field, g := range given {
		known.Set(field, g.value)
	}
	if work := given[workField].value; work != "" && err == nil {
		err = json.Unmarshal([]byte(work), &known.Workplace)
	}
	return known, err
}

// given is a number that the member gave.
type given struct {
	value     string
	confirmed bool // the insurance system has delivered it
}

func givenContacts(c *conn, key memberKey) (map[account.PhoneKind]given, error) {
	found := map[account.PhoneKind]given{}
	err := c.each(`SELECT field, value_sealed, confirmed_at FROM contacts WHERE mutuality = ? AND member = ?`,
		[]any{key.mutuality, key.member}, func(scan func(...any) error) error {
			var field string
			var sealed []byte
			var confirmed sql.NullInt64
			if err := scan(&field, &sealed, &confirmed); err != nil {
				return err
			}
			value, err := key.open(sealedContact, field, 1, sealed)
			found[account.PhoneKind(field)] = given{string(value), confirmed.Valid}
			return err
		})
	return found, err
}

// ChangePhone implements account.Store.
func (db *DB) ChangePhone(ctx context.Context, login auth.Login, k account.PhoneKind, number string) error {
	if !slices.Contains(account.PhoneKinds(), k) {
		return fmt.Errorf("no such number: %.20q", string(k))
	}
	err := db.changeContact(ctx, login, string(k), func(known account.Contacts) (string, string, error) { return known.Of(k), number, nil })
	if err != nil {
		return fmt.Errorf("changing a number: %w", err)
	}
	return nil
}

// ChangeWorkAddress implements account.Store.
func (db *DB) ChangeWorkAddress(ctx context.Context, login auth.Login, a account.WorkAddress) error {
	err := db.changeContact(ctx, login, workField, func(known account.Contacts) (old, value string, err error) {
		if old, err = workText(known.Workplace); err == nil {
			value, err = workText(a)
		}
		return old, value, err
	})
	if err != nil {
		return fmt.Errorf("changing the address of work: %w", err)
	}
	return nil
}

// workText is an address of work as it is kept: JSON, empty for none.
func workText(a account.WorkAddress) (string, error) {
	if a == (account.WorkAddress{}) {
		return "", nil
	}
	text, err := json.Marshal(a)
	return string(text), err
}

// changeContact puts what the member gives in the place of what was, once, and tells her.
func (db *DB) changeContact(ctx context.Context, login auth.Login, field string, change func(known account.Contacts) (old, value string, err error)) error {
	note := db.entry(ctx, login, audit.ChangeContact, object("field", field))
	return db.write(ctx, audit.Entry{}, func(t *tx) error {
		known, err := db.contacts(t.conn, login.Mutuality, login.Member)
		if err != nil {
			return err
		}
		old, value, err := change(known)
		if err != nil || old == value {
			return err // sent twice
		}
		if err := boundedChanges(t, login, db.cfg.Now()); err != nil {
			return err
		}
		key, err := db.keyOf(t.conn, login.Mutuality, login.Member)
		if err != nil {
			return err
		}
		_, err = t.exec(`
			INSERT INTO contacts (mutuality, member, field, value_sealed, changed_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (mutuality, member, field) DO UPDATE SET
				value_sealed = excluded.value_sealed, changed_at = excluded.changed_at, confirmed_at = NULL`,
			login.Mutuality, string(login.Member), field, key.seal(sealedContact, field, 1, []byte(value)), micros(db.cfg.Now()))
		if err != nil {
			return err
		}
		if err := db.contactChanged(t, key, field, old, value, note); err != nil {
			return err
		}
		return db.tellContact(t, login.Mutuality, login.Member)
	})
}

// boundedChanges refuses a change where there were as many as there may be in 24 hours.
func boundedChanges(t *tx, login auth.Login, now time.Time) error {
	var lately int
	err := t.get(`SELECT count(*) FROM contact_changes WHERE mutuality = ? AND member = ? AND at > ?`,
		[]any{login.Mutuality, string(login.Member), micros(now.Add(-24 * time.Hour))}, &lately)
	if err == nil && lately >= account.MaxChanges {
		return account.ErrTooMany
	}
	return err
}

// contactChanged keeps the change with its row, and puts it in line for the insurance
// system.
func (db *DB) contactChanged(t *tx, key memberKey, field, old, value string, note audit.Entry) error {
	now := db.cfg.Now()
	id, err := timeid.New(now, db.cfg.Rand)
	if err != nil {
		return err
	}
	_, err = t.exec(`
		INSERT INTO contact_changes (mutuality, member, change, field, at, old_sealed, new_sealed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		key.mutuality, key.member, id, field, micros(now), key.seal(sealedContactOld, id, 1, []byte(old)), key.seal(sealedContactNew, id, 1, []byte(value)))
	if err != nil {
		return fmt.Errorf("keeping a change of contact data: %w", err)
	}
	if err := t.note(note); err != nil {
		return err
	}
	return t.export(db, outgoing{Mutuality: key.mutuality, Member: auth.MemberID(key.member), Kind: "contact-change", Object: id, At: now,
		Fields: map[string]any{"field": field, "old": old, "new": value}})
}

// tellContact tells every address that we have of the member: whoever holds one of them
// hears of it.
func (db *DB) tellContact(t *tx, mutuality string, member auth.MemberID) error {
	a, _, err := db.account(t.conn, mutuality, member)
	if err != nil {
		return err
	}
	onFile, err := emailOnFile(t.conn, a)
	if err != nil {
		return err
	}
	to := []string{onFile}
	if a.Certified() {
		to = append(to, a.Email)
	}
	for _, address := range eachOnce(to...) {
		err := t.mail(db, mail.Message{Mutuality: mutuality, Member: member, To: address, Template: mail.ContactChanged, Lang: a.Language,
			Values: map[string]string{string(mail.At): db.cfg.Now().UTC().Format(time.RFC3339)}})
		if err != nil {
			return err
		}
	}
	return nil
}

// contactsDelivered settles what the insurance system delivers with what the member gave
// herself. A number of hers stands until the system has delivered it; once it has, what it
// delivers later is the newer one.
func (db *DB) contactsDelivered(t *tx, key memberKey, phone string, at time.Time) error {
	found, err := givenContacts(t.conn, key)
	if err != nil {
		return err
	}
	delete(found, workField) // never delivered
	for field, g := range found {
		switch {
		case !g.confirmed && g.value == phone && phone != "":
			_, err = t.exec(`UPDATE contacts SET confirmed_at = ? WHERE mutuality = ? AND member = ? AND field = ?`,
				micros(at), key.mutuality, key.member, string(field))
		case g.confirmed && g.value != phone && phone != "" && account.Delivered(phone) == field:
			_, err = t.exec(`DELETE FROM contacts WHERE mutuality = ? AND member = ? AND field = ?`, key.mutuality, key.member, string(field))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// emailChanged keeps a change of the address as contactChanged does; its row is that of the
// act.
func (db *DB) emailChanged(t *tx, before, after credentials.Account) error {
	old, err := addressOf(t.conn, before)
	if err != nil || sameAddress(old, after.Email) {
		return err
	}
	key, err := db.keyOf(t.conn, after.Mutuality, after.Member)
	if err != nil {
		return err
	}
	return db.contactChanged(t, key, emailField, old, after.Email, audit.Entry{})
}

// exportAccess puts a decision in line for the insurance system, which writes letters too.
func (db *DB) exportAccess(t *tx, mutuality string, a people.Access) error {
	id, err := timeid.New(a.At, db.cfg.Rand)
	if err != nil {
		return err
	}
	return t.export(db, outgoing{Mutuality: mutuality, Member: a.Person, Kind: "access", Object: id, At: a.At,
		Fields: map[string]any{"holder": string(a.Holder), "state": string(a.State), "by": a.By, "ground": a.Ground, "request": a.Request}})
}
