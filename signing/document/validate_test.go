package document

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Refusals of a bank change: one field differs from what is accepted.
func TestValidateRefusesBankChange(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*BankChange)
		field  string
		reason error
	}{
		{"no language", func(a *BankChange) { a.Language = "" }, "language", ErrFormat},
		{"other language", func(a *BankChange) { a.Language = "it" }, "language", ErrFormat},
		{"no reference", func(a *BankChange) { a.Reference = "" }, "reference", ErrMissing},
		{"reference with a space", func(a *BankChange) { a.Reference = "GC 1" }, "reference", ErrFormat},
		{"reference with a slash in a path", func(a *BankChange) { a.Reference = `..\x` }, "reference", ErrFormat},
		{"long reference", func(a *BankChange) { a.Reference = strings.Repeat("A", 41) }, "reference", ErrTooLong},
		{"no mutuality", func(a *BankChange) { a.Mutuality.Name = "" }, "mutuality.name", ErrMissing},
		{"no city", func(a *BankChange) { a.Mutuality.City = "" }, "mutuality.city", ErrMissing},
		{"colour by name", func(a *BankChange) { a.Mutuality.Accent = "plum" }, "mutuality.accent", ErrFormat},
		{"colour with operators", func(a *BankChange) { a.Mutuality.Accent = "#0 0 rg" }, "mutuality.accent", ErrFormat},
		{"no name", func(a *BankChange) { a.Member.Name = "" }, "member.name", ErrMissing},
		{"name of 121", func(a *BankChange) { a.Member.Name = strings.Repeat("é", 121) }, "member.name", ErrTooLong},
		{"name of 10,000", func(a *BankChange) { a.Member.Name = strings.Repeat("x", 10_000) }, "member.name", ErrTooLong},
		{"name with a line feed", func(a *BankChange) { a.Member.Name = "Mathieu\nDelcourt" }, "member.name", ErrCharacter},
		{"name with NUL", func(a *BankChange) { a.Member.Name = "Mathieu\x00" }, "member.name", ErrCharacter},
		{"name not UTF-8", func(a *BankChange) { a.Member.Name = "Andr\xe9" }, "member.name", ErrCharacter},
		{"name turned around", func(a *BankChange) { a.Member.Name = "Mathieu \u202etruocleD" }, "member.name", ErrCharacter},
		{"name with zero-width space", func(a *BankChange) { a.Member.Name = "Mat\u200bhieu" }, "member.name", ErrCharacter},
		{"name with soft hyphen", func(a *BankChange) { a.Member.Name = "Mat\u00adhieu" }, "member.name", ErrCharacter},
		{"name in Arabic", func(a *BankChange) { a.Member.Name = "محمد" }, "member.name", ErrGlyph},
		{"name in Hebrew", func(a *BankChange) { a.Member.Name = "דוד כהן" }, "member.name", ErrGlyph},
		{"name half in Arabic", func(a *BankChange) { a.Member.Name = "Ali علي" }, "member.name", ErrGlyph},
		{"Cyrillic letter under a mark", func(a *BankChange) { a.Member.Name = "Ы́" }, "member.name", ErrGlyph},
		{"name in Chinese", func(a *BankChange) { a.Member.Name = "王" }, "member.name", ErrGlyph},
		{"name with an emoji", func(a *BankChange) { a.Member.Name = "Zoë 🙂" }, "member.name", ErrGlyph},
		{"name under marks", func(a *BankChange) { a.Member.Name = "Z" + strings.Repeat("\u0316", 20) }, "member.name", ErrGlyph},
		{"name with spaces around", func(a *BankChange) { a.Member.Name = " Mathieu" }, "member.name", ErrCharacter},
		{"no birth", func(a *BankChange) { a.Member.Birth = time.Time{} }, "member.birth", ErrMissing},
		{"birth in 1066", func(a *BankChange) { a.Member.Birth = on(1066, 10, 14) }, "member.birth", ErrFormat},
		{"national number as affiliation", func(a *BankChange) { a.Member.Affiliation = "85073003328" }, "member.affiliation", ErrNationalNumber},
		{"national number in the name", func(a *BankChange) { a.Member.Name = "Mathieu Delcourt 85.07.30-033.28" }, "member.name", ErrNationalNumber},
		{"no date", func(a *BankChange) { a.Date = time.Time{} }, "date", ErrMissing},
		{"no IBAN", func(a *BankChange) { a.NewIBAN = "" }, "newIBAN", ErrFormat},
		{"IBAN wrong by one digit", func(a *BankChange) { a.NewIBAN = "BE68539007547035" }, "newIBAN", ErrFormat},
		{"IBAN in fours", func(a *BankChange) { a.NewIBAN = "BE68 5390 0754 7034" }, "newIBAN", ErrFormat},
		{"IBAN in lower case", func(a *BankChange) { a.NewIBAN = "be68539007547034" }, "newIBAN", ErrFormat},
		{"short BIC", func(a *BankChange) { a.BIC = "GKCC" }, "bic", ErrFormat},
		{"BIC in lower case", func(a *BankChange) { a.BIC = "gkccbebb" }, "bic", ErrFormat},
		{"no holder", func(a *BankChange) { a.Holder = "" }, "holder", ErrMissing},
		{"no day", func(a *BankChange) { a.From = time.Time{} }, "from", ErrMissing},
		{"whole old account", func(a *BankChange) { a.ReplacesLast4 = "BE71096123456769" }, "replacesLast4", ErrFormat},
		{"three characters of it", func(a *BankChange) { a.ReplacesLast4 = "769" }, "replacesLast4", ErrFormat},
		{"negative version", func(a *BankChange) { a.AccountVersion = -1 }, "accountVersion", ErrFormat},
		{"twenty-one dependants", func(a *BankChange) { a.AlsoFor = make([]string, 21) }, "alsoFor", ErrTooMany},
		{"dependant without name", func(a *BankChange) { a.AlsoFor = []string{""} }, "alsoFor", ErrMissing},
	} {
		a := bankChange(FR)
		test.change(&a)
		checkRefused(t, test.name, a, test.field, test.reason)
	}
}

func TestValidateRefusesEHICOrder(t *testing.T) {
	never := time.Time{}
	for _, test := range []struct {
		name   string
		change func(*EHICOrder)
		field  string
		reason error
	}{
		{"for nobody", func(a *EHICOrder) { a.ForPersons = nil }, "forPersons", ErrTooMany},
		{"for twenty-one", func(a *EHICOrder) { a.ForPersons = make([]string, 21) }, "forPersons", ErrTooMany},
		{"one address line", func(a *EHICOrder) { a.DeliverTo = []string{"Rue de la Paix 7"} }, "deliverTo", ErrTooMany},
		{"seven address lines", func(a *EHICOrder) { a.DeliverTo = make([]string, 7) }, "deliverTo", ErrTooMany},
		{"long address line", func(a *EHICOrder) { a.DeliverTo = []string{"x", strings.Repeat("x", 101)} }, "deliverTo", ErrTooLong},
		{"departure without day", func(a *EHICOrder) { a.Departure = &never }, "departure", ErrMissing},
		{"return without day", func(a *EHICOrder) { a.Return = &never }, "return", ErrMissing},
		{"return before departure", func(a *EHICOrder) { back := a.Departure.AddDate(0, 0, -1); a.Return = &back }, "return", ErrFormat},
		{"return without departure", func(a *EHICOrder) { a.Return, a.Departure = a.Departure, nil }, "return", ErrFormat},
		{"return more than a year later", func(a *EHICOrder) { back := a.Departure.AddDate(1, 0, 1); a.Return = &back }, "return", ErrFormat},
		{"country over two lines", func(a *EHICOrder) { a.Country = "a\r\nb" }, "country", ErrCharacter},
	} {
		a := ehicOrder(FR)
		test.change(&a)
		checkRefused(t, test.name, a, test.field, test.reason)
	}
}

// checkRefused wants the same error from all who take an act, and no value in it.
func checkRefused(t *testing.T, name string, a Act, field string, reason error) {
	t.Helper()
	_, marshalErr := Marshal(a)
	_, drawErr := Draw(a, created)
	for by, err := range map[string]error{"Validate": a.Validate(), "Marshal": marshalErr, "Draw": drawErr} {
		var f *FieldError
		if !errors.As(err, &f) || f.Field != field || !errors.Is(err, reason) {
			t.Errorf("%s: %s = %v, want %s %v", name, by, err, field, reason)
		} else if want := field + " " + reason.Error(); err.Error() != want {
			t.Errorf("%s: %s says %q, want %q", name, by, err, want)
		}
	}
}

func TestDrawRefusesTimeOutOfRange(t *testing.T) {
	for _, at := range []time.Time{{}, on(1999, 12, 31), on(2201, 1, 1)} {
		if _, err := Draw(bankChange(FR), at); !errors.Is(err, ErrFormat) {
			t.Errorf("Draw(created %v) = %v, want %v", at, err, ErrFormat)
		}
	}
}

func TestNationalNumbersAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		"85073003328":                 true,
		"85.07.30-033.28":             true,
		"85 07 30 033 28":             true,
		"n° 850730-033-28, Liège":     true,
		"17 07 30 033 84":             true, // born in 2017: a 2 before the nine digits
		"85273003371":                 true, // BIS number: month plus 20
		"85073003329":                 false,
		"850730033281":                false, // twelve digits
		"85.13.30-033.73":             false, // no such month
		"0800 00 142":                 false,
		"Rue de la Paix 7, 4020 Lieg": false,
	} {
		if got := holdsNationalNumber(text); got != want {
			t.Errorf("holdsNationalNumber(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestIBAN(t *testing.T) {
	// The examples of the SWIFT IBAN registry.
	for iban, want := range map[string]bool{
		"BE68539007547034":                true,
		"NL91ABNA0417164300":              true,
		"DE89370400440532013000":          true,
		"FR1420041010050500013M02606":     true,
		"LU280019400644750000":            true,
		"MT84MALT011000012345MTLCAST001S": true,
		"NO9386011117947":                 true,
		"BE68539007547043":                false, // two digits swapped
		"6853BE9007547034":                false,
		"BE6853900754703":                 false,
		"":                                false,
	} {
		if got := isIBAN(iban); got != want {
			t.Errorf("isIBAN(%q) = %v, want %v", iban, got, want)
		}
	}
}

// Names as they stand on cards of people who live in Belgium can all be drawn.
func TestNamesOfManyCountriesAreDrawn(t *testing.T) {
	for _, name := range []string{
		"Anne-Sophie D’Hondt", "Noëlle Lefèbvre-Ûbeda", "Jürgen Weiß", "Łukasz Żółć", "Jiří Dvořák",
		"Ioan Țuțuianu", "Gülşen Yıldırım", "Ġorġ Ħaddiem", "Siân Ŵyn", "Γιώργος Παπαδόπουλος", "Олена Ґудзь",
		"Nguyễn Thị Hương", "Ọláolúwa Adébáyọ", "Mathieu Delcourt", "Ngũgĩ", "Māris Kļaviņš",
	} {
		a := bankChange(FR)
		a.Member.Name = name
		if err := a.Validate(); err != nil {
			t.Errorf("Validate() with name %q: %v", name, err)
		}
	}
}
