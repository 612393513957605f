package requests

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"guichet.example/certs/revocation"
)

func TestPrepareRefuses(t *testing.T) {
	tests := []struct {
		name  string
		with  func(d *desk)
		cert  func(d *desk) []byte
		offer []Algorithm
		state string
	}{
		{"no certificate", nil, func(*desk) []byte { return nil }, nil, StateCardUnknown},
		{"garbage", nil, func(*desk) []byte { return []byte("garbage") }, nil, StateCardUnknown},
		{"oversize", nil, func(*desk) []byte { return make([]byte, 1<<20) }, nil, StateCardUnknown},
		{"authentication certificate", nil, func(d *desk) []byte { return d.mathieu.Authentication.Certificate.Raw }, nil, StateNoSignCert},
		{"another person's card", nil, func(d *desk) []byte { return d.nora.Signature.Certificate.Raw }, nil, StateWrongPerson},
		{"card of an unknown authority", nil, func(d *desk) []byte { return d.forged.Signature.Certificate.Raw }, nil, StateCardUnknown},
		{"expired", nil, func(d *desk) []byte { return d.expired.Signature.Certificate.Raw }, nil, StateExpired},
		{"suspended", func(d *desk) { d.status.check = revocation.RevokedError{At: noon, Reason: 6} }, nil, nil, StateSuspended},
		{"revoked", func(d *desk) { d.status.check = revocation.RevokedError{At: noon} }, nil, nil, StateRevoked},
		{"status unknown", func(d *desk) { d.status.check = revocation.ErrUnknown }, nil, nil, StateUnknown},
		{"no status service", func(d *desk) { d.status.check = fmt.Errorf("x: %w", revocation.ErrUnavailable) }, nil, nil, StateUnknown},
		{"false status answer", func(d *desk) { d.status.check = revocation.ErrInvalid }, nil, nil, StateUnknown},
		{"card cannot hash so", nil, nil, []Algorithm{{"ECC", "SHA-256", "NONE"}}, StateCardUnknown},
		{"card of another kind", nil, nil, []Algorithm{{"RSA", "SHA-384", "PKCS1.5"}}, StateCardUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			id := d.frozen(t)
			if tt.with != nil {
				tt.with(d)
			}
			der := d.mathieu.Signature.Certificate.Raw
			if tt.cert != nil {
				der = tt.cert(d)
			}
			_, err := d.Prepare(t.Context(), d.login, id, der, tt.offer)
			p := wantProblem(t, err, tt.state)
			if tt.state == StateWrongPerson && (p.Name != "Mathieu Delcourt" || d.status.asked != 0) {
				t.Errorf("name is %q, status asked %d times: want the member's, and nothing asked of a stranger's card", p.Name, d.status.asked)
			}
			if tt.state == StateExpired && !p.Date.Equal(d.expired.Signature.Certificate.NotAfter) {
				t.Errorf("expired on %v", p.Date)
			}
			if len(d.store.preparations) != 0 {
				t.Error("a preparation is stored")
			}
			if !slices.Equal(d.store.refused, []string{id + " " + tt.state}) {
				t.Errorf("audit lines of refusals are %q", d.store.refused)
			}
		})
	}
}

func TestPrepareOfAnotherMember(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	stranger := loginOf(t, d.nora)
	if _, err := d.Prepare(t.Context(), stranger, id, d.nora.Signature.Certificate.Raw, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("Prepare by another member = %v, want ErrNotFound", err)
	}
	if _, err := d.Prepare(t.Context(), d.login, "0", d.mathieu.Signature.Certificate.Raw, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("Prepare of nothing = %v, want ErrNotFound", err)
	}
}

func TestPrepareOfClosedRequest(t *testing.T) {
	for _, state := range []State{Declined, Signed, Pending, Expired, Withdrawn, Accepted, Rejected} {
		d := newDesk(t)
		id := d.frozen(t)
		if err := d.store.Move(t.Context(), d.login, id, []State{ToSign}, state, ""); err != nil {
			t.Fatal(err)
		}
		_, err := d.Prepare(t.Context(), d.login, id, d.mathieu.Signature.Certificate.Raw, nil)
		wantProblem(t, err, StateNotOpen)
	}
}

// TestEarlyRefusalsHaveARow: a request that is not open any more is refused before the
// store is asked to prepare it, and leaves its row all the same.
func TestEarlyRefusalsHaveARow(t *testing.T) {
	for _, state := range []State{Declined, Signed, Expired} {
		d := newDesk(t)
		id := d.inState(t, state)
		_, err := d.Prepare(t.Context(), d.login, id, d.mathieu.Signature.Certificate.Raw, nil)
		wantProblem(t, err, StateNotOpen)
		if want := []string{id + " " + StateNotOpen}; !slices.Equal(d.store.refused, want) {
			t.Errorf("%s: rows %q, want %q", state, d.store.refused, want)
		}
	}
}
