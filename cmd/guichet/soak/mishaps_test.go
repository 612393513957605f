package soak

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/softcard"
)

// Deadlines of the reader: after an operation was ended it may take stuck for the card
// to notice; a page that was closed is waited for that long; a module that hangs is
// killed at modules.
const (
	stuck   = 3 * time.Second
	gone    = 3 * time.Second
	modules = 20 * time.Second
)

// hang holds C_Sign, when the PIN is typed and compared and nothing is signed yet.
var hang = []softcard.Fault{{Function: "C_Sign", Once: true, Do: softcard.Hang}}

// strikes is a fault of one function of the module, the first time it is called.
func strikes(function string, do softcard.Action) []softcard.Fault {
	return []softcard.Fault{{Function: function, Once: true, Do: do}}
}

// endsAs is what should be after an operation that ended so, with all tries left and a
// PIN given to the card or none.
func endsAs(how api.State, compared int) expected {
	return expected{ended: []api.State{how}, tries: softcard.MaxTries, compared: compared, within: stuck}
}

// stays is a holder who types nothing: she waits until the page says something else.
func stays(ctx context.Context, _ *scene, _ *agenttest.PINPage) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// giveUp is Cancel on the page of the counter.
func (s *scene) giveUp() {
	s.strike()
	go func() { s.must(s.reading.page("").Cancel(s.t.Context())) }()
}

// pulled are cards taken out, at every stage.
var pulled = []mishap{
	{name: "card pulled before the PIN", in: nothing, want: endsAs(api.Cancelled, 0),
		see: func(s *scene, e api.Event) {
			if e.State == api.NoCard {
				s.giveUp()
			}
		}},
	{name: "card pulled while the PIN page is open", want: endsAs(api.CardRemoved, 0),
		press: func(ctx context.Context, s *scene, p *agenttest.PINPage) (string, error) {
			s.strike()
			s.must(s.desk.Remove())
			return stays(ctx, s, p)
		}},
	{name: "card pulled between PIN and signature", faults: strikes("C_SignInit", softcard.TakeOut), want: endsAs(api.CardRemoved, 1)},
	{name: "card pulled during the signature", faults: hang, want: endsAs(api.CardRemoved, 1),
		fired: func(s *scene) {
			s.must(s.desk.Remove())
			s.must(s.desk.Fail())
		}},
	{name: "card pulled after the signature", keeps: true,
		faults: []softcard.Fault{{Function: "C_Logout", Nth: 2, Once: true, Do: softcard.TakeOut}},
		want:   expected{ended: []api.State{""}, tries: softcard.MaxTries, compared: 1, signed: 1, within: stuck}},
}

// mistyped are PINs that do not sign.
var mistyped = []mishap{
	{name: "wrong PIN, then cancel", want: expected{ended: []api.State{api.Cancelled}, tries: 2, compared: 1, within: stuck},
		press: func(_ context.Context, s *scene, p *agenttest.PINPage) (string, error) {
			if p.Error == "" {
				return s.wrong[s.round%3], nil
			}
			s.strike()
			return "", agenttest.ErrPressCancel
		}},
	{name: "wrong PIN, then the right one", keeps: true,
		want: expected{ended: []api.State{""}, tries: softcard.MaxTries, compared: 2, signed: 1, within: stuck},
		press: func(_ context.Context, s *scene, p *agenttest.PINPage) (string, error) {
			if p.Error == "" {
				return s.wrong[s.round%3], nil
			}
			s.strike()
			return s.pins[s.own], nil
		}},
	{name: "cancel", want: endsAs(api.Cancelled, 0),
		press: func(ctx context.Context, s *scene, p *agenttest.PINPage) (string, error) {
			s.strike()
			switch {
			case s.even():
				return "", agenttest.ErrPressCancel
			case s.round%2 == 0: // with her PIN typed already
				_, err := p.CancelTyped(ctx, s.pins[s.own])
				if err != nil {
					return "", err
				}
			default:
				s.giveUp()
			}
			return stays(ctx, s, p)
		}},
	{name: "blocked PIN", want: expected{ended: []api.State{api.PINBlocked}, tries: 0, compared: 3, within: stuck},
		press: func(_ context.Context, s *scene, _ *agenttest.PINPage) (string, error) {
			s.strike()
			s.typed++
			return s.wrong[s.typed%3], nil
		},
		after: (*scene).staysBlocked},
}

// staysBlocked asks a blocked card, which is given no PIN, and has it unblocked.
func (s *scene) staysBlocked() {
	before := s.events()
	_, err := s.sign(s.own, s.ask())
	if end := endOf(err); !slices.Contains(s.want.ended, end) {
		s.t.Errorf("%s: asked again the reader says %q", s.name, end)
	}
	if now := s.events(); now != before {
		s.t.Errorf("%s: asked again the card was given PINs: %+v after %+v", s.name, now, before)
	}
	s.must(s.desk.ResetTries(cardOf(s.own)))
}

// swapped are cards of somebody else.
var swapped = []mishap{
	{name: "other card instead", in: other, want: endsAs(api.Cancelled, 0),
		see: func(s *scene, e api.Event) {
			if e.State == api.WrongPerson {
				s.giveUp()
			}
		},
		after: (*scene).refusesOther},
	{name: "other card while the PIN page is open", want: endsAs(api.CardRemoved, 0),
		press: func(_ context.Context, s *scene, _ *agenttest.PINPage) (string, error) {
			s.strike()
			s.must(s.desk.Insert(cardOf(s.another)))
			return s.pins[s.own], nil
		}},
	{name: "other card between PIN and signature", swaps: true, want: endsAs(api.CardRemoved, 1)},
}

// refusesOther has the other card sign the digest with its own PIN: the counter takes
// neither its certificate nor its value.
func (s *scene) refusesOther() {
	stranger := s.people[s.another].certificate()
	request := s.ask()
	request.Certificate = stranger.Certificate
	answer, err := s.sign(s.another, request)
	if err != nil {
		s.t.Fatalf("%s: the other card does not sign: %v", s.name, err)
	}
	at := "/fr/requests/" + s.e.request
	for path, body := range map[string]any{
		"/prepare": stranger,
		"/complete": map[string]any{"preparation": s.e.preparation, "signature": answer.Signature,
			"signatureAlgorithm": answer.SignatureAlgorithm},
	} {
		a, err := s.v.postJSON(s.t.Context(), at+path, jsonOf(s.t, body))
		s.must(err)
		otherRefused(path, a).report(s.t)
	}
}

func jsonOf(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// otherRefused wants the counter to refuse what another card gives, and to say so.
func otherRefused(step string, a answer) (f findings) {
	if a.status < 400 || a.status >= 500 || a.state() == "" {
		f.add("F11: %s with another card is answered %d, state %q", step, a.status, a.state())
	}
	return f
}

// left are browsers closed, at every stage.
var left = []mishap{
	{name: "browser closed before the PIN", in: nothing, want: endsAs(closed, 0),
		see: func(s *scene, e api.Event) {
			if e.State == api.NoCard {
				s.strike()
				s.close()
			}
		}},
	{name: "browser closed while the PIN page is open", want: endsAs(closed, 0),
		press: func(ctx context.Context, s *scene, p *agenttest.PINPage) (string, error) {
			s.strike()
			s.close()
			return stays(ctx, s, p)
		}},
	{name: "PIN page closed", want: expected{ended: []api.State{api.Cancelled}, tries: softcard.MaxTries, within: gone + stuck},
		press: func(ctx context.Context, s *scene, p *agenttest.PINPage) (string, error) {
			s.must(openAndClose(ctx, p.URL+"/alive"))
			s.strike()
			return stays(ctx, s, p)
		}},
	{name: "browser closed during the signature", faults: hang, want: endsAs(closed, 1), fired: func(s *scene) { s.close() }},
	{name: "browser closed, and the card signs to the end", faults: hang, maybe: true,
		want: expected{ended: []api.State{closed, ""}, tries: softcard.MaxTries, compared: 1, within: stuck}, // who is faster
		fired: func(s *scene) {
			s.close()
			s.must(s.desk.Fail())
			await(s.t, "the end of the process that signs", time.Minute, func() bool { return childrenOf(s.cmd.Process.Pid) == 1 })
		}},
	{name: "browser closed after the signature", want: expected{ended: []api.State{""}, tries: softcard.MaxTries, compared: 1, signed: 1, within: stuck}},
	{name: "browser closed before the answer of the counter", keeps: true, lost: true,
		want: expected{ended: []api.State{""}, tries: softcard.MaxTries, compared: 1, signed: 1, within: stuck}},
}

// openAndClose is a tab whose script has begun to listen, and that is closed.
func openAndClose(ctx context.Context, url string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// broken are modules that crash or hang.
var broken = []mishap{
	{name: "module crashes before it has the PIN", faults: strikes("C_Login", softcard.Crash), want: endsAs(api.Technical, 0)},
	{name: "module crashes during the signature", faults: strikes("C_Sign", softcard.Crash), want: endsAs(api.Technical, 1)},
	{name: "module hangs, and the member gives up", faults: hang, want: endsAs(api.Cancelled, 1), fired: (*scene).giveUp},
}

// hanging waits for the deadline.
var hanging = mishap{name: "module hangs until it is killed", faults: hang,
	want: expected{ended: []api.State{api.Technical}, tries: softcard.MaxTries, compared: 1, within: modules}}

// TestCardFaults has everything go wrong at the reader while members sign (F11): with a
// real counter, a real guichet-reader and cards that count. The request stays to be
// signed and then is; nothing is left; and no PIN comes into counter or reader.
func TestCardFaults(t *testing.T) {
	t.Parallel()
	for name, mishaps := range grouped(map[string][]mishap{
		"pulled": pulled, "mistyped": mistyped, "swapped": swapped, "left": left, "broken": broken, "hanging": {hanging},
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newReading(t)
			w.serve(t)
			w.signInAll(t, func(member int, nonce string) ([]byte, error) {
				return w.page(w.pins[member]).Authenticate(t.Context(), nonce)
			})
			w.settle(t)
			for _, m := range mishaps {
				for round := range often(1, 20) {
					w.suffer(t, m, round)
				}
			}
			e := w.gather(t, w.sittings)
			e.check(false).report(t)
			if want := len(mishaps) * often(1, 20); len(e.vault) != want {
				t.Errorf("%d documents, want %d", len(e.vault), want)
			}
			t.Logf("%s\n%d documents", w.sums(), len(e.vault))
		})
	}
}

// grouped are the groups, each for a counter and a reader of its own; in make test one
// of all, since it takes longer to set them up than to use them once.
func grouped[M any](groups map[string][]M) map[string][]M {
	if often(0, 1) == 1 {
		return groups
	}
	var all []M
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		all = append(all, groups[name]...)
	}
	return map[string][]M{"all": all}
}
