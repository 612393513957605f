package signing

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/tsp"
)

func TestNewTSARefuses(t *testing.T) {
	w := theWorld(t)
	for name, c := range map[string]TSAConfig{
		"no address":       {Anchors: w.Anchors()},
		"no anchors":       {URLs: []string{"http://tsa.example"}},
		"no scheme":        {URLs: []string{"tsa.example"}, Anchors: w.Anchors()},
		"file":             {URLs: []string{"file:///etc/passwd"}, Anchors: w.Anchors()},
		"no host":          {URLs: []string{"http://"}, Anchors: w.Anchors()},
		"one good, one no": {URLs: []string{"http://tsa.example", "ldap://tsa.example"}, Anchors: w.Anchors()},
	} {
		if _, err := NewTSA(c); err == nil {
			t.Errorf("%s: NewTSA accepted it", name)
		}
	}
}

// faulty is a PKI of its own, so that its services can misbehave undisturbed.
func faulty(tb testing.TB) *certstest.Server {
	tb.Helper()
	return certstest.Start(tb)
}

func TestStampRefusesEveryFault(t *testing.T) {
	w := faulty(t)
	tsa, err := NewTSA(TSAConfig{URLs: []string{w.TSAURL()}, Anchors: w.Anchors(), Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range certstest.TSA.Faults() {
		if err := w.Control().Set(certstest.TSA, fault); err != nil {
			t.Fatal(err)
		}
		token, _, err := tsa.Stamp(t.Context(), sha256.Sum256([]byte("value")))
		if !errors.Is(err, ErrNoTimestamp) || token != nil {
			t.Errorf("%s: Stamp = %d bytes, %v, want %v", fault, len(token), err, ErrNoTimestamp)
		}
	}
	w.Control().Reset()
	if _, _, err := tsa.Stamp(t.Context(), sha256.Sum256([]byte("value"))); err != nil {
		t.Errorf("well again: Stamp = %v", err)
	}
}

func TestStampRefusesClockFarOff(t *testing.T) {
	w := theWorld(t)
	for _, off := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		tsa, err := NewTSA(TSAConfig{URLs: []string{w.TSAURL()}, Anchors: w.Anchors(), Now: func() time.Time { return time.Now().Add(off) }})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := tsa.Stamp(t.Context(), [32]byte{}); !errors.Is(err, ErrNoTimestamp) || !strings.Contains(err.Error(), "clock") {
			t.Errorf("clock off by %v: Stamp = %v", off, err)
		}
	}
}

func TestStampRefusesUnknownAuthority(t *testing.T) {
	other := faulty(t)
	tsa, err := NewTSA(TSAConfig{URLs: []string{other.TSAURL()}, Anchors: theWorld(t).Anchors()})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := tsa.Stamp(t.Context(), [32]byte{}); !errors.Is(err, ErrNoTimestamp) {
		t.Errorf("Stamp = %v, want %v", err, ErrNoTimestamp)
	}
}

func TestStampAsksTheSecondAuthority(t *testing.T) {
	bad, good := faulty(t), theWorld(t)
	if err := bad.Control().Set(certstest.TSA, certstest.ServerError); err != nil {
		t.Fatal(err)
	}
	tsa, err := NewTSA(TSAConfig{URLs: []string{"http://127.0.0.1:1/tsa", bad.TSAURL(), good.TSAURL()}, Anchors: good.Anchors()})
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("value"))
	raw, at, err := tsa.Stamp(t.Context(), digest)
	if err != nil {
		t.Fatalf("Stamp = %v", err)
	}
	token, err := tsp.Parse(raw)
	if err != nil || token.Covers([]byte("value")) != nil || !token.Time.Equal(at) {
		t.Errorf("token at %v: %v", at, err)
	}
	if bad.Control().Requests(certstest.TSA) == 0 {
		t.Error("the first authority was not asked")
	}
}

func TestStampFollowsNoRedirect(t *testing.T) {
	w := theWorld(t)
	trap := httptest.NewServer(http.RedirectHandler(w.TSAURL(), http.StatusTemporaryRedirect))
	defer trap.Close()
	follow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	tsa, err := NewTSA(TSAConfig{URLs: []string{trap.URL}, Anchors: w.Anchors(), Client: follow})
	if err != nil {
		t.Fatal(err)
	}
	before := w.Control().Requests(certstest.TSA)
	if _, _, err := tsa.Stamp(t.Context(), [32]byte{}); !errors.Is(err, ErrNoTimestamp) {
		t.Errorf("Stamp = %v, want %v", err, ErrNoTimestamp)
	}
	if w.Control().Requests(certstest.TSA) != before {
		t.Error("the redirect was followed")
	}
}

func TestStampEndsWithItsContext(t *testing.T) {
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer hang.Close()
	tsa, err := NewTSA(TSAConfig{URLs: []string{hang.URL, hang.URL, hang.URL}, Anchors: theWorld(t).Anchors(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, _, err := tsa.Stamp(ctx, [32]byte{}); !errors.Is(err, ErrNoTimestamp) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Stamp = %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("Stamp took %v", took)
	}
}

func TestStampNeedsChance(t *testing.T) {
	w := theWorld(t)
	tsa, err := NewTSA(TSAConfig{URLs: []string{w.TSAURL()}, Anchors: w.Anchors(), Rand: strings.NewReader("")})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := tsa.Stamp(t.Context(), [32]byte{}); !errors.Is(err, ErrNoTimestamp) {
		t.Errorf("Stamp without chance = %v, want %v", err, ErrNoTimestamp)
	}
}
