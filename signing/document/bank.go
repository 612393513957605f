package document

import "time"

// BankChange asks that payments go to another account from a given day.
type BankChange struct {
	Reference string // of the request: ASCII letters, digits and - . / , at most 40
	Language  Language
	Mutuality Mutuality
	Member    Person
	Date      time.Time // calendar date of the request

	NewIBAN string // compact, upper case, check digits correct
	BIC     string // optional, 8 or 11 characters
	Bank    string // optional name of the bank
	Holder  string // of the new account

	From time.Time // calendar date of the first payment to the new account

	ReplacesLast4  string   // last four characters of the old account; empty if there is none
	AccountVersion int      // version of the account record this request was made against; 0 or more
	AlsoFor        []string // optional names of the dependants paid on the same account, at most 20
}

// Kind returns KindBankChange.
func (BankChange) Kind() Kind { return KindBankChange }

// Validate returns a *FieldError for the first field that does not hold.
func (a BankChange) Validate() error {
	var c checker
	c.head(a.Reference, a.Language, a.Mutuality, a.Member, a.Date)
	c.that("newIBAN", isIBAN(a.NewIBAN))
	c.that("bic", a.BIC == "" || (len(a.BIC) == 8 || len(a.BIC) == 11) && isUpperAlphanumeric(a.BIC))
	c.optional("bank", a.Bank, maxName)
	c.text("holder", a.Holder, maxName)
	c.date("from", a.From)
	c.that("replacesLast4", a.ReplacesLast4 == "" || len(a.ReplacesLast4) == 4 && isUpperAlphanumeric(a.ReplacesLast4))
	c.that("accountVersion", a.AccountVersion >= 0 && a.AccountVersion < maxVersion)
	c.list("alsoFor", a.AlsoFor, 0, maxPersons, maxName)
	return c.err
}

// Sheet composes the letter.
func (a BankChange) Sheet() Sheet {
	l := a.Language
	s := compose(l, a.Mutuality, a.Member, a.Reference, a.Date, bankTitle)
	s.text(bankAsk.in(l, "{mutuality}", a.Mutuality.Name))
	rows := []Row{{bankIBAN.in(l), fours(a.NewIBAN)}}
	if a.BIC != "" {
		rows = append(rows, Row{bankBIC.in(l), a.BIC})
	}
	if a.Bank != "" {
		rows = append(rows, Row{bankName.in(l), a.Bank})
	}
	rows = append(rows, Row{bankHolder.in(l), a.Holder}, Row{bankFrom.in(l), date(l, a.From)})
	if a.ReplacesLast4 != "" {
		rows = append(rows, Row{bankReplaces.in(l), bankLast4.in(l, "{last}", a.ReplacesLast4)})
	}
	s.rows(rows...)
	if len(a.AlsoFor) > 0 {
		s.text(bankAlso.in(l, "{names}", enumerate(l, a.AlsoFor)))
	}
	pending := bankPending.in(l)
	if a.ReplacesLast4 != "" {
		pending += " " + bankUntil.in(l)
	}
	s.text(pending)
	return s
}
