package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/portal/account"
	"guichet.example/portal/bank"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
)

// maxImportLine bounds one line of an import, in bytes.
const maxImportLine = 64 << 10

// errRejected means an import has wrong lines; those before it on standard error say
// which, and nothing was written.
var errRejected = errors.New("nothing was imported")

// memberLine is one line of an import: a member as the insurance system delivers her.
type memberLine struct {
	NationalNumber string       `json:"national_number"` // required, any of the three spellings
	Affiliation    string       `json:"affiliation"`     // required, the number on the member card
	GivenNames     string       `json:"given_names"`     // required
	Surname        string       `json:"surname"`         // required
	Birth          day          `json:"birth"`
	Street         string       `json:"street"` // with number and box
	Postcode       string       `json:"postcode"`
	Municipality   string       `json:"municipality"`
	Country        string       `json:"country"` // ISO 3166-1 alpha-2; empty: BE
	Email          string       `json:"email"`
	Phone          string       `json:"phone"`       // "+3243221100"
	Language       string       `json:"language"`    // required: fr, nl, de or en
	AccessCode     string       `json:"access_code"` // printed on card or statements; none: not changed
	Since          day          `json:"since"`
	Account        *accountLine `json:"account"` // on which benefits are paid; none: not changed
}

type accountLine struct {
	IBAN   string `json:"iban"`
	Holder string `json:"holder"`
	Since  day    `json:"since"`
}

// day is a calendar date written 2026-11-22; empty is the zero time.
type day time.Time

func (d *day) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return errors.New("a date is written 2026-11-22") // err would quote a birth date
	}
	*d = day(t)
	return nil
}

// newcomer is a line that was found right.
type newcomer struct {
	member     account.Member
	accounts   []bank.Account
	accessCode string // as credentials reads it; empty: none
}

// readMembers reads one JSON object a line, empty lines aside, and writes to rejects
// what is wrong with which line; never what stands in it.
func readMembers(r io.Reader, rejects io.Writer) ([]newcomer, error) {
	var list []newcomer
	wrong, first, codes := 0, map[nrn.Number]int{}, map[string]int{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxImportLine)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		one, err := parseMember(lines.Bytes())
		if earlier := first[one.member.NationalNumber]; err == nil && earlier > 0 {
			err = fmt.Errorf("same national number as line %d", earlier)
		}
		if earlier := codes[one.accessCode]; err == nil && one.accessCode != "" && earlier > 0 {
			err = fmt.Errorf("same access code as line %d", earlier)
		}
		if err != nil {
			wrong++
			fmt.Fprintf(rejects, "line %d: %v\n", n, err)
			continue
		}
		first[one.member.NationalNumber], codes[one.accessCode] = n, n
		list = append(list, one)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if wrong > 0 {
		return nil, fmt.Errorf("%d lines are wrong: %w", wrong, errRejected)
	}
	return list, nil
}

func parseMember(line []byte) (newcomer, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	var m memberLine
	if err := decoder.Decode(&m); err != nil {
		return newcomer{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return newcomer{}, errors.New("something follows the member")
	}
	for _, required := range []struct{ key, value string }{
		{"affiliation", m.Affiliation}, {"given_names", m.GivenNames}, {"surname", m.Surname},
	} {
		if required.value == "" {
			return newcomer{}, fmt.Errorf("%q is required", required.key)
		}
	}
	if _, known := locale.Parse(m.Language); !known {
		return newcomer{}, errors.New(`"language" is fr, nl, de or en`)
	}
	number, err := nrn.Parse(m.NationalNumber)
	if err != nil {
		return newcomer{}, fmt.Errorf("%q: %w", "national_number", err)
	}
	if m.Country == "" {
		m.Country = "BE"
	}
	n := newcomer{member: account.Member{
		Affiliation: m.Affiliation, NationalNumber: number, GivenNames: m.GivenNames, Surname: m.Surname,
		Birth: time.Time(m.Birth), Street: m.Street, Postcode: m.Postcode, Municipality: m.Municipality, Country: m.Country,
		Email: m.Email, Phone: m.Phone, Language: m.Language, Since: time.Time(m.Since),
	}}
	if m.AccessCode != "" {
		if n.accessCode, err = credentials.ParseAccessCode(m.AccessCode); err != nil {
			return newcomer{}, errors.New(`"access_code" is letters and digits, as they are printed`)
		}
	}
	if m.Account == nil {
		return n, nil
	}
	benefits, err := m.Account.parse()
	if err != nil {
		return newcomer{}, fmt.Errorf("%q: %w", "account", err)
	}
	n.accounts = []bank.Account{benefits}
	return n, nil
}

func (a *accountLine) parse() (bank.Account, error) {
	iban, err := bank.ParseIBAN(a.IBAN)
	if err != nil {
		return bank.Account{}, err
	}
	if a.Holder == "" {
		return bank.Account{}, errors.New("holder is required")
	}
	bic, name := bank.BankOf(iban)
	return bank.Account{Purpose: bank.Benefits, IBAN: iban, BIC: bic, Bank: name, Holder: a.Holder, Since: time.Time(a.Since)}, nil
}
