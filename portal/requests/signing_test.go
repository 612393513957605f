package requests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/certs/revocation"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// wantProblem checks the state of a refusal, and that it says nothing personal.
func wantProblem(t *testing.T, err error, state string) *Problem {
	t.Helper()
	var p *Problem
	if !errors.As(err, &p) {
		t.Fatalf("error is %v, want a Problem %s", err, state)
	}
	if p.State != state {
		t.Errorf("state is %s (%v), want %s", p.State, p.Cause, state)
	}
	if strings.Contains(p.Error(), "85073003328") || strings.Contains(p.Error(), "539007547034") {
		t.Errorf("problem shows a number: %v", p)
	}
	return p
}

func TestFreezeRefuses(t *testing.T) {
	d := newDesk(t)
	wrong := bankChange()
	wrong.NewIBAN = "BE68539007547035"
	if _, err := d.Freeze(t.Context(), d.login, wrong, "k"); err == nil {
		t.Error("an act that does not hold is frozen")
	}
	d.store.onPut = func(Request) error { return ErrReferenceTaken }
	if _, err := d.Freeze(t.Context(), d.login, bankChange(), "k"); !errors.Is(err, ErrReferenceTaken) {
		t.Errorf("Freeze = %v, want ErrReferenceTaken after a few tries", err)
	}
}

func TestFreeze(t *testing.T) {
	d := newDesk(t)
	tries := 0
	d.store.onPut = func(Request) error {
		if tries++; tries == 1 {
			return ErrReferenceTaken
		}
		return nil
	}
	id, err := d.Freeze(t.Context(), d.login, bankChange(), "k")
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Freeze(t.Context(), d.login, bankChange(), "k")
	if err != nil || again != id {
		t.Errorf("the same key gives %s, %v, want %s", again, err, id)
	}
	if other, err := d.Freeze(t.Context(), d.login, bankChange(), "other"); err != nil || other == id {
		t.Errorf("another key gives %s, %v", other, err)
	}
	r, err := d.store.Request(t.Context(), d.login, id)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^GC-2026-[0-9A-HJKMNP-TV-Z]{4}-[0-9]{3}$`).MatchString(r.Reference) {
		t.Errorf("reference is %q", r.Reference)
	}
	if !regexp.MustCompile(`^[0-9a-z]{26}$`).MatchString(r.ID) {
		t.Errorf("id is %q", r.ID)
	}
	if got := r.Act.(document.BankChange).Reference; got != r.Reference {
		t.Errorf("the act says reference %q, the request %q", got, r.Reference)
	}
	if r.State != ToSign || r.Pages < 1 || !bytes.HasPrefix(r.PDF, []byte("%PDF-")) || r.Mark.Page < 1 {
		t.Errorf("request is %s with %d pages, mark on page %d", r.State, r.Pages, r.Mark.Page)
	}
}

func TestIDsSortByTime(t *testing.T) {
	var ids []string
	for i := range 50 {
		id, err := newID(noon.Add(time.Duration(i)*time.Millisecond), rand0{byte(200 - i)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) {
		t.Errorf("ids do not sort by time: %v", ids[:3])
	}
}

type rand0 struct{ b byte }

func (r rand0) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.b
	}
	return len(p), nil
}

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

func TestCompleteWithoutStatusService(t *testing.T) {
	for _, cause := range []error{revocation.ErrUnavailable, revocation.ErrUnknown, revocation.ErrInvalid, context.DeadlineExceeded} {
		t.Run(cause.Error(), func(t *testing.T) {
			d := newDesk(t)
			id := d.frozen(t)
			c, v := d.prepared(t, id, d.mathieu)
			d.status.fresh = cause
			r, err := d.Complete(t.Context(), d.login, id, c.Preparation, v)
			if err != nil || r.State != Pending {
				t.Fatalf("Complete = %s, %v, want pending", r.State, err)
			}
			if len(d.store.raised) != 0 {
				t.Error("a pending document was raised")
			}
			// Still no answer: it stays pending, at B-B, with a next try.
			if err := d.Raiser.round(t.Context()); err != nil {
				t.Fatal(err)
			}
			out := d.store.raised[0]
			if out.State != "" || out.PDF != nil || !out.NextTry.Equal(noon.Add(firstRetry)) || out.Cause == "" {
				t.Errorf("outcome is %q, level %v, next %v", out.State, out.Level, out.NextTry)
			}
			// The service is back.
			d.status.fresh, d.now = nil, noon.Add(time.Minute)
			if err := d.Raiser.round(t.Context()); err != nil {
				t.Fatal(err)
			}
			out = d.store.raised[1]
			if out.State != Signed || out.Level != signing.LevelLT || !out.NextTry.IsZero() {
				t.Errorf("outcome is %q, level %v, next %v", out.State, out.Level, out.NextTry)
			}
			if r, _ := d.store.Request(t.Context(), d.login, id); r.State != Signed {
				t.Errorf("request is %s", r.State)
			}
		})
	}
}

func TestPendingCardTurnsOutRevoked(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	d.status.fresh = revocation.ErrUnavailable
	if _, err := d.Complete(t.Context(), d.login, id, c.Preparation, v); err != nil {
		t.Fatal(err)
	}
	d.status.fresh = fmt.Errorf("status: %w", revocation.RevokedError{At: noon.Add(-time.Hour)})
	if err := d.Raiser.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := d.store.raised[0]
	if out.State != Rejected || out.PDF != nil || !out.NextTry.IsZero() {
		t.Errorf("outcome is %q, next %v, want rejected for good", out.State, out.NextTry)
	}
}

func TestCompleteWithoutTimestamp(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	*d.ext = extender{level: signing.LevelB, err: signing.ErrNoTimestamp}
	r, err := d.Complete(t.Context(), d.login, id, c.Preparation, v)
	if err != nil || r.State != Signed {
		t.Fatalf("Complete = %s, %v", r.State, err)
	}
	if out := d.store.raised[0]; out.PDF != nil || !out.NextTry.Equal(noon.Add(firstRetry)) {
		t.Errorf("first outcome: level %v, next %v", out.Level, out.NextTry)
	}
	*d.ext = extender{level: signing.LevelT, err: signing.ErrNoEvidence}
	if err := d.Raiser.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := d.store.raised[1]; out.Level != signing.LevelT || out.PDF == nil || !out.NextTry.Equal(noon.Add(2*firstRetry)) {
		t.Errorf("second outcome: level %v, next %v", out.Level, out.NextTry)
	}
	*d.ext = extender{level: signing.LevelLT}
	if err := d.Raiser.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := d.store.raised[2]; out.Level != signing.LevelLT || !out.NextTry.IsZero() || out.Version != 2 {
		t.Errorf("third outcome: level %v from version %d, next %v", out.Level, out.Version, out.NextTry)
	}
}

func TestRaiserGivesUpWhereNothingHelps(t *testing.T) {
	for _, cause := range []error{signing.ErrUnsuitable, revocation.RevokedError{At: noon}} {
		d := newDesk(t)
		*d.ext = extender{level: signing.LevelB, err: fmt.Errorf("x: %w", cause)}
		out := d.Raiser.attempt(t.Context(), Raise{PDF: []byte("%PDF")})
		if !out.NextTry.IsZero() || out.Cause == "" || out.State != "" {
			t.Errorf("%v: next %v, state %q", cause, out.NextTry, out.State)
		}
	}
}

func TestRaiserBacksOff(t *testing.T) {
	d := newDesk(t)
	*d.ext = extender{level: signing.LevelB, err: signing.ErrNoTimestamp}
	d.Raiser.Jitter = func() float64 { return 0.5 }
	last := time.Duration(0)
	for attempts := range 30 {
		out := d.Raiser.attempt(t.Context(), Raise{PDF: []byte("%PDF"), Attempts: attempts})
		wait := out.NextTry.Sub(noon)
		if wait < last || wait > lastRetry*3/2 {
			t.Fatalf("attempt %d waits %v after %v", attempts, wait, last)
		}
		last = wait
	}
	if last != lastRetry*5/4 {
		t.Errorf("last wait is %v", last)
	}
}

func TestRaiserStopsWithContext(t *testing.T) {
	d := newDesk(t)
	d.Raiser.Every = time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Raiser.Run(ctx) }()
	stop()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Run does not stop")
	}
}
