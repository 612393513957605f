package portal_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"guichet.example/portal"
	"guichet.example/portal/feature"
	"guichet.example/portal/locale"
	"guichet.example/portal/store/storetest"
	"guichet.example/reader/api"
)

// without starts the counter anew on the store of the matrix, without some features.
// Sessions and objects stay.
func (m *matrix) without(off feature.Off) {
	m.t.Helper()
	cfg := m.cfg
	cfg.Mutuality.Off = off
	p, err := portal.New(cfg)
	ok(m.t, err)
	m.Portal = p
}

// watchers are nobody, the member with her card, and the officer with every role.
func (m *matrix) watchers() []*asker {
	var list []*asker
	for _, a := range m.askers {
		if a.name == "none" || a.way == "card" && !a.booth || a.desk == "all" {
			list = append(list, a)
		}
	}
	return list
}

// place is the address of a route for an asker, with an object of hers; found is false
// where the matrix has none.
func (m *matrix) place(a *asker, r portal.Route) (path string, found bool) {
	path = "/fr/" + r.Path
	k, parametric, _ := parameter(r.Path)
	if !parametric {
		return path, true
	}
	id := missing
	if k != secret && k != word {
		if id, found = m.objectFor(a, "own", k); !found {
			return "", false
		}
	}
	before, after, _ := strings.Cut(path, ":")
	if _, rest, more := strings.Cut(after, "/"); more {
		id += "/" + rest
	}
	return before + id, true
}

// places are the addresses of all routes, for each that watches.
func (m *matrix) places() map[*asker]map[string]string {
	places := map[*asker]map[string]string{}
	for _, a := range m.watchers() {
		places[a] = map[string]string{}
		for _, r := range m.Routes() {
			if path, found := m.place(a, r); found {
				places[a][r.Path] = path
			}
		}
	}
	return places
}

// offs are the ways to do without: each feature alone, and all of them.
func offs() map[string]feature.Off {
	list := map[string]feature.Off{"everything": feature.All()}
	for _, f := range feature.All() {
		list[string(f)] = feature.Off{f}
	}
	return list
}

// What a mutuality does without is unknown to it, for whoever asks and however, and nothing
// else is.
func TestFeaturesSwitchedOff(t *testing.T) {
	m := newMatrix(t, storetest.SQLite, true)
	routes := m.Routes()
	places := m.places()
	for name, off := range offs() {
		m.without(off)
		closed := 0
		for _, r := range routes {
			if off.Closes(r.Path) {
				closed++
				for a, at := range places {
					m.unknown(name, a, r, at[r.Path])
				}
			} else if !slices.Contains(m.Routes(), r) {
				t.Errorf("without %s, %s %s is gone", name, r.Method, r.Path)
			}
		}
		if closed == 0 || len(m.Routes()) != len(routes)-closed {
			t.Errorf("without %s there are %d routes; %d of %d are its", name, len(m.Routes()), closed, len(routes))
		}
	}
}

// unknown holds the answers of an address against those of one that never was.
func (m *matrix) unknown(name string, a *asker, r portal.Route, path string) {
	m.t.Helper()
	nowhere := "/fr/nowhere"
	if isStaff(r.Act) {
		nowhere = "/fr/office/nowhere"
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodDelete} {
		answer := func(path string) string {
			resp, body := m.try(a, method, path)
			if resp.StatusCode != http.StatusNotFound {
				m.t.Errorf("without %s, %s %s for %s: %s", name, method, path, a.name, resp.Status)
			}
			body = strings.ReplaceAll(body, "%2F", "/") // of the way back after the session
			return said(resp, strings.ReplaceAll(body, strings.TrimPrefix(path, "/fr/"), "?"))
		}
		if got, want := answer(path), answer(nowhere); got != want {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			m.t.Errorf("without %s, %s %s for %s says ...%.80q, and an unknown address ...%.80q", name, method, path, a.name, got[at:], want[at:])
		}
	}
}

// try asks by any method.
func (m *matrix) try(a *asker, method, path string) (*http.Response, string) {
	r := httptest.NewRequest(method, origin+path, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", form)
	}
	return a.ask(r)
}

// A page leads to nothing that the mutuality does without, and where something is left out
// no heading, list or table stays behind empty. With everything on, something leads to each
// feature.
func TestNothingLeadsToWhatIsOff(t *testing.T) {
	m := newMatrix(t, storetest.SQLite, true)
	all, places := m.Routes(), m.places()
	led := map[feature.Feature]bool{}
	walk := func(name string, off feature.Off, languages []locale.Language) {
		m.without(off)
		for a, at := range places {
			for _, r := range all {
				path, found := at[r.Path]
				if !found || r.Method != http.MethodGet || off.Closes(r.Path) {
					continue
				}
				for _, l := range languages {
					resp, body := a.get("/" + string(l) + strings.TrimPrefix(path, "/fr"))
					if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
						continue
					}
					root, err := html.Parse(strings.NewReader(body))
					ok(t, err)
					for _, to := range leads(root) {
						if off.Closes(to) {
							t.Errorf("without %s, %s leads %s to %s", name, path, a.name, to)
						}
						if needs, _ := feature.Of(to); len(needs) == 1 {
							led[needs[0]] = true
						}
					}
					if hole := hollow(root); hole != "" && len(off) > 0 {
						t.Errorf("without %s, %s shows %s an empty %s", name, path, a.name, hole)
					}
				}
			}
		}
	}
	walk("nothing", nil, locale.Languages()[:1])
	for _, f := range feature.All() {
		if !led[f] {
			t.Errorf("no page leads to %s", f)
		}
	}
	for name, off := range offs() {
		languages := locale.Languages()[:1]
		if name == "everything" {
			languages = locale.Languages()
		}
		walk(name, off, languages)
	}
}

// leads are the addresses of a page that are below a language, without it.
func leads(root *html.Node) (list []string) {
	for n := range root.Descendants() {
		for _, name := range []string{"href", "action", "formaction"} {
			to := attr(n, name)
			if len(to) > 4 && to[0] == '/' && to[3] == '/' {
				list = append(list, to[4:])
			}
		}
	}
	return list
}

// hollow is the first part of a page that has a heading and nothing else, or no content at
// all where it is a list.
func hollow(root *html.Node) string {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || attr(n, "hidden") != "" {
			continue
		}
		elements := 0
		for child := range n.ChildNodes() {
			if child.Type == html.ElementNode {
				elements++
			}
		}
		heads := n.FirstChild != nil && elements == 1 && slices.Contains([]string{"h2", "h3"}, firstElement(n).Data)
		switch {
		case n.Data == "section" && (elements == 0 || heads),
			slices.Contains([]string{"ul", "ol", "dl", "tbody", "nav"}, n.Data) && elements == 0 && attr(n, "data-list") == "":
			return n.Data + " " + strings.TrimSpace(text(n))
		}
	}
	return ""
}

func firstElement(n *html.Node) *html.Node {
	for child := range n.ChildNodes() {
		if child.Type == html.ElementNode {
			return child
		}
	}
	return nil
}

// text is what is written in an element.
func text(n *html.Node) string {
	var b strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
		}
	}
	return b.String()
}

// Who was on her way to a page that is off is shown that there is none, after she signed in
// as before; a step-up leads to no other place.
func TestNoWayBackToWhatIsOff(t *testing.T) {
	c := open(t, func(cfg *portal.Config) { cfg.Mutuality.Off = feature.Off{feature.YouthSavings, feature.Kiosks} })
	for _, address := range []string{"/fr/rights/savings", "/fr/kiosk", "/fr/office/kiosks"} {
		if resp, body := c.visitor(t).get(address); resp.StatusCode != http.StatusNotFound || strings.Contains(body, "next=") {
			t.Errorf("%s without a session: %s, and a way to sign in for it", address, resp.Status)
		}
	}
	v := c.visitor(t)
	if resp, body := v.post("/fr/sign-in/card?next=rights/savings", "application/json", token(t, c.card, origin, v.challenge())); resp.StatusCode != http.StatusOK {
		t.Fatalf("sign-in: %s %s", resp.Status, body)
	}
	_, missing := v.get("/fr/nowhere")
	if resp, body := v.get("/fr/rights/savings"); resp.StatusCode != http.StatusNotFound || title(body) != title(missing) {
		t.Errorf("after sign-in: %s %q", resp.Status, title(body))
	}
	if resp, _ := c.visitor(t).post(api.KioskNoncePath, "application/json", "{}"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an agent of a kiosk is answered %s", resp.Status)
	}
}

// A name that is no feature stops the start.
func TestUnknownFeatureStopsTheStart(t *testing.T) {
	cfg := open(t).cfg
	cfg.Mutuality.Off = feature.Off{"saving"}
	if _, err := portal.New(cfg); err == nil || !strings.Contains(err.Error(), "mutuality.off") || !strings.Contains(err.Error(), string(feature.YouthSavings)) {
		t.Errorf("New: %v", err)
	}
}

// The help says nothing of what is off: neither its terms nor how to do it.
func TestHelpIsSilentAboutWhatIsOff(t *testing.T) {
	on, off := open(t), open(t, func(cfg *portal.Config) { cfg.Mutuality.Off = feature.All() })
	for page, ids := range map[string][]string{
		"help/glossary": {"dmg", "maf", "youth-savings", "agreement", "incapacity", "invalidity", "indemnity", "medical-adviser"},
		"help/guide":    {"order", "message"},
	} {
		_, with := on.visitor(t).get("/fr/" + page)
		_, without := off.visitor(t).get("/fr/" + page)
		for _, id := range ids {
			if mark := `id="` + id + `"`; !strings.Contains(with, mark) || strings.Contains(without, mark) {
				t.Errorf("%s: %s stands there %t, and where it is off %t", page, id, strings.Contains(with, mark), strings.Contains(without, mark))
			}
		}
		if strings.Contains(without, "quittance") {
			t.Errorf("%s speaks of receipts", page)
		}
	}
}
