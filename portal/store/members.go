package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/orders"
	"guichet.example/portal/page"
	"guichet.example/portal/signin"
	"guichet.example/signing/document"
)

const numberIndex = "national-number"

// MemberByNationalNumber implements signin.Store. It is not audited: the sign-in that
// follows is, whether it succeeds or not. An index that was moved to another member's row
// opens nothing: the number that is sealed there is another, or does not open, ErrDamaged.
func (db *DB) MemberByNationalNumber(ctx context.Context, mutuality string, n nrn.Number) (signin.Member, error) {
	var m signin.Member
	index := db.cfg.Keys.Index(numberIndex, mutuality, n.Digits())
	err := db.read(ctx, func(c *conn) error {
		var given, surname string
		var sealed, wrapped []byte
		err := c.get(`
			SELECT member, given_names, surname, language, number_sealed, wrapped
			FROM members JOIN member_keys USING (mutuality, member)
			WHERE mutuality = ? AND number_index = ?`,
			[]any{mutuality, index}, &m.ID, &given, &surname, &m.Language, &sealed, &wrapped)
		if err != nil {
			return err
		}
		m.Name = account.Member{GivenNames: given, Surname: surname}.Name()
		have, err := db.openNumber(auth.Login{Mutuality: mutuality, Member: m.ID}, wrapped, sealed)
		if err == nil && have != n {
			err = fmt.Errorf("%w: index of another number", ErrDamaged)
		}
		return err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return signin.Member{}, signin.ErrUnknownMember
	case err != nil:
		return signin.Member{}, fmt.Errorf("finding member by number: %w", err)
	}
	return m, nil
}

// Member implements account.Store. errNoMember cannot happen with a login that a
// session gave.
func (db *DB) Member(ctx context.Context, login auth.Login) (account.Member, error) {
	var m account.Member
	note := db.entry(ctx, login, audit.ReadMember, "")
	err := db.reveal(ctx, note, func(c *conn) (err error) {
		m, err = db.member(c, login)
		return err
	})
	if err != nil {
		return account.Member{}, fmt.Errorf("reading member: %w", err)
	}
	return m, nil
}

func (db *DB) member(c *conn, login auth.Login) (account.Member, error) {
	m := account.Member{Mutuality: login.Mutuality, ID: login.Member}
	var sealed, wrapped []byte
	var birth, since, until sql.NullString
	var updated sql.NullInt64
	err := c.get(`
		SELECT affiliation, number_sealed, given_names, surname, birth, street, postcode, municipality,
			country, email, phone, language, since, until, updated_at, wrapped
		FROM members JOIN member_keys USING (mutuality, member)
		WHERE mutuality = ? AND member = ?`,
		[]any{login.Mutuality, string(login.Member)},
		&m.Affiliation, &sealed, &m.GivenNames, &m.Surname, &birth, &m.Street, &m.Postcode, &m.Municipality,
		&m.Country, &m.Email, &m.Phone, &m.Language, &since, &until, &updated, &wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return m, errNoMember
	}
	if err != nil {
		return m, err
	}
	m.UpdatedAt = fromMaybe(updated)
	if m.Birth, err = fromDate(birth); err != nil {
		return m, err
	}
	if m.Since, err = fromDate(since); err != nil {
		return m, err
	}
	if m.Until, err = fromDate(until); err != nil {
		return m, err
	}
	m.NationalNumber, err = db.openNumber(login, wrapped, sealed)
	return m, err
}

func (db *DB) openNumber(login auth.Login, wrapped, sealed []byte) (nrn.Number, error) {
	key, err := db.unwrap(login.Mutuality, string(login.Member), wrapped)
	if err != nil {
		return nrn.Number{}, err
	}
	digits, err := key.open(sealedNumber, "", 1, sealed)
	if err != nil {
		return nrn.Number{}, err
	}
	return nrn.Parse(string(digits))
}

// Person implements bank.Store.
func (db *DB) Person(ctx context.Context, login auth.Login) (bank.Person, error) {
	m, err := db.person(ctx, login)
	return bank.Person{Name: m.Name(), Birth: m.Birth, Affiliation: m.Affiliation}, err
}

// Orderer implements orders.Store.
func (db *DB) Orderer(ctx context.Context, login auth.Login) (orders.Person, error) {
	m, err := db.person(ctx, login)
	return orders.Person{
		Name: m.Name(), Birth: m.Birth, Affiliation: m.Affiliation,
		Postal: page.Postal{Street: m.Street, Postcode: m.Postcode, City: m.Municipality, Country: m.Country},
	}, err
}

// person reads what a form says of the member: nowhere her national number.
func (db *DB) person(ctx context.Context, login auth.Login) (account.Member, error) {
	var m account.Member
	note := db.entry(ctx, login, audit.ReadPerson, "")
	err := db.reveal(ctx, note, func(c *conn) error {
		var birth sql.NullString
		err := c.get(`
			SELECT given_names, surname, birth, affiliation, street, postcode, municipality, country
			FROM members WHERE mutuality = ? AND member = ?`,
			[]any{login.Mutuality, string(login.Member)},
			&m.GivenNames, &m.Surname, &birth, &m.Affiliation, &m.Street, &m.Postcode, &m.Municipality, &m.Country)
		if errors.Is(err, sql.ErrNoRows) {
			return errNoMember
		}
		if err != nil {
			return err
		}
		m.Affiliation = document.Affiliation(m.Affiliation)
		m.Birth, err = fromDate(birth)
		return err
	})
	if err != nil {
		return account.Member{}, fmt.Errorf("reading member: %w", err)
	}
	return m, nil
}
