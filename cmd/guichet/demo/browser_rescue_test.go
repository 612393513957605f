package demo

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/renewal"
	"guichet.example/portal/requests"
	"guichet.example/portal/rescue"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing"
)

// stuck leaves a document of the member behind for each cause there is, some of them given
// up, and one that nobody has tried yet.
func (s *stage) stuck(t *testing.T, member string) {
	t.Helper()
	login := auth.Login{Mutuality: mutualityID, Member: memberID(member), Method: auth.Card, Assurance: auth.High, Session: "s"}
	now := time.Now()
	details := map[rescue.Cause]string{
		rescue.Timestamp: "no timestamp: asking a timestamping authority: Post \"http://tsa.example/tsa\": dial tcp 192.0.2.7:80: connect: connection refused",
		rescue.Status:    "signer: no revocation evidence: evidence for certificate 0 of the path: revocation status cannot be had now: asking ocsp.eid.belgium.be: context deadline exceeded",
	}
	for i, cause := range rescue.Causes() {
		// Signed now: the demo would at once try what has waited.
		r, err := storetest.Signed(t.Context(), s.store, login, fmt.Sprintf("2026-STUCK-%d", i), []byte("%PDF-1.7\nstuck\n%%EOF\n"), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		detail := details[cause]
		if detail == "" {
			detail = "what the service or the library says, word for word"
		}
		words := string(cause) + ": " + detail
		if cause == rescue.Late || cause == rescue.Short {
			s.unrenewed(t, login, r, words, cause == rescue.Late)
			continue
		}
		out := requests.Raised{Raise: r, Cause: words, Tell: i%2 == 0, NextTry: now.Add(40 * time.Minute)}
		if cause == rescue.Revoked || cause == rescue.Unfit {
			out.GivenUp, out.NextTry = true, time.Time{}
		}
		if err := s.store.Raised(t.Context(), out); err != nil {
			t.Fatal(err)
		}
	}
}

// unrenewed makes it a document that was at B-LTA and could not be renewed.
func (s *stage) unrenewed(t *testing.T, login auth.Login, r requests.Raise, words string, dead bool) {
	t.Helper()
	now := time.Now()
	err := s.store.Raised(t.Context(), requests.Raised{Raise: r, PDF: []byte("%PDF-1.7\narchive\n%%EOF\n"), Level: signing.LevelLTA,
		Holds: now.Add(60 * 24 * time.Hour), Stamped: now.Add(-1000 * 24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	w := renewal.Window{Now: now, Before: renewal.DefaultBefore}
	j, err := s.store.LeaseRenewal(t.Context(), mutualityID, w, renewal.Name{Member: login.Member, Document: r.Document}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.store.Renewal(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	o := renewal.Outcome{Document: d, Holds: d.Holds, Cause: words, NextTry: now.Add(6 * 24 * time.Hour)}
	if dead {
		o.GivenUp, o.Tell, o.NextTry = true, true, time.Time{}
	}
	if err := s.store.Renewed(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// Administrators see each document that waits, why, what to do and when it is tried next,
// and have it tried now.
func TestBrowserRescue(t *testing.T) {
	s := onStage(t)
	s.everything(t, "Inès Collard")
	s.stuck(t, "mathieu")
	w := s.window(t)
	w.toOffice("ines", "fr")
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		w.visit("/" + lang + "/office/system/rescue")
		w.judge("rescue", lang)
		if n := eval[int](w, `document.querySelectorAll("main form[action*='/rescue/'] button").length`); n != len(rescue.Causes()) {
			t.Errorf("%s: %d documents with a button, want %d", lang, n, len(rescue.Causes()))
		}
	}
	w.visit("/en/office/system/rescue")
	const panels = `[...document.querySelectorAll("main .panel")].map((p) => p.innerText)`
	for _, text := range eval[[]string](w, panels) {
		// A cause and what to do, what is tried next, and whether somebody was told.
		for _, want := range []string{"Next try", "Task for the team", "What the service answered", "Try again"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %q", want, text)
			}
		}
		if given := strings.Contains(text, "Given up"); given == strings.Contains(text, "\nWaits\n") || given != strings.Contains(text, "None, but by the button") {
			t.Errorf("it neither waits nor was given up, or both: %q", text)
		}
	}
	w.sees("main", "GC-2026-STUCK-0")
	w.leave(func() { w.click(`main form[action*="/rescue/"] button`) })
	w.judge("rescue, tried", "en")
	w.visit("/en/office/queue?kind=stuck-document")
	w.judge("rescue, tasks", "en")
}
