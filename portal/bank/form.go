package bank

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// changeForm is what the member typed, as she typed it.
type changeForm struct {
	IBAN   string
	Holder string
	From   string // month, "2026-12"
}

// Names of the fields, in the form and in its errors.
const (
	ibanField   = "iban"
	holderField = "holder"
	fromField   = "from"
)

const monthLayout = "2006-01"

func readForm(c *gin.Context) changeForm {
	return changeForm{
		IBAN:   strings.TrimSpace(page.Typed(c, ibanField)),
		Holder: strings.Join(strings.Fields(page.Typed(c, holderField)), " "),
		From:   page.Typed(c, fromField),
	}
}

// facts is what the store knows before the member types anything.
type facts struct {
	person  Person
	current *Account // nil: none yet
}

func (b *Bank) facts(ctx context.Context, login auth.Login) (facts, error) {
	person, err := b.Store.Person(ctx, login)
	if err != nil {
		return facts{}, fmt.Errorf("reading who asks: %w", err)
	}
	accounts, err := b.Store.Accounts(ctx, login)
	if err != nil {
		return facts{}, fmt.Errorf("reading accounts: %w", err)
	}
	f := facts{person: person}
	for i := range accounts {
		if accounts[i].Purpose == Benefits {
			f.current = &accounts[i]
		}
	}
	return f, nil
}

// answers checks a form. It returns the change as it will be signed, or what is wrong
// with each field.
func (b *Bank) answers(v page.View, form changeForm, known facts) (document.BankChange, []page.FieldError, error) {
	var wrong []page.FieldError
	refuse := func(field, text string) { wrong = append(wrong, page.FieldError{Field: field, Text: text}) }

	iban, err := ParseIBAN(form.IBAN)
	switch {
	case err != nil:
		refuse(ibanField, ibanText(v, err))
	case known.current != nil && known.current.IBAN == iban:
		refuse(ibanField, v.T("bank.error.iban.same"))
	}
	act := document.BankChange{
		Language: document.Language(v.Lang), Mutuality: b.Mutuality, Date: b.today(),
		Member:  document.Person{Name: known.person.Name, Birth: known.person.Birth, Affiliation: known.person.Affiliation},
		NewIBAN: string(iban), Holder: form.Holder,
	}
	act.BIC, act.Bank = BankOf(iban)
	if known.current != nil {
		act.ReplacesLast4, act.AccountVersion = known.current.IBAN.Last4(), known.current.Version
	}
	text, err := holderText(v, act)
	if err != nil {
		return document.BankChange{}, nil, err
	}
	if text != "" {
		refuse(holderField, text)
	}
	if act.From = b.month(form.From); act.From.IsZero() {
		refuse(fromField, v.T("bank.error.from"))
	}
	return act, wrong, nil
}

// month finds a chosen month among those offered; zero if it is none of them.
func (b *Bank) month(chosen string) time.Time {
	for _, m := range b.months() {
		if m.Format(monthLayout) == chosen {
			return m
		}
	}
	return time.Time{}
}

// ibanText says what to do about a number that does not hold.
func ibanText(v page.View, err error) string {
	var e IBANError
	if !errors.As(err, &e) {
		return v.T("bank.error.iban.character")
	}
	country, want := locale.A("country", e.Country), locale.A("want", e.Want)
	switch e.Problem {
	case Missing:
		return v.T("bank.error.iban.missing")
	case NoCountry:
		return v.T("bank.error.iban.country")
	case UnknownCountry:
		return v.T("bank.error.iban.unknown", country)
	case TooShort:
		return v.TN("bank.error.iban.short", e.Want-e.Have, want)
	case TooLong:
		if e.Want == 0 {
			return v.T("bank.error.iban.toolong")
		}
		return v.TN("bank.error.iban.long", e.Have-e.Want, want)
	case WrongShape:
		return v.T("bank.error.iban.shape")
	case WrongDigits:
		return v.T("bank.error.iban.digits")
	}
	return v.T("bank.error.iban.character")
}

// holderText asks the document whether the holder's name can stand in it, so that the
// form and the document never disagree. The other fields are filled for the question.
func holderText(v page.View, act document.BankChange) (string, error) {
	act.Reference, act.NewIBAN, act.BIC, act.Bank, act.From = "GC", "BE68539007547034", "", "", act.Date
	err := act.Validate()
	var field *document.FieldError
	switch {
	case err == nil:
		return "", nil
	case !errors.As(err, &field) || field.Field != "holder":
		return "", fmt.Errorf("the member's own data cannot stand in a document: %w", err)
	}
	switch field.Reason {
	case document.ErrMissing:
		return v.T("bank.error.holder.missing"), nil
	case document.ErrTooLong:
		return v.T("bank.error.holder.long"), nil
	case document.ErrNationalNumber:
		return v.T("bank.error.holder.number"), nil
	case document.ErrGlyph:
		return v.T("bank.error.holder.letters"), nil
	}
	return v.T("bank.error.holder.character"), nil
}
