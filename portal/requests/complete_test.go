package requests

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"guichet.example/certs/revocation"
	"guichet.example/signing"
)

func TestCompleteRefuses(t *testing.T) {
	tests := []struct {
		name  string
		with  func(d *desk, id string)
		value func(v signing.SignatureValue) signing.SignatureValue
		state string
	}{
		{"no value", nil, func(signing.SignatureValue) signing.SignatureValue { return nil }, StateTechnical},
		{"value too long", nil, func(signing.SignatureValue) signing.SignatureValue { return make([]byte, MaxSignatureValue+1) }, StateTechnical},
		{"one bit of the value wrong", nil, func(v signing.SignatureValue) signing.SignatureValue { v[7] ^= 1; return v }, StateTechnical},
		{"ten minutes later", func(d *desk, _ string) { d.now = noon.Add(PreparationLife) }, nil, StateTimeout},
		{"its room taken by later ones", func(d *desk, _ string) {
			for id, p := range d.store.preparations {
				p.Prepared = nil
				d.store.preparations[id] = p
			}
		}, nil, StateTimeout},
		{"revoked between", func(d *desk, _ string) { d.status.fresh = revocation.RevokedError{At: noon} }, nil, StateRevoked},
		{"refused meanwhile", func(d *desk, id string) {
			d.store.Move(context.Background(), d.login, id, []State{ToSign}, Declined, "")
		}, nil, StateNotOpen},
		{"request touched meanwhile", func(d *desk, id string) {
			d.store.Move(context.Background(), d.login, id, []State{ToSign}, ToSign, "")
		}, nil, StateChanged},
		{"account changed meanwhile", func(d *desk, _ string) {
			d.store.onComplete = func(Completion) error { return ErrChanged }
		}, nil, StateChanged},
		{"disk full", func(d *desk, _ string) {
			d.store.onComplete = func(Completion) error { return errors.New("disk full") }
		}, nil, StateTechnical},
		{"another person signed in meanwhile", func(d *desk, _ string) { d.login.Holder.SerialNumber = "90020100297" }, nil, StateWrongPerson},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			id := d.frozen(t)
			c, v := d.prepared(t, id, d.mathieu)
			if tt.with != nil {
				tt.with(d, id)
			}
			if tt.value != nil {
				v = tt.value(v)
			}
			_, err := d.Complete(t.Context(), d.login, id, c.Preparation, v)
			wantProblem(t, err, tt.state)
			if d.store.completed != 0 || len(d.store.documents) != 0 {
				t.Error("a document is stored")
			}
		})
	}
}

func TestCompleteOfAnother(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	other, err := d.Freeze(t.Context(), d.login, bankChange(), "other")
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another member": second(d.Complete(t.Context(), loginOf(t, d.nora), id, c.Preparation, v)),
		"other request":  second(d.Complete(t.Context(), d.login, other, c.Preparation, v)),
		"no preparation": second(d.Complete(t.Context(), d.login, id, "0", v)),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
}

func second(_ Request, err error) error { return err }

func TestComplete(t *testing.T) {
	for name, card := range map[string]func(d *desk) int{"P-384": func(*desk) int { return 0 }, "RSA": func(*desk) int { return 1 }} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			signer := d.mathieu
			if card(d) == 1 {
				signer = d.rsa
			}
			id := d.frozen(t)
			read, _ := d.store.Request(t.Context(), d.login, id)
			c, v := d.prepared(t, id, signer)
			d.ext.level = signing.LevelB // keep the file as signed
			d.ext.err = signing.ErrNoTimestamp
			r, err := d.Complete(t.Context(), d.login, id, c.Preparation, v)
			if err != nil {
				t.Fatal(err)
			}
			if r.State != Signed || r.Document == "" || !r.SignedAt.Equal(noon) {
				t.Errorf("request is %s, document %q, signed at %v", r.State, r.Document, r.SignedAt)
			}
			stored := d.store.documents[r.Document]
			if !bytes.HasPrefix(stored.PDF, read.PDF) {
				t.Error("the bytes read are not a prefix of the bytes signed")
			}
			if len(stored.Signer) == 0 || !bytes.Equal(stored.Signer[0], signer.Signature.Certificate.Raw) {
				t.Error("the signer's certificate is not kept for raising")
			}
			report, err := signing.Verify(t.Context(), stored.PDF, signing.Trust{Anchors: d.pki.Anchors(), Now: func() time.Time { return noon }})
			if err != nil || len(report.Signatures) != 1 || !report.Signatures[0].Integrity.Passed || !report.Signatures[0].Holder.Is(d.login.Holder) {
				t.Errorf("Verify = %+v, %v", report, err)
			}
		})
	}
}

func TestCompleteTwice(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	first, err := d.Complete(t.Context(), d.login, id, c.Preparation, v)
	if err != nil {
		t.Fatal(err)
	}
	d.now = noon.Add(time.Hour) // the answer was lost, the member comes back after the ten minutes
	d.status.fresh = revocation.RevokedError{At: d.now}
	again, err := d.Complete(t.Context(), d.login, id, c.Preparation, v)
	if err != nil || again.Document != first.Document || again.Reference != first.Reference {
		t.Errorf("second answer is %+v, %v, want the first", again.Document, err)
	}
	_, err = d.Complete(t.Context(), d.login, id, c.Preparation, sign(t, d.mathieu, c))
	wantProblem(t, err, StateNotOpen)
	if d.store.completed != 1 {
		t.Errorf("%d documents, want 1", d.store.completed)
	}
}

func TestCompleteTwiceAtOnce(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	var wg sync.WaitGroup
	documents := make([]string, 8)
	for i := range documents {
		wg.Go(func() {
			r, err := d.Complete(t.Context(), d.login, id, c.Preparation, slices.Clone(v))
			if err != nil {
				t.Errorf("Complete: %v", err)
			}
			documents[i] = r.Document
		})
	}
	wg.Wait()
	if slices.Sort(documents); documents[0] != documents[len(documents)-1] || d.store.completed != 1 {
		t.Errorf("documents %v, %d completions", documents, d.store.completed)
	}
}

func TestTwoPreparationsOneSignature(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	one, v1 := d.prepared(t, id, d.mathieu)
	two, v2 := d.prepared(t, id, d.mathieu)
	if _, err := d.Complete(t.Context(), d.login, id, two.Preparation, v2); err != nil {
		t.Fatal(err)
	}
	_, err := d.Complete(t.Context(), d.login, id, one.Preparation, v1)
	wantProblem(t, err, StateNotOpen)
	if d.store.completed != 1 {
		t.Errorf("%d documents, want 1", d.store.completed)
	}
}

// TestCompleteAfterMemberLeft: the card has signed; closing the page loses nothing.
func TestCompleteAfterMemberLeft(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := d.Complete(ctx, d.login, id, c.Preparation, v); err != nil {
		t.Fatalf("Complete: %v", err)
	}
	if r, _ := d.store.Request(t.Context(), d.login, id); r.State != Signed {
		t.Errorf("request is %s", r.State)
	}
}
