package soak

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/portal"
)

// lie is a way in which the services of the cards say nothing that counts.
type lie struct {
	service certstest.Service
	fault   certstest.Fault
}

// lies are all ways in which OCSP and CRL services misbehave.
func lies() []lie {
	var all []lie
	for _, s := range []certstest.Service{certstest.OCSP, certstest.CRL} {
		for _, f := range s.Faults() {
			all = append(all, lie{s, f})
		}
	}
	return all
}

func (l lie) String() string { return string(l.service) + " " + string(l.fault) }

// tell makes the services lie and gives the visitor a server that knows nothing yet.
func (in *inside) tell(t *testing.T, l lie, v *visitor) *portal.Portal {
	t.Helper()
	server := in.serveOn(t, in.portal(t, l), []*visitor{v})
	if err := in.services.Control().Set(l.service, l.fault); err != nil {
		t.Fatal(err)
	}
	return server
}

// TestNoStatus: while nobody says that a card is good (F8), nobody signs in and nothing
// is prepared; what a card has signed already is kept, not in force, at B-B, and raised
// without the card once somebody does. It is never called good before.
func TestNoStatus(t *testing.T) {
	t.Parallel()
	in := openInside(t, 1, 3*time.Hour)
	in.serve(t)
	v := in.visitor(0)
	for _, l := range lies() {
		t.Run(l.String(), func(t *testing.T) {
			in.serve(t, v)
			clear(v.cookies)
			v.begin("orders")
			if err := v.until(t.Context(), read); err != nil {
				t.Fatal(err)
			}
			in.refusesSignIn(t, l)
			in.refusesPrepare(t, l, v)
			in.keepsPending(t, l, v)
		})
	}
	in.serve(t, v)
	in.gather(t, []*visitor{v}).check(true).report(t)
	in.logHoldsNoSecrets(t)
}

func (in *inside) refusesSignIn(t *testing.T, l lie) {
	t.Helper()
	other := in.visitor(0)
	in.tell(t, l, other)
	err := other.signIn(t.Context())
	refusedAs(err, http.StatusServiceUnavailable, "status_unknown").report(t)
	if other.signedIn() {
		t.Errorf("%s: signed in", l)
	}
}

func (in *inside) refusesPrepare(t *testing.T, l lie, v *visitor) {
	t.Helper()
	in.tell(t, l, v)
	err := v.step(t.Context())
	refusedAs(err, http.StatusServiceUnavailable, "status_unknown").report(t)
	for _, path := range []string{"/fr/home", "/fr/requests/" + v.errand.request} { // pages go on
		if a, err := v.get(t.Context(), path); err != nil || a.status != http.StatusOK {
			t.Errorf("%s while %s: %d, %v", path, l, a.status, err)
		}
	}
}

// keepsPending prepares while all is well and completes while it is not.
func (in *inside) keepsPending(t *testing.T, l lie, v *visitor) {
	t.Helper()
	in.serve(t, v)
	if err := v.until(t.Context(), prepare); err != nil {
		t.Fatal(err)
	}
	server := in.tell(t, l, v)
	began := time.Now()
	e := v.errand
	if err := v.until(t.Context(), complete); err != nil {
		t.Fatalf("%s: completing: %v", l, err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("%s: completing took %v", l, took)
	}
	in.isPending(t, v, e)
	in.clock.advance(46 * time.Second) // half a minute, and up to half of that
	if took := in.round(t, server); took != 1 {
		t.Errorf("%s: %d documents tried again after 46 s, want 1", l, took)
	}
	in.isPending(t, v, e)
	server = in.serve(t, v)
	in.clock.advance(91 * time.Second)
	if took := in.round(t, server); took != 1 {
		t.Errorf("%s: %d documents tried again when all is well, want 1", l, took)
	}
	in.isRaised(t, v, e, "signed")
	if err := v.finish(t.Context()); err != nil {
		t.Error(err)
	}
}

// isPending wants pages to say that the signature is kept and not in force, and
// nothing to call it good.
func (in *inside) isPending(t *testing.T, v *visitor, e *errand) {
	t.Helper()
	pending(v.page(t, e.next), v.page(t, "/fr/requests/"+e.request)).report(t)
	document, err := v.documentOf(t.Context(), e.request)
	if err != nil {
		t.Fatal(err)
	}
	v.isCalled(t, document, "B-B", "Contrôle en cours", "Contrôle pas encore terminé")
}

func pending(done, request answer) (f findings) {
	if text := done.text(); !strings.Contains(text, "pas en vigueur") || !strings.Contains(text, "carte à contrôler") {
		f.add("done page of a pending request: %s", text)
	}
	if s := request.badge(); s != "pending" {
		f.add("request is %s, want pending", s)
	}
	return f
}

// isRaised wants the document at B-LTA, valid, and its request in that state.
func (in *inside) isRaised(t *testing.T, v *visitor, e *errand, state string) {
	t.Helper()
	if s := v.page(t, "/fr/requests/"+e.request).badge(); s != state {
		t.Errorf("request is %s, want %s", s, state)
	}
	document, err := v.documentOf(t.Context(), e.request)
	if err != nil {
		t.Fatal(err)
	}
	v.isCalled(t, document, "B-LTA", "Signature valide", "Signature valide")
}

// isCalled looks at both pages of a document.
func (v *visitor) isCalled(t *testing.T, document, level, status, verdict string) {
	t.Helper()
	report, err := v.report(t.Context(), document)
	if err != nil {
		t.Fatal(err)
	}
	called(v.page(t, "/fr/documents/"+document), report, level, status, verdict).report(t)
}

// called wants the pages of a document to name that level, status and verdict, and the
// time attested only where a timestamp attests it.
func called(page, report answer, level, status, verdict string) (f findings) {
	if got := page.level(); got != level || !strings.Contains(page.text(), status) {
		f.add("document page says %s, want %s and %q: %s", got, level, status, page.text())
	}
	text := report.text()
	if got := report.level(); got != level || report.heading() != verdict {
		f.add("report says %s, want %s and %q: %s", got, level, verdict, text)
	}
	if attested := strings.Contains(text, "heure attestée par"); attested != (level != "B-B") {
		f.add("report of a %s document: time attested %v", level, attested)
	}
	return f
}

// page gets a page that must be there.
func (v *visitor) page(t *testing.T, path string) answer {
	t.Helper()
	a, err := v.get(t.Context(), path)
	if err := expect(path, http.StatusOK, a, err); err != nil {
		t.Fatal(err)
	}
	return a
}
