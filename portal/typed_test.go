package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"guichet.example/portal/store/storetest"
)

// hostile is what stands in a field of somebody who tries.
var hostile = []string{
	"'\"><xss a=\"b", "=cmd|x", "-1", "0", "99999999999999999999", "2026-02-30", strings.Repeat("9", 4000), strings.Repeat("é", 3000), "\U0001f600",
	"a\r\nSet-Cookie: b=1", "\u202e\u200b", "../../etc/passwd", missing, malformed, "NaN",
}

// entry is a form of a page, filled as a browser would fill it.
type entry struct {
	method, action string
	names          []string
	fields         url.Values
}

// read finds the forms and links of a page.
func read(t *testing.T, at, body string) (forms []entry, links []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	ok(t, err)
	for n := range root.Descendants() {
		switch n.Data {
		case "a":
			links = append(links, attr(n, "href"))
		case "form":
			f := entry{method: strings.ToUpper(attr(n, "method")), action: attr(n, "action"), fields: url.Values{}}
			if f.action == "" {
				f.action = at
			}
			for control := range n.Descendants() {
				if name := attr(control, "name"); name != "" && !slices.Contains(f.names, name) {
					f.names = append(f.names, name)
					f.fields.Set(name, attr(control, "value"))
				}
			}
			forms = append(forms, f)
		}
	}
	return forms, links
}

// walker looks at every kind of page that a browser leads to, and keeps every kind of form.
type walker struct {
	*town
	v     *visitor
	renew func()
	alive func() bool
}

// look asks for something and holds the answer against what none may be.
func (w walker) look(what, method, path, body string) (resp *http.Response, text string) {
	w.t.Helper()
	if method == http.MethodPost {
		resp, text = w.v.post(path, form, body)
	} else {
		resp, text = w.v.get(path)
	}
	if resp.StatusCode >= http.StatusInternalServerError {
		w.t.Errorf("%s: %s %s: %s", what, method, path, resp.Status)
	}
	if strings.Contains(text, "<xss") || strings.Contains(text, `"><xss`) {
		w.t.Errorf("%s: %s %s: what was typed is mark-up", what, method, path)
	}
	if len(resp.Header.Values("Set-Cookie")) > 0 && strings.Contains(fmt.Sprint(resp.Header), "b=1") {
		w.t.Errorf("%s: %s %s: what was typed is a header", what, method, path)
	}
	if !w.alive() {
		w.renew()
	}
	return resp, text
}

// forms are those of all pages below the first ones, one of each kind.
func (w walker) forms(todo ...string) (found []entry) {
	w.t.Helper()
	seen, kinds := map[string]int{}, map[string]bool{}
	for len(todo) > 0 {
		path, _, _ := strings.Cut(todo[0], "#")
		todo = todo[1:]
		kind := still(path)
		if seen[kind]++; seen[kind] > 1 || len(seen) > 400 || !strings.HasPrefix(path, "/fr/") || strings.Contains(path, "/federal/") {
			continue
		}
		resp, text := w.look("walking", http.MethodGet, path, "")
		if to := resp.Header.Get("Location"); to != "" {
			todo = append(todo, to)
			continue
		}
		forms, links := read(w.t, path, text)
		todo = append(todo, links...)
		for _, f := range forms {
			kind := still(f.method + f.action + fmt.Sprint(f.names))
			if !kinds[kind] && strings.HasPrefix(f.action, "/") && !strings.Contains(f.action, "sign-out") {
				kinds[kind] = true
				found = append(found, f)
			}
		}
	}
	return found
}

// Whatever is typed into whichever field of whichever form: no failure, and nothing of it
// comes back as mark-up or as a header.
func TestWhateverIsTyped(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	w.freeze()
	me := w.members[0]
	w.money(me, "R")
	w.appointed(me)
	w.written(me)
	w.document(w.members[1])
	w.letter(me)
	w.deadJob()
	file := "/fr/office/files/" + w.opening("all", me)
	member, desk := w.at(me), w.desks["all"]
	isOpen := func() bool { resp, _ := desk.get("/fr/office"); return resp.StatusCode == http.StatusOK }
	n := 0
	for _, one := range []struct {
		walker
		from []string
	}{
		{walker{w, member, func() { w.comesIn(member, me, "card") }, func() bool { return w.alive(member) }}, []string{"/fr/home"}},
		{walker{w, desk, func() { w.sitsDown(desk, "all") }, isOpen}, []string{"/fr/office", file, "/fr/office/queue", "/fr/office/system/imports"}},
	} {
		for _, f := range one.forms(one.from...) {
			for _, name := range f.names {
				for _, text := range hostile {
					fields := url.Values{}
					for other, values := range f.fields {
						fields[other] = values
					}
					fields.Set(name, text)
					path, _, _ := strings.Cut(f.action, "?")
					what := fmt.Sprintf("%s = %.20q", name, text)
					if n++; f.method != http.MethodPost {
						one.look(what, http.MethodGet, path+"?"+fields.Encode(), "")
						continue
					}
					resp, _ := one.look(what, http.MethodPost, f.action, fields.Encode())
					if to := resp.Header.Get("Location"); strings.HasPrefix(to, "/") {
						one.look("after "+what, http.MethodGet, to, "")
					}
				}
			}
		}
	}
	if n < 2000 {
		t.Errorf("only %d fields were filled", n)
	}
}
