package requests

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
)

// patience is how long services may take on a busy machine.
const patience = 5 * time.Second

// serviced is a desk whose OCSP, CRL and timestamp services answer over HTTP. It waits
// for all of them with patience, but for one that is known to be slow.
func serviced(t *testing.T, pki *certstest.Server, card certstest.Card, slow certstest.Service) *desk {
	t.Helper()
	wait := map[certstest.Service]time.Duration{certstest.OCSP: patience, certstest.TSA: patience, slow: 200 * time.Millisecond}
	d := &desk{store: newMemory(), now: time.Now(), deck: deck{pki: pki.PKI, mathieu: card}}
	client := &http.Client{Timeout: patience}
	checker, err := revocation.New(revocation.Config{Client: client, Hosts: pki.Hosts(), Timeout: wait[certstest.OCSP]})
	if err != nil {
		t.Fatal(err)
	}
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{pki.TSAURL()}, Client: client, Anchors: pki.Anchors(), Timeout: wait[certstest.TSA]})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	d.Signing = &Signing{Store: d.store, Anchors: pki.Anchors(), Revocation: checker, Now: time.Now, Rand: rand.Reader, Log: log}
	d.Raiser = &Raiser{Store: d.store, Anchors: pki.Anchors(), Revocation: checker, Now: time.Now, Log: log,
		Extender: &signing.Extender{TSA: tsa, Revocation: checker, Anchors: pki.Anchors()}}
	d.login = loginOf(t, card)
	return d
}

// use takes over the services of another desk.
func (d *desk) use(o *desk) {
	d.Signing.Revocation, d.Raiser.Revocation, d.Raiser.Extender = o.Signing.Revocation, o.Raiser.Revocation, o.Raiser.Extender
}

// level verifies the newest bytes of the one document there is.
func (d *desk) level(t *testing.T) (signing.Level, bool) {
	t.Helper()
	var pdf []byte
	for _, r := range d.store.raised {
		if pdf == nil {
			pdf = r.Raise.PDF
		}
		if r.PDF != nil {
			pdf = r.PDF
		}
	}
	report, err := signing.Verify(t.Context(), pdf, signing.Trust{Anchors: d.pki.Anchors()})
	if err != nil || len(report.Signatures) == 0 {
		t.Fatalf("Verify: %v", err)
	}
	return report.Signatures[0].Level, report.Valid()
}

// TestServicesFailAfterTheCardSigned goes through every way in which OCSP and the
// timestamp service can fail once the card has signed: the
// signature is kept, never shown as more than it is, and raised without the card when
// the service is well again.
func TestServicesFailAfterTheCardSigned(t *testing.T) {
	pki := certstest.Start(t)
	card, err := pki.Issue(certstest.Person{GivenNames: "Mathieu", Surname: "Delcourt", NationalNumber: "85073003328", Algorithm: certstest.P384})
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []certstest.Service{certstest.OCSP, certstest.TSA} {
		for _, fault := range service.Faults() {
			t.Run(string(service)+" "+string(fault), func(t *testing.T) {
				pki.Control().Reset()
				d := serviced(t, pki, *card, "")
				id := d.frozen(t)
				c, v := d.prepared(t, id, *card)
				if err := pki.Control().Set(service, fault); err != nil {
					t.Fatal(err)
				}
				if fault == certstest.Slow {
					d.use(serviced(t, pki, *card, service))
				}
				r, err := d.Complete(t.Context(), d.login, id, c.Preparation, v)
				if err != nil {
					t.Fatalf("Complete: %v", err)
				}
				if want := map[certstest.Service]State{certstest.OCSP: Pending, certstest.TSA: Signed}[service]; r.State != want {
					t.Errorf("state is %s, want %s", r.State, want)
				}
				if err := d.round(t); err != nil {
					t.Fatal(err)
				}
				if level, valid := d.level(t); level > signing.LevelB || valid {
					t.Errorf("while the service fails: %v, valid %v", level, valid)
				}
				pki.Control().Reset()
				// A service that failed is asked again after a few seconds: a new checker is
				// what time would bring.
				d.use(serviced(t, pki, *card, ""))
				if err := d.round(t); err != nil {
					t.Fatal(err)
				}
				if level, valid := d.level(t); level != signing.LevelLTA || !valid {
					t.Errorf("after the service is well: %v, valid %v, cause %q", level, valid, d.store.raised[len(d.store.raised)-1].Cause)
				}
				if r, _ := d.store.Request(t.Context(), d.login, id); r.State != Signed {
					t.Errorf("state is %s in the end", r.State)
				}
			})
		}
	}
}

// TestRevokedBetweenPrepareAndComplete asks the real service.
func TestRevokedBetweenPrepareAndComplete(t *testing.T) {
	pki := certstest.Start(t)
	card, err := pki.Issue(certstest.Person{GivenNames: "Mathieu", Surname: "Delcourt", NationalNumber: "85073003328", Algorithm: certstest.RSA2048})
	if err != nil {
		t.Fatal(err)
	}
	d := serviced(t, pki, *card, "")
	id := d.frozen(t)
	c, v := d.prepared(t, id, *card)
	if err := pki.Revoke(card.Signature.Certificate, time.Time{}, 1); err != nil {
		t.Fatal(err)
	}
	_, err = d.Complete(t.Context(), d.login, id, c.Preparation, v)
	wantProblem(t, err, StateRevoked)
	if d.store.completed != 0 {
		t.Error("a document is stored")
	}
}
