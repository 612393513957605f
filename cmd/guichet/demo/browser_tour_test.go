package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// filled is a member's file in which every page has something to show: ids of requests
// by how far they are, and of a document.
type filled struct {
	open, signed, declined, withdrawn string // requests
	document                          string
}

// filled gives Mathieu such a file, once for all tests.
func (s *stage) filled(t *testing.T) filled {
	t.Helper()
	if s.file == (filled{}) {
		s.file = s.fill(t, "mathieu")
	}
	return s.file
}

// fill gives the member of that card such a file, over HTTP and with the card.
func (s *stage) fill(t *testing.T, card string) filled {
	t.Helper()
	ctx := t.Context()
	j, err := s.journey(io.Discard, "")
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("filling the file of %s: %v", card, err)
		}
	}
	must(j.signIn(ctx, card))
	request := func() string {
		t.Helper()
		must(j.ask(ctx))
		return strings.Split(j.browser.at.Path, "/")[3]
	}
	var f filled
	f.signed = request()
	must(j.sign(ctx))
	must(j.browser.open(ctx, j.prefix+"documents"))
	must(j.browser.follow(ctx, j.prefix+"documents/"))
	f.document = strings.Split(j.browser.at.Path, "/")[3]

	f.withdrawn = request()
	must(j.sign(ctx))
	must(j.browser.open(ctx, j.prefix+"requests/"+f.withdrawn+"/withdraw"))
	must(j.browser.submit(ctx, "/withdraw", map[string]string{"reason": "Je garde mon ancien compte."}))

	f.declined = request()
	must(j.browser.open(ctx, j.prefix+"requests/"+f.declined+"/decline"))
	must(j.browser.submit(ctx, "/decline", nil))

	f.open = request()
	return f
}

// ask asks for another bank account, up to the document to sign.
func (j *journey) ask(ctx context.Context) error {
	if err := j.browser.open(ctx, j.prefix+"bank/change"); err != nil {
		return err
	}
	err := j.browser.submit(ctx, "/bank/change/check", map[string]string{
		"iban": "BE68 5390 0754 7034", "holder": "Mathieu Delcourt", "from": j.browser.choice("from")})
	if err != nil {
		return err
	}
	return j.browser.submit(ctx, "/bank/change/send", nil)
}

// stop is a page of the tour: the route it belongs to, a name, and the way there.
type stop struct {
	route string // method and path, as portal.Routes lists it
	name  string
	way   func(w *window, base string, f filled)
}

// view is a stop that one reaches by its address.
func view(path, name string, address func(filled) string) stop {
	return stop{"GET " + path, name, func(w *window, base string, f filled) {
		w.t.Helper()
		if status := w.visit(base + address(f)); status != 200 {
			w.fail("%s answers %d", address(f), status)
		}
	}}
}

func plain(path string) stop { return view(path, path, func(filled) string { return path }) }

// form is a stop behind a form: what a script fills in before it is sent.
func form(path, name, from, fill, button string) stop {
	return stop{"POST " + path, name, func(w *window, base string, f filled) {
		w.t.Helper()
		w.visit(base + strings.ReplaceAll(from, ":id", f.open))
		w.run(fill)
		w.leave(func() { w.click(button) })
	}}
}

const (
	fillBank = `document.getElementById("iban").value = "BE68539007547034"; document.getElementById("holder").value = "Mathieu Delcourt"; document.getElementById("from-1").checked = true`
	fillTrip = `document.getElementById("departure-day").value = "3"; document.getElementById("departure-month").value = "2"; document.getElementById("departure-year").value = "2027"; document.getElementById("country").value = "Portugal"`
	sendForm = "main form button.button"
)

// publicStops are the pages for who is not signed in.
var publicStops = []stop{
	plain("sign-in"), plain("sign-in/card"), plain("sign-in/password"), plain("signed-out"),
	plain("signed-out/everywhere"), plain("kiosk"),
	view("sign-in/answer/:outcome", "cancelled at the provider", func(filled) string { return "sign-in/answer/cancelled?by=csam&next=bank" }),
	view("sign-in", "after the end of a session", func(filled) string { return "sign-in?ended=1&next=bank" }),
	view("sign-in", "after an undone change of address", func(filled) string { return "sign-in?told=undone" }),
	view("sign-in/answer/:outcome", "cancelled an approval", func(filled) string { return "sign-in/answer/cancelled?by=csam&for=approve&next=requests" }),
	view("sign-in/disabled", "reactivation asked", func(filled) string { return "sign-in/disabled?reference=T-4K7P-118" }),
	plain("bank/stopped"), plain("recover"), plain("recover/password"), view("recover/sent", "a link is on its way", func(filled) string { return "recover/sent?way=link" }),
	plain("check"), plain("cannot-connect"), view("cannot-connect/sent", "a message was taken", func(filled) string { return "cannot-connect/sent?reference=T-4K7P-118&by=2026-11-23" }),
	view("recover/sent", "a letter is on its way", func(filled) string { return "recover/sent?way=letter" }),
	plain("enrol"), plain("enrol/letter"), plain("enrol/letter/asked"),
	form("enrol/letter", "a number that cannot be one", "enrol/letter", `document.getElementById("number").value = "1"`, sendForm),
	plain("help"), plain("help/card"), selfTestStop, plain("help/accessibility"), plain("help/privacy"),
	view("help/card", "help with a code", func(filled) string { return "help/card?code=7K2M-QX41" }),
}

// selfTestStop waits until the page has looked at everything.
var selfTestStop = stop{"GET help/self-test", "self-test", func(w *window, base string, f filled) {
	w.t.Helper()
	plain("help/self-test").way(w, base, f)
	w.tested()
}}

// memberStops are the pages of a member, in their filled state.
var memberStops = []stop{
	plain("home"), plain("account"), plain("account/access"), plain("account/password"), plain("account/email"), plain("bank"), plain("bank/change"),
	plain("orders"), plain("orders/ehic"), plain("orders/ehic/certificate"), plain("requests"), plain("papers"), plain("documents"),
	form("bank/reveal", "bank with the number shown", "bank", "", sendForm),
	{"GET bank/change/check", "bank change to check", form("", "", "bank/change", fillBank, sendForm).way},
	{"GET bank/change", "bank change, an answer to change", func(w *window, base string, f filled) {
		form("", "", "bank/change", fillBank, sendForm).way(w, base, f)
		w.leave(func() { w.click(`main .change a`) })
	}},
	{"GET orders/ehic/check", "order to check", form("", "", "orders/ehic", fillTrip, sendForm).way},
	{"GET orders/ehic", "order, an answer to change", func(w *window, base string, f filled) {
		form("", "", "orders/ehic", fillTrip, sendForm).way(w, base, f)
		w.leave(func() { w.click(`main .change a`) })
	}},
	view("requests/:id", "request to sign", func(f filled) string { return "requests/" + f.open }),
	view("requests/:id", "request signed", func(f filled) string { return "requests/" + f.signed }),
	view("requests/:id", "request declined", func(f filled) string { return "requests/" + f.declined }),
	view("requests/:id", "request withdrawn", func(f filled) string { return "requests/" + f.withdrawn }),
	view("requests/:id/read", "document to read", func(f filled) string { return "requests/" + f.open + "/read" }),
	view("requests/:id/read", "document read again", func(f filled) string { return "requests/" + f.signed + "/read" }),
	view("requests/:id/sign", "document to sign", func(f filled) string { return "requests/" + f.open + "/sign" }),
	view("requests/:id/approve", "document to approve", func(f filled) string { return "requests/" + f.open + "/approve" }),
	view("requests/:id/done", "done", func(f filled) string { return "requests/" + f.signed + "/done" }),
	view("requests/:id/decline", "decline", func(f filled) string { return "requests/" + f.open + "/decline" }),
	view("requests/:id/withdraw", "withdraw", func(f filled) string { return "requests/" + f.signed + "/withdraw" }),
	plain("enrol/opened"),
	view("documents", "documents of no kind", func(filled) string { return "documents?kind=ehic-order" }),
	view("documents/:id", "document", func(f filled) string { return "documents/" + f.document }),
	view("documents/:id/report", "report", func(f filled) string { return "documents/" + f.document + "/report" }),
}

// notPages are the routes that answer with something else than a page of their own.
var notPages = map[string]string{
	"POST sign-in/card/challenge": "JSON",
	"POST sign-in/card":           "JSON",
	"POST stay":                   "JSON",

	"POST sign-in/password":          "redirect; its 422 is among those of the password",
	"POST sign-in/password/forget":   "redirect",
	"GET sign-in/password/new":       "among those of the password",
	"POST sign-in/password/new":      "redirect; its 422 is among those of the password",
	"POST sign-in/disabled":          "redirect",
	"POST account/sessions/:id/end":  "redirect",
	"GET account/sign-ins/:id/deny":  "among those of the password",
	"POST account/sign-ins/:id/deny": "redirect",
	"POST account/password":          "redirect; its 422 is among those of the password",
	"POST account/email":             "redirect",
	"GET recover/link/:secret":       "among those of recovery",
	"POST recover/link/:secret":      "among those of recovery",
	"POST recover/password":          "redirect; its 422 is among those of recovery",
	"POST cannot-connect":            "redirect; its 422 is among those of recovery",
	"GET email/confirm/:secret":      "among those of the password",
	"POST email/confirm/:secret":     "redirect",
	"GET email/undo/:secret":         "among those of the password",
	"POST email/undo/:secret":        "redirect",

	"POST check":                      "redirect",
	"POST check/file":                 "among those of the check",
	"GET check/answer":                "among those of the check",
	"GET check/answer/proof.pdf":      "PDF",
	"POST kiosk/print":                "no content",
	"POST kiosk/amounts":              "redirect",
	"GET documents/:id/proof.pdf":     "PDF",
	"POST requests/:id/prepare":       "JSON",
	"POST requests/:id/complete":      "JSON",
	"POST sign-out":                   "redirect",
	"POST bank/change/send":           "redirect",
	"POST orders/ehic/send":           "redirect",
	"POST bank/change/check":          "redirect",
	"POST orders/ehic/certificate":    "leads to the document",
	"POST orders/ehic/check":          "redirect",
	"POST requests/:id/read":          "redirect; its 422 is among the faults",
	"POST requests/:id/decline":       "redirect; its 422 is among the faults",
	"POST requests/:id/withdraw":      "redirect",
	"GET bank/stop":                   "redirect; its page is in the journey of staff",
	"POST bank/stop":                  "redirect",
	"GET bank/stop/:secret":           "in the journey of staff",
	"POST bank/stop/:secret":          "redirect",
	"GET requests/:id/answer":         "redirect where nothing was asked",
	"POST requests/:id/answer":        "redirect where nothing was asked",
	"POST office/templates/:id/state": "redirect",
	"GET requests/:id/prove":          "redirect to a provider",
	"GET sign-in/federal/:provider":   "redirect to a provider",
	"POST sign-out/everywhere":        "leads on to the provider by itself",
	"POST requests/:id/approve":       "redirect; its pages are with those of the seal",
	"POST requests/:id/receipt":       "redirect; its 422 is that of the page to read",
	"GET requests/:id/document.pdf":   "PDF",
	"GET documents/:id/file.pdf":      "PDF",
}

// No route of the counter is left out of the tour.
func TestBrowserTourIsComplete(t *testing.T) {
	s := onStage(t)
	seen := map[string]bool{}
	for _, list := range [][]stop{publicStops, memberStops, officeDoorStops, officeStops(officePlace{})} {
		for _, stop := range list {
			seen[stop.route] = true
		}
	}
	for _, r := range s.portal.Routes() {
		route := r.Method + " " + r.Path
		if _, no := notPages[route]; !seen[route] && !no {
			t.Errorf("the tour does not visit %s", route)
		}
		delete(seen, route)
		delete(notPages, route)
	}
	for route := range seen {
		t.Errorf("the tour visits %s, which is no route", route)
	}
	for route := range notPages {
		t.Errorf("%s is no route any more", route)
	}
}

// setting is how a page is looked at.
type setting struct {
	lang  string
	width int64
	media []string
}

func (s setting) String() string {
	return strings.Join(append([]string{s.lang, fmt.Sprint(s.width)}, s.media...), " ")
}

// settings: each language once, each with a kind of screen of its own. A soak sees each
// language on an ordinary screen too.
var settings = func() []setting {
	all := []setting{
		{"fr", 1280, nil}, {"de", 320, nil},
		{"nl", 1280, []string{"forced-colors", "active"}}, {"en", 1280, []string{"prefers-color-scheme", "dark"}},
	}
	if os.Getenv("GUICHET_SOAK") != "" {
		all = append(all, setting{"nl", 1280, nil}, setting{"de", 1280, nil}, setting{"en", 1280, nil})
	}
	return all
}()

// Every page in its filled state, held to the rules of accessibility.
func TestBrowserTour(t *testing.T) {
	s := onStage(t)
	f := s.filled(t)
	member := s.window(t)
	member.signIn("mathieu", "fr")
	t.Run("settings", func(t *testing.T) {
		for _, setting := range settings {
			t.Run(setting.String(), func(t *testing.T) {
				t.Parallel()
				s.window(t).tour(publicStops, setting, f)
				member.beside(t).tour(memberStops, setting, f)
			})
		}
	})
}

// tour sees every route in its first state, and all its states in the first setting.
func (w *window) tour(stops []stop, at setting, f filled) {
	w.t.Helper()
	w.size(at.width, 900)
	w.media(at.media...)
	titles, seen := map[string]string{}, map[string]bool{}
	for _, stop := range stops {
		if seen[stop.route] && at.String() != settings[0].String() {
			continue
		}
		seen[stop.route] = true
		stop.way(w, "/"+at.lang+"/", f)
		w.judge(stop.name, at.lang)
		if !strings.HasPrefix(stop.route, "GET ") {
			continue // shows a page again that has its title already
		}
		title := eval[string](w, "document.title")
		if other, ok := titles[title]; ok && other != stop.route {
			w.t.Errorf("%s and %s have the same title %q", stop.route, other, title)
		}
		titles[title] = stop.route
	}
}
