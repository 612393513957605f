package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
)

// AddMember stores a member's file and accounts as the insurance system delivers them,
// new or changed. Doing it again changes nothing. An account whose number is another
// one gets a higher version, so that requests made against the old one cannot be
// completed; accounts not listed stay. One that a change at the counter replaced after
// m.UpdatedAt, or that the insurance system has not acknowledged, does not come back.
// ErrNumberTaken.
func (db *DB) AddMember(ctx context.Context, m account.Member, accounts []bank.Account) error {
	if m.Mutuality == "" || m.ID == "" || m.NationalNumber.IsZero() {
		return errors.New("adding member: mutuality, id and national number are required")
	}
	note := db.ownEntry(ctx, m.Mutuality, m.ID, audit.Import, "")
	err := db.write(ctx, note, func(t *tx) error {
		if err := db.putMember(t, m); err != nil {
			return err
		}
		taken, kept, err := db.deliveredAccounts(t.conn, m.Mutuality, m.ID, accounts, m.UpdatedAt)
		if err != nil {
			return err
		}
		if kept > 0 {
			db.cfg.Log.Info("accounts delivered are older than changes in force, and not taken", "mutuality", m.Mutuality, "accounts", kept)
		}
		for _, a := range taken {
			if err := db.putAccount(t, m.Mutuality, m.ID, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("adding member: %w", err)
	}
	return nil
}

// putMember writes member and data key. The row of the member comes first because the
// key refers to it; its sealed number is filled in with the key at hand.
func (db *DB) putMember(t *tx, m account.Member) error {
	index := db.cfg.Keys.Index(numberIndex, m.Mutuality, m.NationalNumber.Digits())
	var holder string
	err := t.get(`SELECT member FROM members WHERE mutuality = ? AND number_index = ?`, []any{m.Mutuality, index}, &holder)
	if err == nil && holder != string(m.ID) {
		return ErrNumberTaken
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	key, wrapped, err := db.keyFor(t, m.Mutuality, m.ID)
	if err != nil {
		return err
	}
	sealed := key.seal(sealedNumber, "", 1, []byte(m.NationalNumber.Digits()))
	if err := upsertMember(t, m, index, sealed); err != nil {
		return err
	}
	if wrapped == nil {
		return db.contactsDelivered(t, key, m.Phone, db.cfg.Now())
	}
	_, err = t.exec(`
		INSERT INTO member_keys (mutuality, member, key_id, wrapped_by, wrapped, created_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		m.Mutuality, string(m.ID), key.KeyID(), db.cfg.Keys.KeyID(), wrapped, micros(db.cfg.Now()))
	return err
}

// keyFor returns the member's key, or a new one with its wrapped form to be stored.
func (db *DB) keyFor(t *tx, mutuality string, member auth.MemberID) (memberKey, []byte, error) {
	key, err := db.keyOf(t.conn, mutuality, member)
	if !errors.Is(err, errNoMember) {
		return key, nil, err
	}
	fresh, wrapped, err := db.cfg.Keys.NewDataKey(mutuality, string(member))
	return memberKey{fresh, mutuality, string(member)}, wrapped, err
}

// upsertMember writes the row; a sealed number is replaced only where the number is
// another one.
func upsertMember(t *tx, m account.Member, index, sealed []byte) error {
	_, err := t.exec(`
		INSERT INTO members (mutuality, member, affiliation, number_index, number_sealed, given_names, surname,
			birth, street, postcode, municipality, country, email, phone, language, since, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (mutuality, member) DO UPDATE SET
			affiliation = excluded.affiliation,
			number_sealed = CASE WHEN members.number_index = excluded.number_index
				THEN members.number_sealed ELSE excluded.number_sealed END,
			number_index = excluded.number_index,
			given_names = excluded.given_names, surname = excluded.surname, birth = excluded.birth,
			street = excluded.street, postcode = excluded.postcode, municipality = excluded.municipality,
			country = excluded.country, email = excluded.email, phone = excluded.phone,
			language = excluded.language, since = excluded.since, until = NULL, updated_at = excluded.updated_at`,
		m.Mutuality, string(m.ID), m.Affiliation, index, sealed, m.GivenNames, m.Surname,
		date(m.Birth), m.Street, m.Postcode, m.Municipality, m.Country, m.Email, m.Phone, m.Language,
		date(m.Since), maybeMicros(m.UpdatedAt))
	return err
}

// ChangeAccount puts another account in the place of one, as a change made elsewhere
// (by letter, at a counter) does: its version grows.
func (db *DB) ChangeAccount(ctx context.Context, mutuality string, member auth.MemberID, a bank.Account) error {
	note := db.ownEntry(ctx, mutuality, member, audit.ChangeAccount, object("account", string(a.Purpose)))
	err := db.write(ctx, note, func(t *tx) error { return db.putAccount(t, mutuality, member, a) })
	if err != nil {
		return fmt.Errorf("changing account: %w", err)
	}
	return nil
}

// putAccount writes an account. The version is ours: what the caller says is ignored,
// except for an account we do not have yet.
func (db *DB) putAccount(t *tx, mutuality string, member auth.MemberID, a bank.Account) error {
	key, err := db.keyOf(t.conn, mutuality, member)
	if err != nil {
		return err
	}
	index := db.cfg.Keys.Index(sealedIBAN, mutuality, string(a.IBAN))
	version := max(a.Version, 1)
	var had int
	var hadIndex []byte
	err = t.get(`SELECT version, iban_index FROM accounts WHERE mutuality = ? AND member = ? AND purpose = ?`,
		[]any{mutuality, string(member), string(a.Purpose)}, &had, &hadIndex)
	switch {
	case err == nil && bytes.Equal(hadIndex, index):
		_, err = t.exec(`
			UPDATE accounts SET bic = ?, bank = ?, holder = ?, since = ?
			WHERE mutuality = ? AND member = ? AND purpose = ?`,
			a.BIC, a.Bank, a.Holder, date(a.Since), mutuality, string(member), string(a.Purpose))
		return err
	case err == nil:
		version = had + 1
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	_, err = t.exec(`
		INSERT INTO accounts (mutuality, member, purpose, iban_index, iban_sealed, bic, bank, holder, since, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (mutuality, member, purpose) DO UPDATE SET
			iban_index = excluded.iban_index, iban_sealed = excluded.iban_sealed, bic = excluded.bic,
			bank = excluded.bank, holder = excluded.holder, since = excluded.since, version = excluded.version`,
		mutuality, string(member), string(a.Purpose), index,
		key.seal(sealedIBAN, string(a.Purpose), version, []byte(a.IBAN)), a.BIC, a.Bank, a.Holder, date(a.Since), version)
	return err
}
