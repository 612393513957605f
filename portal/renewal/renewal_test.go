package renewal

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/portal/jobs"
	"guichet.example/portal/rescue"
	"guichet.example/signing"
)

// wantWritten fails the test unless a version was made whose two timestamps verify.
func (l *line) wantWritten(t *testing.T, o Outcome, timestamps int) {
	t.Helper()
	if o.Cause != "" || o.PDF == nil || o.Level != signing.LevelLTA || !o.NextTry.IsZero() {
		t.Fatalf("outcome: cause %q, %d bytes, level %v, next %v", o.Cause, len(o.PDF), o.Level, o.NextTry)
	}
	if !o.Stamped.Equal(l.now) || !o.Holds.After(l.now) {
		t.Errorf("stamped %v, holds until %v, now %v", o.Stamped, o.Holds, l.now)
	}
	r, err := signing.Verify(t.Context(), o.PDF, l.Trust)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, s := range r.Signatures {
		if s.Kind == signing.Timestamp {
			found++
		}
	}
	if !r.Valid() || found != timestamps {
		t.Errorf("valid %v, %d document timestamps, want %d", r.Valid(), found, timestamps)
	}
}

func wantNothing(t *testing.T, o Outcome) {
	t.Helper()
	if o.Cause != "" || o.PDF != nil || !o.NextTry.IsZero() || o.Holds.IsZero() {
		t.Fatalf("outcome: cause %q, %d bytes, next %v, holds %v, want nothing done", o.Cause, len(o.PDF), o.NextTry, o.Holds)
	}
}

// wantWait fails the test unless the document was left as it is, with a cause and a next try.
func wantWait(t *testing.T, o Outcome, cause rescue.Cause, next time.Time) {
	t.Helper()
	if got, detail := rescue.Split(o.Cause); got != cause || detail == "" || o.PDF != nil || o.GivenUp || !o.NextTry.Equal(next) {
		t.Fatalf("outcome: cause %q, %d bytes, given up %v, next %v, want %s and %v", o.Cause, len(o.PDF), o.GivenUp, o.NextTry, cause, next)
	}
}

func wantGivenUp(t *testing.T, o Outcome, cause rescue.Cause) {
	t.Helper()
	if got, detail := rescue.Split(o.Cause); got != cause || detail == "" || o.PDF != nil || !o.GivenUp || !o.Tell {
		t.Fatalf("outcome: cause %q, %d bytes, given up %v, office told %v, want %s", o.Cause, len(o.PDF), o.GivenUp, o.Tell, cause)
	}
}

func TestRenewedWhenDue(t *testing.T) {
	l := newLine(t)
	file := l.signed(t, signing.LevelLTA)
	d := l.keep(t, file)
	if years := d.Holds.Sub(l.now).Hours() / 24 / 365; years < 4.9 || years > 5 {
		t.Fatalf("a new document holds for %.1f years, want 5", years)
	}
	wantNothing(t, l.once(t, d))
	l.now = d.Holds.Add(-DefaultBefore).Add(-time.Second)
	wantNothing(t, l.once(t, d))

	l.now = d.Holds.Add(-DefaultBefore)
	l.found(t)
	l.again(t)
	o := l.once(t, d)
	l.wantWritten(t, o, 2)
	if !bytes.HasPrefix(o.PDF, file) {
		t.Error("the old version is no prefix of the new one")
	}
	wantNothing(t, l.once(t, d)) // it has been done
	if f := l.Figures(); f != (Figures{Renewed: 1}) {
		t.Errorf("figures %+v", f)
	}
}

// A timestamp that holds shorter than the margin is renewed when two thirds of it are over.
func TestShortLivedTimestamp(t *testing.T) {
	l := newLine(t)
	l.Before = 20 * 365 * day
	d := l.keep(t, l.signed(t, signing.LevelLTA))
	third := d.Holds.Sub(d.Stamped) / 3
	l.now = d.Holds.Add(-third).Add(-time.Minute)
	wantNothing(t, l.once(t, d))
	l.now = d.Holds.Add(-third)
	l.found(t)
	l.again(t)
	l.wantWritten(t, l.once(t, d), 2)
	if text := l.logged.take(); !strings.Contains(text, "alert=renewal-short") {
		t.Errorf("no alert that the new one is shorter than the margin: %s", text)
	}
}

func TestOrderedByHand(t *testing.T) {
	l := newLine(t)
	d := l.keep(t, l.signed(t, signing.LevelLTA))
	d.Job = ByHand(d.Job)
	l.wantWritten(t, l.once(t, d), 2)
}

// Algorithms age as certificates do (EN 319 102-1, 5.2.8).
func TestAlgorithmAges(t *testing.T) {
	l := newLine(t)
	d := l.keep(t, l.signed(t, signing.LevelLTA))
	sunset := func(end time.Time) {
		l.Trust.Policy = signing.DefaultCryptoPolicy()
		for i := range l.Trust.Policy {
			if l.Trust.Policy[i].Algorithm == "ECDSA" {
				l.Trust.Policy[i].Until = end
			}
		}
	}
	sunset(l.now.Add(DefaultBefore + day))
	o := l.once(t, d)
	wantNothing(t, o)
	if want := l.now.Add(DefaultBefore + day); !o.Holds.Equal(want) {
		t.Errorf("holds until %v, want the end of the algorithm, %v", o.Holds, want)
	}
	// The authority goes on with it: one more timestamp is of no use, and not kept.
	for _, left := range []time.Duration{100 * day, 20 * day} {
		sunset(l.now.Add(left))
		d := l.keep(t, d.PDF)
		d.Stamped = l.now.Add(-4 * 365 * day)
		l.memory.documents["d"] = d
		wait := lastRetry
		if left = left / 10; left > 3*day {
			wait = left
		} else {
			wait = firstRetry
		}
		o := l.once(t, d)
		wantWait(t, o, rescue.Short, l.now.Add(wait))
		if l.memory.written != 0 {
			t.Error("a timestamp that is of no use was kept")
		}
	}
	// Too late: by our own rules nothing shows any more that it was there in time.
	sunset(l.now)
	wantGivenUp(t, l.once(t, d), rescue.Late)
	if text := l.logged.take(); !strings.Contains(text, "alert=renewal-late") {
		t.Errorf("no alert: %s", text)
	}
}

func TestServicesDown(t *testing.T) {
	l := newLine(t)
	d := l.keep(t, l.signed(t, signing.LevelLTA))
	l.now = d.Holds.Add(-100 * day)
	d.Job.Created = l.now
	l.found(t)
	control := l.server.Control()
	for _, test := range []struct {
		service certstest.Service
		fault   certstest.Fault
		want    rescue.Cause
	}{
		{certstest.TSA, certstest.Down, rescue.Timestamp},
		{certstest.TSA, certstest.WrongImprint, rescue.Timestamp},
		{certstest.CRL, certstest.ServerError, rescue.Status},
	} {
		l.again(t)
		if err := control.Set(test.service, test.fault); err != nil {
			t.Fatal(err)
		}
		o := l.once(t, d)
		wantWait(t, o, test.want, l.now.Add(firstRetry))
		if o.Tell {
			t.Error("the office is told at once")
		}
		control.Reset()
	}
	// It waits longer from attempt to attempt, and after three days the office is told.
	l.again(t)
	if err := control.Set(certstest.TSA, certstest.TryLater); err != nil {
		t.Fatal(err)
	}
	d.Job.Attempts = 30
	d.Job.Created = l.now.Add(-rescue.Patience).Add(lastRetry + time.Second)
	if o := l.once(t, d); o.Tell || !o.NextTry.Equal(l.now.Add(lastRetry)) {
		t.Errorf("told %v, next %v", o.Tell, o.NextTry)
	}
	l.logged.take()
	d.Job.Created = l.now.Add(-rescue.Patience).Add(lastRetry)
	d.Job.Due = l.now
	o := l.once(t, d)
	if !o.Tell {
		t.Error("the office is not told after three days")
	}
	if text := l.logged.take(); !strings.Contains(text, "alert=job-waits") {
		t.Errorf("no alert after three days: %s", text)
	}
	control.Reset()
	l.wantWritten(t, l.once(t, d), 2)
	if f := l.Figures(); f != (Figures{Renewed: 1, Failed: 5}) {
		t.Errorf("figures %+v", f)
	}
}

// What cannot be renewed is listed, with its cause, and holds up nothing.
func TestCannotBeRenewed(t *testing.T) {
	l := newLine(t)
	file := l.signed(t, signing.LevelLTA)
	d := l.keep(t, file)
	l.now = d.Holds.Add(-100 * day)
	l.found(t)
	l.again(t)
	broken := bytes.Clone(file)
	broken[len(broken)/3] ^= 1
	for name, test := range map[string]struct {
		file []byte
		want rescue.Cause
	}{
		"no file":   {[]byte("hello"), rescue.Unfit},
		"nothing":   {nil, rescue.Unfit},
		"cut short": {file[:len(file)/2], rescue.Unfit},
		"changed":   {broken, rescue.Unfit},
	} {
		d := l.keep(t, test.file)
		d.Holds = l.now.Add(100 * day)
		l.memory.documents["d"] = d
		t.Run(name, func(t *testing.T) { wantGivenUp(t, l.once(t, d), test.want) })
		if text := l.logged.take(); !strings.Contains(text, "alert=renewal-failed") {
			t.Errorf("%s: no alert: %s", name, text)
		}
	}

	// An anchor is missing: it may be put back.
	d = l.keep(t, file)
	l.anchors = l.anchors[len(l.anchors)/2:]
	l.again(t)
	wantWait(t, l.once(t, d), rescue.Path, l.now.Add(firstRetry))

	// Time is over.
	l.now = d.Holds
	wantGivenUp(t, l.once(t, d), rescue.Late)
}

func TestWithoutArchiveTimestamp(t *testing.T) {
	l := newLine(t)
	for _, level := range []signing.Level{signing.LevelB, signing.LevelT, signing.LevelLT} {
		d := l.keep(t, l.signed(t, level))
		l.wantWritten(t, l.once(t, d), 1)
	}
	// What could be done is kept, and the rest is tried again.
	d := l.keep(t, l.signed(t, signing.LevelB))
	l.again(t)
	if err := l.server.Control().Set(certstest.OCSP, certstest.Down); err != nil {
		t.Fatal(err)
	}
	o := l.once(t, d)
	if cause, _ := rescue.Split(o.Cause); cause != rescue.Status || o.Level != signing.LevelT || o.PDF == nil || o.NextTry.IsZero() {
		t.Errorf("outcome: cause %q, level %v, next %v", o.Cause, o.Level, o.NextTry)
	}
}

// What others lack holds up no renewal, and the level is what a verifier says.
func TestRenewalDespiteOthers(t *testing.T) {
	l := newLine(t)
	honest := l.Extender
	for _, level := range []signing.Level{signing.LevelLTA, signing.LevelT} {
		d := l.keep(t, l.signed(t, signing.LevelLTA))
		d.Job = ByHand(d.Job)
		l.memory.documents["d"] = d
		l.Extender = lacking{honest, level}
		if o := l.once(t, d); o.Cause != "" || o.PDF == nil || o.Level != level || o.Holds.IsZero() || !o.NextTry.IsZero() {
			t.Errorf("outcome: cause %q, level %v, next %v", o.Cause, o.Level, o.NextTry)
		}
		if text := l.logged.take(); !strings.Contains(text, "Somebody (Signature2)") {
			t.Errorf("the log does not name them: %s", text)
		}
	}
	l.Extender = lacking{honest, signing.LevelLTA}
	d := l.keep(t, l.signed(t, signing.LevelLT))
	l.wantWritten(t, l.once(t, d), 1)
}

// lacking is an Extender of files in which others are in doubt.
type lacking struct {
	Extender
	level signing.Level
}

func (e lacking) doubt(err error) error {
	if err != nil {
		return err
	}
	return &signing.IncompleteError{Level: e.level, Lacking: []signing.Lack{{Field: "Signature2", Signer: "Somebody", Err: signing.ErrNoEvidence}}}
}

func (e lacking) Extend(ctx context.Context, file []byte, want signing.Level) ([]byte, signing.Level, error) {
	out, level, err := e.Extender.Extend(ctx, file, want)
	return out, level, e.doubt(err)
}

func (e lacking) Renew(ctx context.Context, file []byte) ([]byte, error) {
	out, err := e.Extender.Renew(ctx, file)
	return out, e.doubt(err)
}

// Who stops a run learns nothing of the document, and writes nothing.
func TestStopped(t *testing.T) {
	l := newLine(t)
	d := l.keep(t, l.signed(t, signing.LevelLTA))
	d.Job = ByHand(d.Job)
	ctx, cancel := context.WithCancel(t.Context())
	l.Extender = extending(func() error { cancel(); return ctx.Err() })
	if _, err := l.Renew(ctx, d.Job); !errors.Is(err, context.Canceled) {
		t.Errorf("Renew = %v", err)
	}
	if l.memory.last.ID != "" || l.Figures() != (Figures{}) || l.logged.take() != "" {
		t.Errorf("a stop was taken for a failure: %+v", l.memory.last)
	}
}

func TestSaysWhatTheStoreSays(t *testing.T) {
	l := newLine(t)
	if err := l.Do(t.Context(), jobs.Job{Key: "none"}); err != nil {
		t.Errorf("Do of a document that is gone = %v", err)
	}
	d := l.keep(t, []byte("hello"))
	l.memory.fail = jobs.ErrLeaseLost
	if err := l.Do(t.Context(), d.Job); !errors.Is(err, jobs.ErrLeaseLost) {
		t.Errorf("Do with a lost lease = %v", err)
	}
	if f := l.Figures(); f != (Figures{}) {
		t.Errorf("figures of what was not written: %+v", f)
	}
}

func TestPace(t *testing.T) {
	r := &Renewer{PerMinute: 1200} // 50 ms
	began := time.Now()
	for range 4 {
		if err := r.pace(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("four documents in %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&Renewer{PerMinute: 1, next: time.Now().Add(time.Hour)}).pace(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("pace after the end = %v", err)
	}
}

// extending is an Extender that fails so.
type extending func() error

func (e extending) Extend(_ context.Context, file []byte, _ signing.Level) ([]byte, signing.Level, error) {
	return file, 0, e()
}
func (e extending) Renew(context.Context, []byte) ([]byte, error) { return nil, e() }
