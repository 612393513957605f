package signing

import (
	"errors"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

// What was verified once holds for that authority, those anchors and that time, and for
// no other.
func TestServicePathIsAskedAnew(t *testing.T) {
	w := theWorld(t)
	tsa := w.Service("tsa").Certificate
	strangers, err := certstest.New(certstest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	k := &servicePaths{}
	now := time.Now()
	if _, err := k.path(w.Anchors(), w.cards[certstest.P256].Signature.Certificate, now); !errors.Is(err, certs.ErrWrongPurpose) && !errors.Is(err, certs.ErrMissingPurpose) {
		t.Errorf("a person's certificate: %v", err)
	}
	if len(k.found) != 0 {
		t.Fatal("a path that was not found is kept")
	}
	first, err := k.path(w.Anchors(), tsa, now)
	if err != nil {
		t.Fatal(err)
	}
	first[0] = nil // the caller's own
	anchors := w.Anchors()
	for range 2 {
		again, err := k.path(anchors, tsa, now)
		if err != nil || again[0] == nil || !again[0].Equal(tsa) {
			t.Errorf("again: %v", err)
		}
	}
	lying := *tsa // other bytes, whatever the rest says
	lying.Raw = append([]byte{}, tsa.Raw...)
	lying.Raw[len(lying.Raw)-1] ^= 1
	for name, ask := range map[string]func() (certs.Path, error){
		"years later":          func() (certs.Path, error) { return k.path(anchors, tsa, now.AddDate(30, 0, 0)) },
		"years before":         func() (certs.Path, error) { return k.path(anchors, tsa, now.AddDate(-30, 0, 0)) },
		"anchors of strangers": func() (certs.Path, error) { return k.path(strangers.Anchors(), tsa, now) },
	} {
		if path, err := ask(); err == nil {
			t.Errorf("%s: a path of %d certificates", name, len(path))
		}
	}
	if k.known(anchors, &lying, now) != nil {
		t.Error("a certificate with other bytes is taken for one that is known")
	}
}

// The paths that are kept are few, the newest.
func TestServicePathsAreBounded(t *testing.T) {
	w := theWorld(t)
	tsa := w.Service("tsa").Certificate
	k := &servicePaths{}
	for range maxServicePaths + 3 {
		anchors, err := certs.NewTrustAnchors(w.AnchorCertificates()...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.path(anchors, tsa, time.Now()); err != nil {
			t.Fatal(err)
		}
		if k.known(anchors, tsa, time.Now()) == nil {
			t.Fatal("the newest path is not kept")
		}
	}
	if len(k.found) != maxServicePaths {
		t.Errorf("%d paths are kept, want %d", len(k.found), maxServicePaths)
	}
}
