package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// Accounts implements bank.Store.
func (db *DB) Accounts(ctx context.Context, login auth.Login) ([]bank.Account, error) {
	var list []bank.Account
	note := db.entry(ctx, login, audit.ReadAccounts, "")
	err := db.reveal(ctx, note, func(c *conn) (err error) {
		list, err = db.accounts(c, login)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading accounts: %w", err)
	}
	return list, nil
}

// Reveal implements bank.Store.
func (db *DB) Reveal(ctx context.Context, login auth.Login, p bank.Purpose) (bank.Account, error) {
	var found bank.Account
	note := db.entry(ctx, login, audit.RevealAccount, object("account", string(p)))
	err := db.reveal(ctx, note, func(c *conn) error {
		list, err := db.accounts(c, login)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.Purpose == p {
				found = a
				return nil
			}
		}
		return bank.ErrNoAccount
	})
	if err != nil {
		return bank.Account{}, fmt.Errorf("revealing account: %w", err)
	}
	return found, nil
}

// accounts reads a member's accounts, in the order of their purposes.
func (db *DB) accounts(c *conn, login auth.Login) ([]bank.Account, error) {
	key, err := db.keyOf(c, login.Mutuality, login.Member)
	if err != nil {
		return nil, err
	}
	var list []bank.Account
	err = c.each(`
		SELECT purpose, iban_sealed, bic, bank, holder, since, version FROM accounts
		WHERE mutuality = ? AND member = ? ORDER BY purpose`,
		[]any{login.Mutuality, string(login.Member)}, func(scan func(...any) error) error {
			var a bank.Account
			var sealed []byte
			var since sql.NullString
			err := scan(&a.Purpose, &sealed, &a.BIC, &a.Bank, &a.Holder, &since, &a.Version)
			if err != nil {
				return err
			}
			if a.Since, err = fromDate(since); err != nil {
				return err
			}
			iban, err := key.open(sealedIBAN, string(a.Purpose), a.Version, sealed)
			a.IBAN = bank.IBAN(iban)
			list = append(list, a)
			return err
		})
	return list, err
}

// accountVersion is the version a request is checked against; 0 if there is no account.
func accountVersion(c *conn, login auth.Login, p bank.Purpose) (int, error) {
	var version int
	err := c.get(`SELECT version FROM accounts WHERE mutuality = ? AND member = ? AND purpose = ?`,
		[]any{login.Mutuality, string(login.Member), string(p)}, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

// Asked implements bank.Store. It comes with Accounts on the same page and has no
// audit row of its own.
func (db *DB) Asked(ctx context.Context, login auth.Login) (*bank.Asked, error) {
	var a bank.Asked
	var created int64
	var signed, notBefore sql.NullInt64
	var state requests.State
	err := db.read(ctx, func(c *conn) error {
		return c.get(`
			SELECT request, reference, state, created_at, signed_at, not_before FROM requests
				LEFT JOIN bank_changes USING (mutuality, member, request)
			WHERE mutuality = ? AND member = ? AND kind = ? AND state IN (?, ?, ?, ?)
			ORDER BY CASE WHEN state = ? THEN 1 ELSE 0 END, request DESC LIMIT 1`,
			[]any{
				login.Mutuality, string(login.Member), string(document.KindBankChange),
				string(requests.ToSign), string(requests.Pending), string(requests.Signed), string(requests.Accepted),
				string(requests.ToSign),
			}, &a.Request, &a.Reference, &state, &created, &signed, &notBefore)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading bank changes: %w", err)
	}
	a.At, a.Signed, a.Accepted, a.InForce = fromMicros(created), signed.Valid, state == requests.Accepted, fromMaybe(notBefore)
	if a.Signed {
		a.At = fromMicros(signed.Int64)
	}
	return &a, nil
}
