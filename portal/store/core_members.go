package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/core"
	"guichet.example/portal/credentials"
)

// unspacedSQL is core.Unspaced, as an index has it.
const unspacedSQL = `replace(replace(replace(affiliation, ' ', ''), '.', ''), '-', '')`

// findMembers finds who the rows are about, all at once.
func (l *load) findMembers() error {
	l.members = make(map[string]string, len(l.draft.persons))
	keys := make([][]any, len(l.draft.persons))
	for i, number := range l.draft.persons {
		keys[i] = []any{number}
	}
	return l.eachKey(memberOfRow, keys, func(scan func(...any) error) error {
		var number, member string
		err := scan(&number, &member)
		if _, twice := l.members[number]; twice {
			member = ""
		}
		l.members[number] = member
		return err
	})
}

// memberOfRow has each number as it is asked for.
var memberOfRow = perKey{
	name: "members", columns: "v.column1, members.member", from: "members", where: "members.mutuality = ? AND " + unspacedSQL + " = v.column1", ints: []bool{false},
}

// member is the id behind an affiliation number.
func (l *load) member(field, number string) (string, *fault) {
	id, known := l.members[core.Unspaced(number)]
	if !known && l.ahead != nil && l.ahead.Member(core.Unspaced(number)) {
		return "ahead:" + core.Unspaced(number), nil
	}
	switch {
	case !known:
		return "", &fault{field, core.NoMember(core.Unspaced(number))}
	case id == "":
		return "", &fault{field, core.ReasonManyMembers}
	}
	return id, nil
}

// loadMembers loads files of members, one by one: each has a key of her own.
func (l *load) loadMembers() error {
	seen := map[string]bool{}
	for i, row := range l.batch.Rows {
		r := row.(core.Member)
		if r.NationalNumber.IsZero() {
			l.reject(i, fault{"national_number", core.ReasonMissing})
			continue
		}
		if seen[r.NationalNumber.Digits()] {
			l.reject(i, fault{"", core.ReasonDuplicate})
			continue
		}
		seen[r.NationalNumber.Digits()] = true
		wrong, err := l.loadMember(r)
		if err != nil {
			return err
		}
		if wrong != nil {
			l.reject(i, *wrong)
		}
	}
	return nil
}

func (l *load) loadMember(r core.Member) (*fault, error) {
	m, had, err := l.known(r)
	if err != nil {
		return nil, err
	}
	accounts, wrong := accountOf(r)
	if wrong != nil {
		return wrong, nil
	}
	code, known, wrong, err := l.accessCode(m.ID, r.AccessCode)
	if err != nil || wrong != nil {
		return wrong, err
	}
	if wrong, err = l.numberTaken(m, had); err != nil || wrong != nil {
		return wrong, err
	}
	paid, err := l.sameAccount(m.ID, accounts)
	if err != nil {
		return nil, err
	}
	kept := 0
	if had != nil && !paid {
		if accounts, kept, err = l.db.deliveredAccounts(l.conn, l.mutuality, m.ID, accounts, l.batch.AsOf); err != nil {
			return nil, err
		}
		l.kept, paid = l.kept+kept, len(accounts) == 0
	}
	switch {
	case had == nil:
		l.out.Added++
	case *had == m && paid && known:
		l.out.Unchanged++
		return nil, l.confirmContacts(m)
	default:
		l.out.Changed++
	}
	if l.ahead != nil && (had == nil || had.Affiliation != m.Affiliation) {
		l.ahead.AddMember(core.Unspaced(r.Affiliation))
	}
	if l.t == nil {
		return nil, nil
	}
	about := ""
	if kept > 0 {
		about = keptAccount
	}
	return nil, l.putMember(m, accounts, code, about)
}

// numberTaken refuses to give a member the affiliation number that another has: what is
// delivered by that number would go from one file into the other. Where numbers do move,
// the other has hers first.
func (l *load) numberTaken(m account.Member, had *account.Member) (*fault, error) {
	number := core.Unspaced(m.Affiliation)
	if had == nil || core.Unspaced(had.Affiliation) == number {
		return nil, nil
	}
	var others int
	err := l.get(`SELECT count(*) FROM members WHERE mutuality = ? AND `+unspacedSQL+` = ? AND member <> ?`, []any{l.mutuality, number, string(m.ID)}, &others)
	if err != nil || others == 0 {
		return nil, err
	}
	return &fault{"affiliation", core.ReasonNumberTaken}, nil
}

// confirmContacts settles numbers that a member gave with a delivery that is as the last one:
// she may have come back to the number on file.
func (l *load) confirmContacts(m account.Member) error {
	waiting := 0
	err := l.get(`SELECT count(*) FROM contacts WHERE mutuality = ? AND member = ? AND confirmed_at IS NULL`, []any{m.Mutuality, string(m.ID)}, &waiting)
	if err != nil || waiting == 0 || l.t == nil {
		return err
	}
	key, err := l.db.keyOf(l.conn, m.Mutuality, m.ID)
	if err != nil {
		return err
	}
	return l.db.contactsDelivered(l.t, key, m.Phone, l.db.cfg.Now())
}

// keptAccount is the object of the audit row of a delivery whose account was not taken.
var keptAccount = object("account", "kept")

func (l *load) putMember(m account.Member, accounts []bank.Account, code, about string) error {
	m.UpdatedAt = l.batch.AsOf
	if m.UpdatedAt.IsZero() {
		m.UpdatedAt = l.db.cfg.Now()
	}
	if err := l.t.note(l.db.ownEntry(context.Background(), m.Mutuality, m.ID, audit.Import, about)); err != nil {
		return err
	}
	if err := l.db.putMember(l.t, m); err != nil {
		return err
	}
	for _, a := range accounts {
		if err := l.db.putAccount(l.t, m.Mutuality, m.ID, a); err != nil {
			return err
		}
	}
	if code == "" {
		return nil
	}
	return l.db.putAccessCode(l.t, m.Mutuality, m.ID, code)
}

// known is the member as delivered, under the id she has; had is her file as it is, nil
// if there is none.
func (l *load) known(r core.Member) (m account.Member, had *account.Member, err error) {
	m = account.Member{
		Mutuality: l.mutuality, Affiliation: r.Affiliation, NationalNumber: r.NationalNumber, GivenNames: r.GivenNames,
		Surname: r.Surname, Birth: r.Birth, Street: r.Street, Postcode: r.Postcode, Municipality: r.Municipality,
		Country: r.Country, Email: r.Email, Phone: r.Phone, Language: r.Language, Since: r.Since,
	}
	if m.Country == "" {
		m.Country = "BE"
	}
	old := account.Member{Mutuality: l.mutuality, NationalNumber: r.NationalNumber}
	var d dates
	err = l.get(`
		SELECT member, affiliation, given_names, surname, birth, street, postcode, municipality, country, email, phone, language, since, until
		FROM members WHERE mutuality = ? AND number_index = ?`,
		[]any{l.mutuality, l.db.cfg.Keys.Index(numberIndex, l.mutuality, r.NationalNumber.Digits())},
		&old.ID, &old.Affiliation, &old.GivenNames, &old.Surname, d.at(&old.Birth), &old.Street, &old.Postcode, &old.Municipality,
		&old.Country, &old.Email, &old.Phone, &old.Language, d.at(&old.Since), d.at(&old.Until))
	if errors.Is(err, sql.ErrNoRows) {
		m.ID, err = l.newMember()
		return m, nil, err
	}
	if err == nil {
		err = d.read()
	}
	if err != nil {
		return m, nil, err
	}
	m.ID = old.ID
	return m, &old, nil
}

// newMember is an id that begins with the time, as other ids do: members who are delivered
// together lie together in the tables, and so do their lines, which come in the same
// order. An id's letters sort behind its digits, so the time is written in letters alone.
func (l *load) newMember() (auth.MemberID, error) {
	const letters, places = 26, 9 // 26^9 milliseconds are 170 years
	ms, bits := uint64(l.db.cfg.Now().UnixMilli()), uint64(0)
	for place := range places {
		bits |= ms % letters << (5*place + 64 - 5*places)
		ms /= letters
	}
	var raw [16]byte
	if _, err := io.ReadFull(l.db.cfg.Rand, raw[5:]); err != nil {
		return "", err
	}
	tail := uint64(raw[5]) >> 5 << (64 - 48) // what is left of the sixth byte
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], bits|tail)
	copy(raw[:6], head[:6])
	return auth.NewMemberID(bytes.NewReader(raw[:]))
}

// accountOf is the account that benefits are paid on, if the record names one.
func accountOf(r core.Member) ([]bank.Account, *fault) {
	if r.IBAN == "" {
		return nil, nil
	}
	iban, err := bank.ParseIBAN(r.IBAN)
	if err != nil {
		return nil, &fault{"account.iban", err.Error()}
	}
	bic, name := bank.BankOf(iban)
	return []bank.Account{{Purpose: bank.Benefits, IBAN: iban, BIC: bic, Bank: name, Holder: r.AccountHolder, Since: r.AccountSince}}, nil
}

// sameAccount tells whether the member has these accounts already.
func (l *load) sameAccount(member auth.MemberID, accounts []bank.Account) (bool, error) {
	for _, a := range accounts {
		var index []byte
		var holder string
		var since time.Time
		var d dates
		err := l.get(`SELECT iban_index, holder, since FROM accounts WHERE mutuality = ? AND member = ? AND purpose = ?`,
			[]any{l.mutuality, string(member), string(a.Purpose)}, &index, &holder, d.at(&since))
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		if err == nil {
			err = d.read()
		}
		if err != nil {
			return false, err
		}
		if string(index) != string(l.db.cfg.Keys.Index(sealedIBAN, l.mutuality, string(a.IBAN))) || holder != a.Holder || !since.Equal(a.Since) {
			return false, nil
		}
	}
	return true, nil
}

// accessCode reads the code printed on a card; known tells that she has it, or that there
// is none to give.
func (l *load) accessCode(member auth.MemberID, typed string) (code string, known bool, wrong *fault, err error) {
	if typed == "" {
		return "", true, nil, nil
	}
	code, err = credentials.ParseAccessCode(typed)
	if err != nil {
		return "", false, &fault{"access_code", "letters and digits, 4 to 20, as they are printed"}, nil
	}
	holders, err := l.db.holders(l.conn, l.mutuality, credentials.Handle{Kind: credentials.KindAccessCode, Value: code})
	if err != nil {
		return "", false, nil, err
	}
	switch {
	case len(holders) == 0:
		return code, false, nil, nil
	case len(holders) == 1 && holders[0] == string(member):
		return "", true, nil, nil
	}
	return "", false, &fault{"access_code", "another member has it"}, nil
}
