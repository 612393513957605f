package soak

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestReplay sends every captured challenge, token, prepare and complete again (N8):
// at once, after a restart, with its own cookies, in another member's session, without
// any. Nothing succeeds but the member's own completion, which gets its first answer.
func TestReplay(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 2})
	s := p.start(t)
	v, other, mine := p.captured(t)
	p.replayAll(t, "at once", mine, v, other)
	s.kill()
	s = p.start(t)
	p.replayAll(t, "after a restart", mine, v, other)
	p.gather(t, []*visitor{v, other}).check(false).report(t)
	s.stop(t)
}

// TestReplayLater is TestReplay a second, six minutes and a day later.
func TestReplayLater(t *testing.T) {
	t.Parallel()
	in := openInside(t, 2, 30*time.Hour)
	in.serve(t)
	v, other, mine := in.captured(t)
	var passed time.Duration
	for _, later := range []time.Duration{time.Second, 6 * time.Minute, 24 * time.Hour} {
		in.clock.advance(later - passed)
		passed = later
		if later > 8*time.Hour {
			clear(other.cookies)
			if err := other.signIn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		in.replayAll(t, later.String()+" later", mine, v, other)
	}
}

// captured lets one member sign both kinds of document, which is recorded, and another
// sign in.
func (p *place) captured(t *testing.T) (v, other *visitor, mine []exchange) {
	t.Helper()
	v, other = p.visitor(0), p.visitor(1)
	for _, kind := range []string{"orders", "bank"} {
		v.begin(kind)
		if err := v.finish(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range p.seen.list() {
		if e.cardStep() != "" {
			mine = append(mine, e)
		}
	}
	if len(mine) != 6 {
		t.Fatalf("%d exchanges captured, want 6", len(mine))
	}
	if err := other.signIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return v, other, mine
}

// steps of the card, by how their address ends.
var cardSteps = []string{"/sign-in/card/challenge", "/sign-in/card", "/prepare", "/complete"}

// cardStep is the step that an exchange is, "" if it is none.
func (e exchange) cardStep() string {
	for _, step := range cardSteps {
		if e.method == "POST" && strings.HasSuffix(e.path, step) {
			return step
		}
	}
	return ""
}

// replayAll sends what v sent again in every way there is, and wants the trail to know
// of no new sign-in, preparation or completion.
func (p *place) replayAll(t *testing.T, when string, mine []exchange, v, other *visitor) {
	t.Helper()
	before := p.effects(t)
	seen := &seen{} // replays are not captured
	var f findings
	for _, e := range mine {
		if e.cardStep() == "/prepare" || e.cardStep() == "/complete" {
			f = append(f, replay(t.Context(), &browser{p.address, map[string]string{}, seen, nil}, e, "without cookies")...)
			f = append(f, replay(t.Context(), &browser{p.address, clone(other.cookies), seen, nil}, e, "as another member")...)
			f = append(f, replay(t.Context(), &browser{p.address, clone(v.cookies), seen, nil}, e, "own")...)
			continue
		}
		for name, cookies := range map[string]map[string]string{"without cookies": {}, "as another member": other.cookies,
			"in her session": v.cookies, "with its own cookies": e.cookies} {
			f = append(f, replay(t.Context(), &browser{p.address, clone(cookies), seen, nil}, e, name)...)
		}
	}
	if after := p.effects(t); after != before {
		f.add("N8: replays left their mark: %s before, %s after", before, after)
	}
	for i := range f {
		f[i] = when + ": " + f[i]
	}
	f.report(t)
	t.Logf("%s: %d captured requests sent again, each in 3 or 4 ways", when, len(mine))
}

func clone(cookies map[string]string) map[string]string {
	c := map[string]string{}
	for name, value := range cookies {
		c[name] = value
	}
	return c
}

// replay sends the exchange again from that browser and says what should not succeed.
func replay(ctx context.Context, b *browser, e exchange, how string) (f findings) {
	session := b.cookies["__Host-session"]
	a, err := b.send(ctx, e.method, e.path, e.contentType, e.body)
	if err != nil {
		f.add("N8: replaying %s: %v", e.path, err)
		return f
	}
	if now := b.cookies["__Host-session"]; now != "" && now != session {
		f.add("N8: %s, replayed %s, begins a session", e.path, how)
	}
	same := string(a.body) == string(e.answer.body)
	switch {
	case a.status >= 500:
		f.add("N8: %s, replayed %s, answered %d", e.path, how, a.status)
	case e.cardStep() == "/sign-in/card/challenge":
		if a.status != 200 || same {
			f.add("N8: a challenge asked for %s: %d, the same nonce %v", how, a.status, same)
		}
	case e.cardStep() == "/complete" && how == "own" && a.status == 200:
		if !same {
			f.add("N8: completing again answered %s, first %s", a.body, e.answer.body)
		}
	case a.status < 400:
		f.add("N8: %s, replayed %s, answered %d", e.path, how, a.status)
	}
	return f
}

// effects counts what members achieved, by the trail.
func (p *place) effects(t *testing.T) string {
	t.Helper()
	e := &evidence{}
	p.exportAudit(t, e)
	n := map[string]int{}
	for _, r := range e.rows {
		if r.Outcome == "done" {
			n[r.Action]++
		}
	}
	return fmt.Sprint(n["session.sign-in"], " sign-ins, ", n["request.freeze"], " requests, ", n["request.prepare"],
		" preparations, ", n["request.complete"], " completions")
}
