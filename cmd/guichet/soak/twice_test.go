package soak

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// together does a thing n times at once.
func together(n int, do func(i int) (answer, error)) ([]answer, []error) {
	answers, errs := make([]answer, n), make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			answers[i], errs[i] = do(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return answers, errs
}

// tab is another tab of the same browser.
func (v *visitor) tab() *browser { return &browser{v.address, clone(v.cookies), v.seen, nil} }

// TestTwice sends every form again (F14), because its answer was lost, several times at
// once, and once more later: one effect, one answer.
func TestTwice(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { twice(t, plan{people: 2}) })
	t.Run("PostgreSQL", func(t *testing.T) {
		database := storetest.Start(t, true).Database(t)
		twice(t, plan{people: 2, remote: database, store: store.Config{Database: database}})
	})
}

func twice(t *testing.T, plan plan) {
	t.Parallel()
	p := newPlace(t, plan)
	s := p.start(t)
	visitors := []*visitor{p.visitor(0), p.visitor(1)}
	rounds := often(6, 1000)
	for round := range rounds {
		v := visitors[round%2]
		v.begin([]string{"orders", "bank"}[round/2%2])
		if err := v.again(t, round); err != nil {
			t.Fatal(err)
		}
	}
	p.gather(t, visitors).check(false).report(t)
	for _, v := range visitors {
		sameAnswer(t, "sign out", 2, func() (answer, error) { return v.tab().postForm(t.Context(), "/fr/sign-out", url.Values{}) })
	}
	s.stop(t)
	t.Logf("%d requests, each form of theirs sent once with its answer lost, three times at once, and once later", rounds)
}

// again does an errand, each step of it many times.
func (v *visitor) again(t *testing.T, round int) error {
	e := v.errand
	if err := v.filled(t.Context()); err != nil {
		return err
	}
	if err := v.loses(t); err != nil {
		return err
	}
	sameAnswer(t, e.action, 3, func() (answer, error) { return v.tab().postForm(t.Context(), e.action, e.form) })
	if err := v.until(t.Context(), freeze); err != nil {
		return err
	}
	at := "/fr/requests/" + e.request
	if round%3 == 0 {
		return v.end(t, decline, at+"/decline")
	}
	if err := v.until(t.Context(), read); err != nil {
		return err
	}
	tick := url.Values{"read": {"1"}}
	sameAnswer(t, at+"/read", 3, func() (answer, error) { return v.tab().postForm(t.Context(), at+"/read", tick) })
	if err := v.until(t.Context(), prepare); err != nil {
		return err
	}
	if round%2 == 0 {
		if err := v.loses(t); err != nil {
			return err
		}
	} else if err := v.asked(record{Do: complete, Request: e.request, Preparation: e.preparation}); err != nil {
		return err
	}
	sameAnswer(t, "complete", 3, func() (answer, error) { return v.tab().postJSON(t.Context(), at+"/complete", e.completion()) })
	if err := v.finish(t.Context()); err != nil {
		return err
	}
	if round%3 == 1 {
		return v.end(t, withdraw, at+"/withdraw")
	}
	return nil
}

// filled brings the errand to its form, ready to be sent.
func (v *visitor) filled(ctx context.Context) error {
	for v.errand.form == nil {
		if err := v.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// loses does the next step, whose answer gets lost on its way to the member.
func (v *visitor) loses(t *testing.T) error {
	v.onAnswer = func() {}
	if err := v.step(t.Context()); !errors.Is(err, errLost) {
		return fmt.Errorf("step whose answer is lost: %w", err)
	}
	return nil
}

// end declines or withdraws a request, several times.
func (v *visitor) end(t *testing.T, d deed, path string) error {
	t.Helper()
	e := v.errand
	if e == nil {
		e = v.done[len(v.done)-1]
	}
	_, form, err := v.page(t, path).form(path)
	if err != nil {
		return err
	}
	form.Set("reason", "Je me suis trompé.")
	r := record{Do: d, Request: e.request}
	if err := v.asked(r); err != nil {
		return err
	}
	for range 2 {
		sameAnswer(t, path, 3, func() (answer, error) { return v.tab().postForm(t.Context(), path, form) })
	}
	v.errand = nil
	return v.told(r)
}

// sameAnswer wants a thing done at once n times to succeed n times and in the same way.
func sameAnswer(t *testing.T, what string, n int, do func() (answer, error)) {
	t.Helper()
	answers, errs := together(n, func(int) (answer, error) { return do() })
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if f := different(what, answers); len(f) > 0 {
		f.report(t)
		t.FailNow()
	}
}

func different(what string, answers []answer) (f findings) {
	for i, a := range answers {
		first := answers[0]
		if a.status >= 400 || a.status != first.status || a.location != first.location || string(a.body) != string(first.body) {
			f.add("%s, sent %d times: answer %d: %d %q, first %d %q", what, len(answers), i, a.status, a.location, first.status, first.location)
		}
	}
	return f
}

// TestTabs lets tabs fight over one request (F13): two completions with values of their
// own, the first of them twice, and a refusal to sign. One end wins, whoever loses is
// told that the request is no longer open, and the trail knows of one end.
func TestTabs(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 2})
	s := p.start(t)
	visitors := []*visitor{p.visitor(0), p.visitor(1)}
	won := map[string]int{}
	for round := range often(15, 1000) {
		v := visitors[round%2]
		if err := v.oneNonce(t.Context()); err != nil {
			t.Fatal(err)
		}
		won[v.fight(t)]++
	}
	e := p.gather(t, visitors)
	e.check(false).report(t)
	s.stop(t)
	t.Logf("who won: %v", won)
}

// oneNonce sends one token twice at once, from one browser: one session comes of it.
func (v *visitor) oneNonce(ctx context.Context) error {
	clear(v.cookies)
	token, err := v.challenge(ctx)
	if err != nil {
		return err
	}
	tabs := []*browser{v.tab(), v.tab()}
	if err := v.asked(record{Do: signIn}); err != nil {
		return err
	}
	answers, errs := together(2, func(i int) (answer, error) { return tabs[i].postJSON(ctx, "/fr/sign-in/card", token) })
	in := 0
	for i, a := range answers {
		switch {
		case errs[i] != nil:
			return errs[i]
		case a.status == http.StatusOK:
			in++
			v.cookies = tabs[i].cookies
		case a.state() != "timeout":
			return &refusal{"losing a race of tokens", a}
		}
	}
	if in != 1 {
		return fmt.Errorf("one token began %d sessions", in)
	}
	return v.told(record{Do: signIn})
}

// fight prepares a request twice and lets everything happen at once.
func (v *visitor) fight(t *testing.T) (winner string) {
	t.Helper()
	first := v.begin("orders")
	if err := v.until(t.Context(), prepare); err != nil {
		t.Fatal(err)
	}
	second := *first
	second.value, second.digest = nil, nil
	if err := v.prepare(t.Context(), &second); err != nil {
		t.Fatal(err)
	}
	at := "/fr/requests/" + first.request
	_, form, err := v.page(t, at+"/decline").form("/decline")
	if err != nil {
		t.Fatal(err)
	}
	tries := []struct {
		name string
		r    record
		do   func(b *browser) (answer, error)
	}{
		{"first value", record{Do: complete, Request: first.request, Preparation: first.preparation},
			func(b *browser) (answer, error) { return b.postJSON(t.Context(), at+"/complete", first.completion()) }},
		{"second value", record{Do: complete, Request: first.request, Preparation: second.preparation},
			func(b *browser) (answer, error) { return b.postJSON(t.Context(), at+"/complete", second.completion()) }},
		{"refusal", record{Do: decline, Request: first.request},
			func(b *browser) (answer, error) { return b.postForm(t.Context(), at+"/decline", form) }},
	}
	tries = append(tries, tries[0])
	for _, try := range tries {
		if err := v.asked(try.r); err != nil {
			t.Fatal(err)
		}
	}
	answers, errs := together(len(tries), func(i int) (answer, error) { return tries[i].do(v.tab()) })
	for i, a := range answers {
		name := tries[i].name
		switch {
		case errs[i] != nil:
			t.Fatal(errs[i])
		case a.status < 400 && winner != "" && winner != name:
			t.Errorf("%s and %s both won", winner, name)
		case a.status < 400:
			winner = name
			if err := v.told(tries[i].r); err != nil {
				t.Fatal(err)
			}
		case a.status != http.StatusConflict:
			t.Errorf("%s lost with %d: %s", name, a.status, a.body)
		case a.header.Get("Content-Type") != "text/html; charset=utf-8" && a.state() != "not_open" && a.state() != "changed":
			t.Errorf("%s lost as %q", name, a.state())
		}
	}
	want := map[string]string{"refusal": "declined", "first value": "signed", "second value": "signed", "": "an end"}[winner]
	if s := v.page(t, at).badge(); s != want {
		t.Errorf("%s won, and the request is %s", winner, s)
	}
	v.errand = nil
	return winner
}
