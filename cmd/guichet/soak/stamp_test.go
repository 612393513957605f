package soak

import (
	"net/http"
	"testing"
	"time"

	"guichet.example/certs/certstest"
)

// TestNoTimestamp: whatever a timestamping authority does wrong (F9), the signature is
// made, kept at B-B and told so; attempts to raise it come ever later; it is raised
// without the card when the authority is well, and never called timestamped before.
func TestNoTimestamp(t *testing.T) {
	t.Parallel()
	in := openInside(t, 2, 6*time.Hour)
	v := in.visitor(1)
	for _, fault := range certstest.TSA.Faults() {
		t.Run(string(fault), func(t *testing.T) { in.withoutTimestamp(t, v, lie{certstest.TSA, fault}) })
	}
	in.serve(t, v)
	in.gather(t, []*visitor{v}).check(true).report(t)
	in.logHoldsNoSecrets(t)
}

func (in *inside) withoutTimestamp(t *testing.T, v *visitor, l lie) {
	control := in.services.Control()
	in.serve(t, v)
	v.begin("bank")
	if err := v.until(t.Context(), prepare); err != nil {
		t.Fatal(err)
	}
	server := in.tell(t, l, v)
	e := v.errand
	began := time.Now()
	if err := v.until(t.Context(), complete); err != nil {
		t.Fatalf("completing: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("completing took %v", took)
	}
	in.isUnstamped(t, v, e)
	// From the first failure on: half a minute, a minute, two, each and up to half more.
	for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
		in.clock.advance(wait - 2*time.Second)
		if took := in.round(t, server); took != 0 {
			t.Errorf("tried again before %v were over", wait)
		}
		asked := control.Requests(certstest.TSA)
		in.clock.advance(wait/2 + 4*time.Second)
		if took := in.round(t, server); took != 1 || control.Requests(certstest.TSA) != asked+1 {
			t.Errorf("after %v: %d documents, %d requests, want one", wait*3/2, took, control.Requests(certstest.TSA)-asked)
		}
		in.isUnstamped(t, v, e)
	}
	server = in.serve(t, v)
	in.clock.advance(7 * time.Minute)
	if took := in.round(t, server); took != 1 {
		t.Errorf("%d documents raised when all is well, want 1", took)
	}
	in.isRaised(t, v, e, "signed")
	if err := v.finish(t.Context()); err != nil {
		t.Error(err)
	}
}

// isUnstamped wants the request signed, and its document at B-B and told so.
func (in *inside) isUnstamped(t *testing.T, v *visitor, e *errand) {
	t.Helper()
	if s := v.page(t, "/fr/requests/"+e.request).badge(); s != "signed" {
		t.Errorf("request is %s, want signed", s)
	}
	document, err := v.documentOf(t.Context(), e.request)
	if err != nil {
		t.Fatal(err)
	}
	v.isCalled(t, document, "B-B", "L’heure et les preuves s’ajoutent bientôt.", "Contrôle pas encore terminé")
}

// TestRevoked: a card that is withdrawn is refused at each step (F8), also between the
// signature and its storing; and a signature whose card turns out to have been
// withdrawn is no good.
func TestRevoked(t *testing.T) {
	t.Parallel()
	in := openInside(t, 5, 3*time.Hour)
	in.serve(t)
	var all []*visitor
	next := func(i int) *visitor {
		v := in.visitor(i)
		v.begin("bank")
		all = append(all, v)
		return v
	}
	withdraw := func(v *visitor) {
		for _, pair := range []certstest.KeyPair{v.card.Authentication, v.card.Signature} {
			if err := in.services.Revoke(pair.Certificate, time.Time{}, 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	v := next(0)
	withdraw(v)
	refusedAs(v.signIn(t.Context()), http.StatusForbidden, "cert_revoked").report(t)
	if v.signedIn() {
		t.Error("a withdrawn card signs in")
	}
	all = nil // and so she cannot be asked what she sees

	v = next(1)
	must(v.until(t.Context(), read))
	withdraw(v)
	refusedAs(v.step(t.Context()), http.StatusUnprocessableEntity, "cert_revoked").report(t)

	v = next(2)
	must(v.until(t.Context(), prepare))
	withdraw(v)
	refusedAs(v.step(t.Context()), http.StatusUnprocessableEntity, "cert_revoked").report(t)
	if s := v.page(t, "/fr/requests/"+v.errand.request).badge(); s != "to-sign" {
		t.Errorf("request is %s, want to-sign", s)
	}

	v = next(3)
	must(v.until(t.Context(), prepare))
	server := in.tell(t, lie{certstest.OCSP, certstest.Down}, v)
	e := v.errand
	must(v.until(t.Context(), complete))
	in.isPending(t, v, e)
	withdraw(v)
	in.services.Control().Reset()
	in.clock.advance(46 * time.Second)
	if took := in.round(t, server); took != 1 {
		t.Errorf("%d documents looked at again, want 1", took)
	}
	if s := v.page(t, "/fr/requests/"+e.request).badge(); s != "rejected" {
		t.Errorf("request is %s, want rejected", s)
	}
	document, err := v.documentOf(t.Context(), e.request)
	must(err)
	v.isCalled(t, document, "B-B", "Signature non valable", "Signature non valable")

	in.serve(t, all...)
	in.gather(t, all).check(false).report(t)
	in.logHoldsNoSecrets(t)
}

// TestBreaker: a service that is down is asked at most five times in a row, and pages
// that need none are served meanwhile.
func TestBreaker(t *testing.T) {
	t.Parallel()
	in := openInside(t, 2, time.Hour)
	in.serve(t)
	member := in.visitor(0)
	if err := member.signIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	in.tell(t, lie{certstest.OCSP, certstest.Down}, member)
	before := in.services.Control().Requests(certstest.OCSP)
	for range 12 {
		refusedAs(in.visitor(1).signIn(t.Context()), http.StatusServiceUnavailable, "status_unknown").report(t)
	}
	if asked := in.services.Control().Requests(certstest.OCSP) - before; asked == 0 || asked > 5 {
		t.Errorf("a dead service was asked %d times, want 1 to 5", asked)
	}
	member.page(t, "/fr/home")
	in.services.Control().Reset()
	in.clock.advance(6 * time.Second)
	if err := in.visitor(1).signIn(t.Context()); err != nil {
		t.Errorf("with the service well again: %v", err)
	}
}
