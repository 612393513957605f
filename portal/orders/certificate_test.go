package orders

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/areatest"
	"guichet.example/portal/people"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// fakeIssuer keeps what it was given to seal.
type fakeIssuer struct {
	acts map[string]document.EHICCertificate
	err  error
}

func (f *fakeIssuer) Issue(_ context.Context, _ auth.Login, act document.Act, key string) (string, error) {
	if f.err != nil {
		return "", f.err
	}
	if err := act.WithReference("GC-1").Validate(); err != nil {
		return "", err
	}
	f.acts[key] = act.(document.EHICCertificate)
	return "document-of-" + key, nil
}

func certificateOf(t *testing.T, member, given, surname string) Certificate {
	t.Helper()
	number, err := nrn.Parse("85.07.30-033.28")
	if err != nil {
		t.Fatal(err)
	}
	return Certificate{Person: people.Person{Member: auth.MemberID(member), Name: given + " " + surname}, Surname: surname, GivenNames: given,
		Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC), Number: number, Institution: "319000", Card: "80056000000000000001",
		Expiry: time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC), Until: time.Date(2027, 2, 20, 0, 0, 0, 0, time.UTC)}
}

func wantText(t *testing.T, p *areatest.Page, parts ...string) {
	t.Helper()
	got := strings.ReplaceAll(p.Text("main"), "\u00a0", " ")
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in %q", part, got)
		}
	}
}

func TestCertificateRefuses(t *testing.T) {
	d := newDesk(t)
	none := d.Get(certificatePath)
	wantText(t, none, "Aucun certificat possible maintenant")
	if len(none.All("input[name=person]")) > 0 {
		t.Error("a certificate is offered to who may have none")
	}
	d.store.certificates = []Certificate{certificateOf(t, "mathieu", "Mathieu", "Delcourt")}
	if a := d.Post(certificatePath, url.Values{personField: {"nora"}}); !errors.Is(a.Err, people.ErrNotVisible) || len(d.issuer.acts) != 0 {
		t.Errorf("for another: %v, %v", a.Err, d.issuer.acts)
	}
	d.issuer.err = signing.ErrSealKey
	if a := d.Post(certificatePath, url.Values{personField: {"mathieu"}}); a.Status != http.StatusServiceUnavailable {
		t.Errorf("seal away: %d", a.Status)
	}
	d.issuer.err = nil
	d.store.certificates[0].Surname = "ד"
	a := d.Post(certificatePath, url.Values{personField: {"mathieu"}})
	if a.Status != http.StatusUnprocessableEntity {
		t.Errorf("letters we lack: %d", a.Status)
	}
	wantText(t, a, "Nous ne pouvons pas imprimer ce nom")
}

// The certificate has the fields of the European form, in the language of the page, from
// today to the last day that the insurance system gives; names are cut as on the card.
func TestCertificate(t *testing.T) {
	d := newDesk(t)
	d.store.certificates = []Certificate{certificateOf(t, "mathieu", strings.Repeat("Anne ", 8)+"Marie", "Delcourt")}
	wantText(t, d.Get(certificatePath), "Valable jusqu’au 20 février 2027", "Le numéro national de la personne y figure")
	form := url.Values{personField: {"mathieu"}, "key": {"k1"}}
	if to := d.Post(certificatePath, form).Location(); !strings.Contains(to, "documents/document-of-") {
		t.Fatalf("leads to %q", to)
	}
	for _, a := range d.issuer.acts {
		if a.Surname != "Delcourt" || len(a.GivenNames) > document.MaxEHICGiven || strings.HasSuffix(a.GivenNames, " ") || a.Number != "85073003328" || a.State != "BE" ||
			a.Institution != "319000" || a.Card != "80056000000000000001" || !a.From.Equal(areatest.Noon.Truncate(24*time.Hour)) || a.Until.Day() != 20 || a.Language != document.FR {
			t.Errorf("certificate %+v", a)
		}
	}
}
