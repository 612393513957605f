package soak

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/softcard"
)

// mishap is one thing that goes wrong while a member signs at the reader.
type mishap struct {
	name   string
	in     string           // what is in the reader when the page asks: "" her card, nothing, other
	faults []softcard.Fault // of the module, from when the page asks
	swaps  bool             // C_SignInit puts the other card in
	// What she does at the PIN page; nil: she types her PIN.
	press func(context.Context, *scene, *agenttest.PINPage) (string, error)
	see   func(*scene, api.Event) // what happens when the page hears that; nil: nothing
	fired func(*scene)            // what happens once a fault has struck; nil: nothing
	after func(*scene)            // what is done before she tries again; nil: nothing
	maybe bool                    // the card may sign, and nobody takes the value
	keeps bool                    // the value the card gave is sent, rather than asked for again
	lost  bool                    // and the answer to it does not arrive
	want  expected
}

const (
	nothing = "nothing"
	other   = "other"
)

// means are how a page of the counter reaches the card when nothing is in the way.
type means struct {
	show   func() (certificate string, err error)
	sign   func(member int, r api.SignRequest) (api.Signature, error) // she types her PIN
	parent func() []string                                            // places in the reader's memory where a PIN was
	quiet  func() findings                                            // what is left once it has ended
}

// scene is one mishap on its way.
type scene struct {
	t *testing.T
	*reading
	mishap
	round   int
	own     int // member
	another int // whose card is the other one
	typed   int // wrong PINs
	v       *visitor
	e       *errand
	means
	page     *agenttest.Client
	close    context.CancelFunc // closes the browser
	mu       sync.Mutex
	struckAt time.Time
}

// even tells every other round of one member.
func (s *scene) even() bool { return s.round/len(s.people)%2 == 0 }

// strike notes that the fault is there.
func (s *scene) strike() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.struckAt.IsZero() {
		s.struckAt = time.Now()
	}
}

func (s *scene) struck() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.struckAt
}

// must holds the desk to doing what it is told.
func (s *scene) must(err error) {
	if err != nil {
		s.t.Errorf("%s: %v", s.name, err)
	}
}

// suffer has one request go through a mishap, then through a second try, and checks
// what both leave.
func (w *reading) suffer(t *testing.T, m mishap, round int) {
	t.Helper()
	s := w.scene(t, m, round)
	s.page = w.page(w.pins[s.own])
	s.means = means{
		show: func() (string, error) {
			shown, err := s.page.SigningCertificate(t.Context())
			return shown.Certificate, err
		},
		sign: func(member int, r api.SignRequest) (api.Signature, error) {
			return w.page(w.pins[member]).Sign(t.Context(), r)
		},
		parent: func() []string { return w.memory(t, w.cmd.Process.Pid) },
		quiet:  w.quiet,
	}
	s.play(s.mishappen)
}

// scene is a round of a mishap; members take turns.
func (w *reading) scene(t *testing.T, m mishap, round int) *scene {
	own := round % len(w.people)
	s := &scene{t: t, reading: w, mishap: m, round: round, own: own, another: (own + 1) % len(w.people), v: w.sittings[own]}
	if m.swaps {
		s.faults = strikes("C_SignInit", softcard.Swap(cardOf(s.another)))
	}
	return s
}

// play plays a scene from beginning to end.
func (s *scene) play(happens func() ([]byte, aftermath)) {
	s.t.Helper()
	s.prepare()
	value, a := happens()
	a.check(s.name, s.want).report(s.t)
	s.count(s.name, a.free)
	if s.after != nil {
		s.after(s)
		s.stands("after that")
	}
	s.again(value)
	s.means.quiet().report(s.t)
	if s.t.Failed() {
		s.t.Fatalf("%s: round %d failed", s.name, s.round)
	}
}

// prepare walks to the moment at which the card is to sign.
func (s *scene) prepare() {
	s.t.Helper()
	s.heal()
	s.e = s.v.begin([]string{"orders", "bank"}[s.round%2])
	if err := s.v.until(s.t.Context(), read); err != nil {
		s.t.Fatal(err)
	}
	shown, err := s.show()
	if err != nil || shown != s.v.certificate().Certificate {
		s.t.Fatalf("%s: the card shows %.20s, %v", s.name, shown, err)
	}
	if err := s.v.askPrepare(s.t.Context(), s.e); err != nil {
		s.t.Fatal(err)
	}
}

// heal puts everything right again.
func (s *scene) heal() {
	s.must(s.desk.Fail())
	if s.desk.Inserted() != cardOf(s.own) {
		s.must(s.desk.Insert(cardOf(s.own)))
	}
}

// ask is what the page asks of the card.
func (s *scene) ask() api.SignRequest {
	return api.SignRequest{Certificate: s.v.certificate().Certificate,
		Hash: base64.StdEncoding.EncodeToString(s.e.digest), HashFunction: s.e.function}
}

// mishappen lets it happen.
func (s *scene) mishappen() (value []byte, a aftermath) {
	before := s.set()
	ctx, cut := context.WithCancel(s.t.Context())
	defer cut()
	s.close = cut
	s.arrange()
	over, watched := make(chan struct{}), make(chan struct{})
	go func() { defer close(watched); s.watch(over) }()
	value, err := valueOf(s.page.Sign(ctx, s.ask()))
	close(over)
	<-watched
	s.strike() // where nothing else was: a value that is lost afterwards
	a = aftermath{ended: endOf(err), free: s.awaitFree()}
	s.look(&a, before)
	return value, a
}

// set sets the scene: the card that is in, and what will go wrong.
func (s *scene) set() (before events) {
	switch s.in {
	case nothing:
		s.must(s.desk.Remove())
	case other:
		s.must(s.desk.Insert(cardOf(s.another)))
	}
	s.must(s.desk.Fail(s.faults...))
	if s.in != "" {
		s.strike()
	}
	return s.events()
}

// arrange has the holder do what this mishap wants of her.
func (s *scene) arrange() {
	if s.press != nil {
		s.page.PIN = func(ctx context.Context, page *agenttest.PINPage) (string, error) { return s.press(ctx, s, page) }
	}
	if s.see != nil {
		s.page.Seen = func(e api.Event) { s.see(s, e) }
	}
}

// watch waits for the fault to strike.
func (s *scene) watch(over <-chan struct{}) {
	if len(s.faults) == 0 {
		return
	}
	for ended := false; !s.desk.Fired(); {
		if ended {
			s.t.Errorf("%s: the module did not fail", s.name)
			return
		}
		select {
		case <-over:
			ended = true // look once more
		case <-time.After(2 * time.Millisecond):
		}
	}
	s.strike()
	if s.fired != nil {
		s.fired(s)
	}
}

// valueOf is the value of an answer.
func valueOf(answer api.Signature, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(answer.Signature)
}

// endOf is how an operation ended, as the page learns it.
func endOf(err error) api.State {
	var failure api.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failure):
		return failure.State
	case errors.Is(err, context.Canceled):
		return closed
	}
	return api.State(err.Error())
}

// closed is what a browser that is closed hears.
const closed api.State = "closed"

// awaitFree waits until the reader takes the next request, and says how long it was
// taken after the fault.
func (s *scene) awaitFree() time.Duration {
	s.t.Helper()
	await(s.t, s.name+": a free reader", time.Minute, func() bool {
		status, err := s.page.Status(s.t.Context())
		return err == nil && !status.Busy
	})
	return time.Since(s.struck())
}

// events are what cards were given and signed so far.
type events struct{ compared, strange, signed int }

func (s *scene) events() (n events) {
	list, err := s.desk.Events()
	s.must(err)
	for _, e := range list {
		switch {
		case e.Length == 0:
		case e.Card == cardOf(s.own):
			n.compared++ // also one that the module turned down unread
		default:
			n.strange++
		}
	}
	journal, err := s.desk.Journal()
	s.must(err)
	n.signed = len(journal)
	return n
}

// look finds out how things stand.
func (s *scene) look(a *aftermath, before events) {
	s.t.Helper()
	now := s.events()
	a.compared, a.strange, a.signed = now.compared-before.compared, now.strange-before.strange, now.signed-before.signed
	var err error
	a.tries, err = s.desk.Tries(cardOf(s.own))
	s.must(err)
	a.badge = s.badge()
	if s.maybe && a.signed == 1 {
		a.signed = 0
	}
	a.server, a.parent, a.written = s.memory(s.t, s.server.cmd.Process.Pid), s.parent(), s.written(s.t)
}

// badge is how the request stands at the counter.
func (s *scene) badge() string {
	page, err := s.v.get(s.t.Context(), "/fr/requests/"+s.e.request)
	if err := expect("request", http.StatusOK, page, err); err != nil {
		s.t.Error(err)
	}
	return page.badge()
}

// stands wants the request to be there to sign.
func (s *scene) stands(when string) {
	s.t.Helper()
	if badge := s.badge(); badge != "to-sign" {
		s.t.Errorf("F11: %s, %s: the request is %q", s.name, when, badge)
	}
}

// again signs the request after all, and fetches the document.
func (s *scene) again(value []byte) {
	s.t.Helper()
	ctx := s.t.Context()
	if !s.keeps {
		value = s.secondTry()
	} else if err := s.v.record(s.desk, cardOf(s.own), s.e, value); err != nil {
		s.t.Fatal(err)
	}
	s.e.value = value
	if s.lost {
		s.v.onAnswer = func() {}
		if err := s.v.complete(ctx, s.e); !errors.Is(err, errLost) {
			s.t.Errorf("%s: completing, answer lost: %v", s.name, err)
		}
	}
	if err := s.v.finish(ctx); err != nil {
		s.t.Fatalf("%s: trying again: %v", s.name, err)
	}
}

// secondTry puts everything right and has the card sign what is prepared afresh.
func (s *scene) secondTry() []byte {
	s.t.Helper()
	if len(s.faults) > 0 && s.faults[0].Do == softcard.Hang { // let go now, it would sign
		s.means.quiet().report(s.t)
	}
	s.heal()
	s.e.digest = nil
	if err := s.v.askPrepare(s.t.Context(), s.e); err != nil {
		s.t.Fatalf("%s: preparing again: %v", s.name, err)
	}
	s.maybe = false
	before := s.events()
	value, err := valueOf(s.sign(s.own, s.ask()))
	if err != nil {
		s.t.Fatalf("%s: signing again: %v", s.name, err)
	}
	s.must(s.v.record(s.desk, cardOf(s.own), s.e, value))
	a := aftermath{}
	s.look(&a, before)
	a.check(s.name+", second try", expected{ended: []api.State{""}, tries: softcard.MaxTries, compared: 1, signed: 1, within: time.Hour}).report(s.t)
	return value
}

// record takes a value into the cards' record if the journal of that card has what was
// signed.
func (v *visitor) record(d *softcard.Desk, card string, e *errand, value []byte) error {
	journal, err := d.Journal()
	if err != nil {
		return err
	}
	last := journal[len(journal)-1]
	if last.Card != card || last.Label != "Signature" || len(last.Data) < len(e.digest) ||
		string(last.Data[len(last.Data)-len(e.digest):]) != string(e.digest) {
		return fmt.Errorf("card %s signed %x last, want %x of %s", last.Card, last.Data, e.digest, card)
	}
	return v.place.cards.write(signed{Member: string(v.id), Digest: e.digest, Value: value})
}
