package soak

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
)

// TestSecretsStayIn walks members through good and bad luck, and then looks through
// all that the counter wrote for what should not stand there: its log, error pages,
// addresses, temporary files and audit trail (N11), and the database with its log,
// open, after a kill, and closed (N12).
func TestSecretsStayIn(t *testing.T) {
	t.Parallel()
	services := certstest.Start(t)
	p := newPlace(t, plan{people: 4, services: services})
	s := p.start(t)
	visitors := []*visitor{p.visitor(0), p.visitor(1)}
	for i, v := range visitors {
		v.begin([]string{"bank", "orders"}[i])
		if err := v.finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.mischief(t, v)
		v.begin("bank")
		if err := v.until(t.Context(), prepare); err != nil {
			t.Fatal(err)
		}
	}
	p.strangers(t)
	s.leavesNoDump(t)
	hidden := secrets{}
	for _, o := range p.people {
		hidden.person(o)
	}
	hidden.wire(p.seen.list())
	hidden.keyFiles(t, p.keys)

	at := hidden.with("%PDF-", "the beginning of a PDF").with(typed, "what a member typed")
	p.rests(t, "while open", at)
	s.kill()
	p.rests(t, "after a kill", at)
	s = p.start(t)
	for _, v := range visitors {
		if err := v.finish(t.Context()); err != nil {
			t.Error(err)
		}
	}
	hidden.wire(p.seen.list())
	e := p.gather(t, visitors)
	e.check(false).report(t)
	s.stop(t)
	p.rests(t, "once closed", at)
	p.writtenDown(t, hidden, e)
}

// leavesNoDump wants the process to write no core dump should it crash: its memory
// holds keys and documents.
func (s *process) leavesNoDump(t *testing.T) {
	t.Helper()
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`Max core file size +0 +0`).Match(limits) {
		t.Errorf("core dumps are not switched off: %s", limits)
	}
}

// with is the same and one more value.
func (s secrets) with(value, what string) secrets {
	more := secrets{value: what}
	for v, w := range s {
		more[v] = w
	}
	return more
}

// typed is a reason that a member gives, with what does not belong there.
const typed = "Je préfère garder mon ancien compte, je vous l'ai écrit mardi."

// mischief is what members send by mistake, or for fun.
func (p *place) mischief(t *testing.T, v *visitor) {
	t.Helper()
	number, iban := v.number, v.iban
	e := v.begin("bank")
	if err := v.until(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	at := "/fr/requests/" + e.request
	form := func(path string, values url.Values) {
		_, err := v.postForm(t.Context(), path, values)
		// Who is refused while still sending may not get to read why.
		if err != nil && (!errors.Is(err, errLost) || len(values.Encode()) < 64<<10) {
			t.Fatal(err)
		}
	}
	script := func(path, body string) {
		if _, err := v.postJSON(t.Context(), path, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	look := func(path string) {
		if _, err := v.get(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	form("/fr/bank/change/check", url.Values{"iban": {iban[:len(iban)-1] + "X"}, "holder": {number}, "from": {number}})
	form("/fr/bank/change/check", url.Values{"iban": {iban}, "holder": {strings.Repeat(number, 600)}})
	form("/fr/bank/change/send", url.Values{"iban": {iban, newIBAN}})
	form("/fr/bank/change/send", url.Values{"iban": {strings.Repeat("9", 70<<10)}})
	form("/fr/orders/ehic/check", url.Values{"country": {number}, "departure-day": {"1234"}})
	form("/fr/bank/change/"+number, url.Values{"pin": {"1234"}})
	script(at+"/prepare", `{"certificate":"`+number+`"}`)
	script(at+"/prepare", `{"pin":"1234"`)
	script(at+"/complete", `{"preparation":"`+number+`","signature":"`+iban+`"}`)
	script(at+"/complete", `{"preparation":"abcdefghijklmnopqrstuvwxyz","signature":"AAAA","pin":"1234"}`)
	script("/fr/sign-in/card", `{"unverifiedCertificate":"`+number+`","algorithm":"ES384","signature":"`+iban+`","format":"web-eid:1.0"}`)
	script("/fr/sign-in/card", number)
	look("/fr/requests/" + number)
	look("/fr/documents/" + iban + "/file.pdf")
	look("/fr/documents?kind=" + number + "&year=" + iban + "&before=" + number)
	look("/fr/sign-in?next=" + number)
	look("/" + number + "/home")
	look("/fr/home?iban=" + iban)
	r := record{Do: decline, Request: e.request}
	if err := v.asked(r); err != nil {
		t.Fatal(err)
	}
	form(at+"/decline", url.Values{"reason": {typed + " " + iban + " " + number}})
	if err := v.told(r); err != nil {
		t.Fatal(err)
	}
}

// strangers are refused at the door: a withdrawn card, a card whose services are gone,
// and a person the mutuality does not know.
func (p *place) strangers(t *testing.T) {
	t.Helper()
	withdrawn := p.visitor(2)
	if err := p.services.Revoke(withdrawn.card.Authentication.Certificate, time.Time{}, 1); err != nil {
		t.Fatal(err)
	}
	stranger, err := p.newPerson(9)
	if err != nil {
		t.Fatal(err)
	}
	p.people = append(p.people, stranger)
	p.unknown++
	unknown := &visitor{browser: newBrowser(p.address, &p.seen), person: stranger, place: p}
	for _, v := range []*visitor{withdrawn, unknown} {
		if err := v.signIn(t.Context()); err == nil {
			t.Errorf("%s signs in", v.sur)
		}
	}
	if err := p.services.Control().Set(certstest.OCSP, certstest.Garbage); err != nil {
		t.Fatal(err)
	}
	if err := p.visitor(3).signIn(t.Context()); err == nil {
		t.Error("signed in without an answer on the card")
	}
	p.services.Control().Reset()
}

// rests looks at what lies on the disk.
func (p *place) rests(t *testing.T, when string, hidden secrets) {
	t.Helper()
	found := false
	for name, content := range files(t, p.data) {
		f := hidden.markers(name+", "+when, content)
		f.report(t)
		found = found || bytes.Contains(content, []byte(p.people[0].sur))
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", name, info.Mode().Perm())
		}
	}
	if !found {
		t.Errorf("%s, the search does not find a name that rests in clear", when)
	}
}

// writtenDown looks through what the counter says and leaves.
func (p *place) writtenDown(t *testing.T, hidden secrets, e *evidence) {
	t.Helper()
	for _, file := range []string{p.log, e.export, e.heads} {
		text, err := os.ReadFile(file)
		if err != nil || len(text) == 0 {
			t.Fatalf("%s: %d bytes, %v", file, len(text), err)
		}
		hidden.scan(file, text).report(t)
	}
	pages := 0
	for _, e := range p.seen.list() {
		if e.answer.status >= 400 && e.answer.status != 422 { // a form shown again holds what was typed
			pages++
			// The address itself comes back in the links to other languages and to signing in.
			asked := strings.TrimPrefix(e.path, "/fr/")
			body := strings.NewReplacer(asked, "", url.QueryEscape(asked), "").Replace(string(e.answer.body))
			hidden.scan("the error page of "+e.path, []byte(body)).report(t)
		}
		if !strings.Contains(e.path, "?") { // what a browser was made to ask for comes back as a link
			hidden.scan("the address that "+e.path+" leads to", []byte(e.answer.location)).report(t)
		}
	}
	if pages < 10 {
		t.Errorf("%d error pages, want 10 and more", pages)
	}
	for name, content := range files(t, p.temp) {
		t.Errorf("%s is left, %d bytes", name, len(content))
	}
	t.Logf("%d secrets looked for in log, %d error pages, trail and database", len(hidden), pages)
}
