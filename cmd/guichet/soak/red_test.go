package soak

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestChecksGoRed plants one fault after another (N14) and wants each check to say so.
// Without a fault none of them says anything.
func TestChecksGoRed(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 2})
	s := p.start(t)
	visitors := []*visitor{p.visitor(0), p.visitor(1)}
	for i, v := range visitors {
		for _, kind := range []string{"bank", "orders"} {
			v.begin(kind)
			if err := v.finish(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		e := v.begin("orders")
		if err := v.until(t.Context(), freeze); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := v.end(t, decline, "/fr/requests/"+e.request+"/decline"); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.noteHead(t)
	e := p.gather(t, visitors)
	e.check(true).report(t)
	s.stop(t)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) { p.plant(t, f, e.copy(t)) })
	}
}

// fault is one thing gone wrong, and the invariants that must notice.
type fault struct {
	name    string
	notices []string
	do      func(t *testing.T, p *place, e *evidence)
}

// plant plants it, has what is not evidence made anew, and looks for the notices.
func (p *place) plant(t *testing.T, f fault, e *evidence) {
	f.do(t, p, e)
	e.rows = readRows(t, e.export)
	found := e.check(true)
	for _, want := range f.notices {
		if !slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%s says nothing; found %q", want, found)
		}
	}
}

// copy is evidence that can be spoilt.
func (e *evidence) copy(t *testing.T) *evidence {
	t.Helper()
	c := *e
	c.journal, c.cards = slices.Clone(e.journal), slices.Clone(e.cards)
	c.requests, c.vault = maps.Clone(e.requests), maps.Clone(e.vault)
	dir := t.TempDir()
	c.export, c.heads = filepath.Join(dir, "audit.jsonl"), filepath.Join(dir, "heads")
	for from, to := range map[string]string{e.export: c.export, e.heads: c.heads} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &c
}

// lines changes the export line by line; a line made empty is gone.
func (e *evidence) lines(t *testing.T, change func(lines []string) []string) {
	t.Helper()
	text, err := os.ReadFile(e.export)
	if err != nil {
		t.Fatal(err)
	}
	lines := change(strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n"))
	if err := os.WriteFile(e.export, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// any is some document of the evidence, the same each time.
func (e *evidence) any() (string, filed) {
	id := slices.Min(slices.Collect(maps.Keys(e.vault)))
	return id, e.vault[id]
}

// respoil puts other bytes in place of a document and asks the judges again.
func (e *evidence) respoil(t *testing.T, p *place, id string, pdf []byte) {
	d := e.vault[id]
	d.pdf = pdf
	e.vault[id] = d
	e.judge(t, p)
}

// lastDone is the last line of an action that was done.
func lastDone(lines []string, action string) int {
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], `"action":"`+action+`"`) && strings.Contains(lines[i], `"outcome":"done"`) {
			return i
		}
	}
	return -1
}

var faults = []fault{
	{"a document is lost", []string{"N1: document", "N1: signing request", "N3: 4 requests"}, func(_ *testing.T, _ *place, e *evidence) {
		id, _ := e.any()
		delete(e.vault, id)
	}},
	{"a byte of the page is another", []string{"N1: document", "N1: pdfsig", "N1: guichet verify", "N2:"}, func(t *testing.T, p *place, e *evidence) {
		id, d := e.any()
		pdf := bytes.Clone(d.pdf)
		pdf[len(pdf)/8] ^= 1
		e.respoil(t, p, id, pdf)
	}},
	{"something follows the signed bytes", []string{"N1: document", "N1: guichet verify"}, func(t *testing.T, p *place, e *evidence) {
		id, d := e.any()
		e.respoil(t, p, id, append(bytes.Clone(d.pdf), "\n%%EOF\n"...))
	}},
	{"two documents are swapped", []string{"N1: document", "N2:"}, func(t *testing.T, p *place, e *evidence) {
		id, d := e.any()
		for other, o := range e.vault {
			if other != id {
				e.respoil(t, p, id, o.pdf)
				e.respoil(t, p, other, d.pdf)
				return
			}
		}
	}},
	{"a document belongs to nobody's request", []string{"N3: document"}, func(_ *testing.T, _ *place, e *evidence) {
		id, d := e.any()
		d.request = "06h02rd9v26mjznctw7qpgh4yw"
		e.vault[id] = d
	}},
	{"a document is there twice", []string{"N3: document", "N3: request"}, func(_ *testing.T, _ *place, e *evidence) {
		_, d := e.any()
		e.vault["06h02rd9v26mjznctw7qpgh4yw"] = d
	}},
	{"a raised document is still B-B", []string{"N1: "}, func(_ *testing.T, _ *place, e *evidence) {
		id, d := e.any()
		d.level = "B-B"
		e.vault[id] = d
	}},
	{"an acknowledgement is forged", []string{"N1: signing request", "N5: complete"}, func(_ *testing.T, _ *place, e *evidence) {
		e.journal = append(e.journal, record{Do: complete, Member: "x", Request: "none", Preparation: "none"},
			record{Do: complete, Told: true, Member: "x", Request: "none", Preparation: "none"})
	}},
	{"a download had another content", []string{"N1: document"}, func(_ *testing.T, _ *place, e *evidence) {
		i := slices.IndexFunc(e.journal, func(r record) bool { return r.Do == fetch && r.Told })
		e.journal[i].SHA256, e.journal[i].Core = strings.Repeat("0", 64), ""
	}},
	{"a card knows nothing of a signature", []string{"N2: no card"}, func(_ *testing.T, _ *place, e *evidence) {
		e.cards = e.cards[1:]
	}},
	{"a card made another value", []string{"N2: "}, func(_ *testing.T, _ *place, e *evidence) {
		e.cards[0].Value = bytes.Repeat([]byte{1}, 96)
	}},
	{"another member's card signed", []string{"N2: "}, func(_ *testing.T, _ *place, e *evidence) {
		e.cards[0].Member = "another"
	}},
	{"another digest was shown", []string{"N2: the digest"}, func(_ *testing.T, _ *place, e *evidence) {
		for i := range e.journal {
			if e.journal[i].Do == prepare {
				e.journal[i].Digest = []byte("another")
			}
		}
	}},
	{"another document was read", []string{"N2: "}, func(_ *testing.T, _ *place, e *evidence) {
		for i := range e.journal {
			if e.journal[i].Do == read {
				e.journal[i].Drawn = strings.Repeat("0", 64)
			}
		}
	}},
	{"a request is signed and declined", []string{"N3: request"}, func(t *testing.T, _ *place, e *evidence) {
		_, d := e.any()
		e.lines(t, func(lines []string) []string {
			i := lastDone(lines, "request.decline")
			_, after, _ := strings.Cut(lines[i], `"object":"request/`)
			lines[i] = strings.Replace(lines[i], after[:26], d.request, 1)
			return lines
		})
	}},
	{"a state is another", []string{"N3: request"}, func(_ *testing.T, _ *place, e *evidence) {
		_, d := e.any()
		r := e.requests[d.request]
		r.state = "declined"
		e.requests[d.request] = r
	}},
	{"an audit row is dropped", []string{"N5: complete", "N5: guichet audit verify"}, func(t *testing.T, _ *place, e *evidence) {
		e.lines(t, func(lines []string) []string {
			i := lastDone(lines, "request.complete")
			return slices.Delete(lines, i, i+1)
		})
	}},
	{"an audit row is doubled", []string{"N5: freeze", "N5: guichet audit verify"}, func(t *testing.T, _ *place, e *evidence) {
		e.lines(t, func(lines []string) []string {
			i := lastDone(lines, "request.freeze")
			return slices.Insert(lines, i, lines[i])
		})
	}},
	{"an audit row is rewritten", []string{"N5: guichet audit verify"}, func(t *testing.T, _ *place, e *evidence) {
		e.lines(t, func(lines []string) []string {
			i := lastDone(lines, "document.open")
			lines[i] = strings.Replace(lines[i], "document.open", "document.list", 1)
			return lines
		})
	}},
	{"the end of the trail is cut off", []string{"N5: the row", "N5: "}, func(t *testing.T, _ *place, e *evidence) {
		e.lines(t, func(lines []string) []string { return lines[:len(lines)/2] })
	}},
	{"a head says more than the trail", []string{"N5: guichet audit verify"}, func(t *testing.T, _ *place, e *evidence) {
		text, err := os.ReadFile(e.heads)
		if err != nil {
			t.Fatal(err)
		}
		var head map[string]any
		if err := json.Unmarshal(text[:bytes.IndexByte(text, '\n')], &head); err != nil {
			t.Fatal(err)
		}
		head["seq"] = 1_000_000
		line, err := json.Marshal(head)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(e.heads, append(text, append(line, '\n')...), 0o600); err != nil {
			t.Fatal(err)
		}
	}},
	{"somebody did what nobody asked", []string{"N5: nobody did", "N5: guichet audit verify"}, func(t *testing.T, _ *place, e *evidence) {
		e.lines(t, func(lines []string) []string {
			i := lastDone(lines, "request.list")
			lines[i] = strings.Replace(lines[i], "request.list", "bank.change", 1)
			return lines
		})
	}},
	{"a member was delivered twice", []string{"N5: 2 imports"}, func(_ *testing.T, _ *place, e *evidence) { e.people = 1 }},
}

// TestPageChecksGoRed holds the checks of F4, F5, F8, F9 and F14 against pages and
// traces with a fault.
func TestPageChecksGoRed(t *testing.T) {
	t.Parallel()
	page := func(status int, body string) answer { return answer{status: status, body: []byte(body)} }
	refused := func(status int, body string) error { return &refusal{"step", page(status, body)} }
	fault := func(status int, body string) findings { return faultPage(&refusal{"step", page(status, body)}) }
	document := func(level, status, verdict, time string) findings {
		return called(page(200, "<main>"+status+" PAdES "+level+" </main>"), page(200, "<main><h1>"+verdict+"</h1> PAdES "+level+" "+time+"</main>"),
			"B-B", "en cours", "pas fini")
	}
	waits := func(badge, text string) findings {
		return pending(page(200, "<main>"+text+"</main>"), page(200, `<span class="badge">`+badge+`</span>`))
	}
	sound := "<main>Quelque chose a échoué. Code 4K7P-118Z</main>"
	problem := `{"state":"status_unknown","text":"Réessayez.","code":"4K7P-118Z"}`
	words := "Signé, carte à contrôler. La demande n'est pas en vigueur."
	for _, tt := range []struct {
		name string
		got  findings
		red  bool
	}{
		{"an error page", fault(500, sound), false},
		{"an error page that says all is well", fault(200, sound), true},
		{"an error page without a number to call about", fault(500, "<main>Quelque chose a échoué.</main>"), true},
		{"an error page that shows the program", fault(500, strings.Replace(sound, "échoué", "échoué: sqlite: no space left", 1)), true},
		{"a refusal", refusedAs(refused(503, problem), 503, "status_unknown"), false},
		{"no refusal", refusedAs(nil, 503, "status_unknown"), true},
		{"a refusal for another reason", refusedAs(refused(503, problem), 503, "cert_revoked"), true},
		{"a refusal with another status", refusedAs(refused(200, problem), 503, "status_unknown"), true},
		{"a refusal without words", refusedAs(refused(503, `{"state":"status_unknown"}`), 503, "status_unknown"), true},
		{"a page instead of a refusal", refusedAs(refused(503, sound), 503, "status_unknown"), true},
		{"a pending request", waits("Contrôle en cours", words), false},
		{"a pending request called signed", waits("Chez un conseiller", words), true},
		{"a pending request called done", waits("Contrôle en cours", "Signé. Tout est en ordre."), true},
		{"a document at B-B", document("B-B", "en cours", "pas fini", "heure de notre ordinateur"), false},
		{"a document at B-B called timestamped", document("B-B", "en cours", "pas fini", "heure attestée par un service"), true},
		{"a document at B-B called B-T", document("B-T", "en cours", "pas fini", ""), true},
		{"a document at B-B called valid", document("B-B", "en cours", "Signature valide", ""), true},
		{"a document being checked called good", document("B-B", "bon", "pas fini", ""), true},
		{"a failed sync and no more", syncsAfter("1 fsync(3) = 0\n1 fsync(3) = -1 EIO (INJECTED)\n1 +++ exited with 1 +++\n"), false},
		{"no sync that fails", syncsAfter("1 fsync(3) = 0\n"), true},
		{"a sync after the one that failed", syncsAfter("1 fsync(3) = -1 EIO (INJECTED)\n1 fdatasync(3) = 0\n"), true},
		{"a log", noPanic([]byte(`{"msg":"request","status":500}`)), false},
		{"a log of a panic", noPanic([]byte(`{"msg":"panic","cause":"nil"}`)), true},
		{"a log of a race", noPanic([]byte("WARNING: DATA RACE\n")), true},
		{"one answer twice", different("form", []answer{{status: 303, location: "/a"}, {status: 303, location: "/a"}}), false},
		{"two answers", different("form", []answer{{status: 303, location: "/a"}, {status: 303, location: "/b"}}), true},
		{"the second refused", different("form", []answer{{status: 303, location: "/a"}, {status: 409}}), true},
	} {
		if red := len(tt.got) > 0; red != tt.red {
			t.Errorf("%s: found %q, want something %v", tt.name, tt.got, tt.red)
		}
	}
}

// TestReplayCheckGoesRed holds the check of N8 against a counter that takes everything.
func TestReplayCheckGoesRed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "__Host-session", Value: "another", Path: "/"})
		w.Write([]byte(`{"nonce":"always the same"}`))
	}))
	defer server.Close()
	for _, step := range cardSteps {
		e := exchange{method: "POST", path: "/fr/x" + step, contentType: jsonType, answer: answer{status: 200, body: []byte(`{"nonce":"always the same"}`)}}
		b := newBrowser(strings.TrimPrefix(server.URL, "http://"), &seen{})
		if f := replay(t.Context(), b, e, "as another member"); len(f) < 2 {
			t.Errorf("%s is taken again and begins a session; found %q", step, f)
		}
	}
}

// TestSecretCheckGoesRed plants each kind of secret in a log line (N11, N12).
func TestSecretCheckGoesRed(t *testing.T) {
	t.Parallel()
	hidden := secrets{}
	hidden.person(&person{number: "85073003328", iban: "BE48001123456727"})
	hidden.wire([]exchange{{cookies: map[string]string{"__Host-session": "c2Vzc2lvbi10b2tlbi1vZi1hLW1lbWJlcg"},
		answer: answer{body: []byte(`{"nonce":"bm9uY2Utb2YtYS1jaGFsbGVuZ2U="}`)}}})
	for _, planted := range []string{
		"85073003328", "85.07.30-033.28", "850730-033-28", "72022911853", "72.02.29-118.53", "BE48001123456727", "BE48 0011 2345 6727",
		"BE02363098765440", "BE68 5390 0754 7034", `"pin":"1234"`, "pin=1234", "PIN: 1234", "-----BEGIN PRIVATE KEY-----",
		"c2Vzc2lvbi10b2tlbi1vZi1hLW1lbWJlcg", "bm9uY2Utb2YtYS1jaGFsbGVuZ2U=",
	} {
		line := []byte(`{"level":"INFO","msg":"request","cause":"found ` + planted + ` there"}`)
		if f := hidden.scan("a log", line); len(f) == 0 {
			t.Errorf("nothing noticed in %s", line)
		}
	}
	clean := []byte(`{"time":"2026-11-22T03:29:54.925271+01:00","ref":"4K7P-118Z","chain":"06h02rd9v26mjznctw7qpgh4yw","seq":12345678901}`)
	if f := hidden.scan("a log", clean); len(f) > 0 {
		t.Errorf("in a clean line: %q", f)
	}
	noise := append(bytes.Repeat([]byte{7}, 5000), "85.07.30-033.28"...)
	if f := hidden.markers("a database", noise); len(f) == 0 {
		t.Error("a number in a database is not noticed")
	}
}
