package document

import (
	"errors"
	"strings"
	"testing"
)

func TestEHICCertificateRefused(t *testing.T) {
	for field, change := range map[string]func(*EHICCertificate){
		"state":       func(a *EHICCertificate) { a.State = "be" },
		"surname":     func(a *EHICCertificate) { a.Surname = strings.Repeat("x", 41) },
		"givenNames":  func(a *EHICCertificate) { a.GivenNames = "" },
		"birth":       func(a *EHICCertificate) { a.Birth = on(1700, 1, 1) },
		"number":      func(a *EHICCertificate) { a.Number = "85073003329" }, // a wrong check digit
		"institution": func(a *EHICCertificate) { a.Institution = "319" },
		"card":        func(a *EHICCertificate) { a.Card = "80056 00003" },
		"until":       func(a *EHICCertificate) { a.Until = a.Expiry.AddDate(0, 0, 1) },
		"from":        func(a *EHICCertificate) { a.From = on(1, 1, 1) },
	} {
		a := ehicCertificate(FR)
		change(&a)
		var wrong *FieldError
		if err := a.Validate(); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	turned := ehicCertificate(FR)
	turned.From, turned.Until = turned.Until, turned.From
	if turned.Validate() == nil {
		t.Error("a certificate that ends before it begins")
	}
	if err := ehicCertificate(FR).Validate(); err != nil {
		t.Error(err)
	}
}

// The fields of the European form stand on it in their order, with the holder's number and
// dates as on the card.
func TestEHICCertificateFields(t *testing.T) {
	all := strings.Join(ehicCertificate(EN).Sheet().Texts(), "\n")
	at := 0
	for _, part := range []string{"BE", "Delcourt", "Nora", "29/02/1988", "88022901012", "319000", "80056000000123456789", "31/12/2027", "20/11/2026", "18/02/2027", "20/11/2026", "Sealed by Mutualité des Tilleuls"} {
		next := strings.Index(all[at:], part)
		if next < 0 {
			t.Fatalf("no %q after %q", part, all[:at])
		}
		at += next + len(part)
	}
}
