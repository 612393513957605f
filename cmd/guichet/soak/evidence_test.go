package soak

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"guichet.example/portal/locale"
)

// evidence is all that can be known of a counter from outside, at one moment.
type evidence struct {
	journal  []record
	cards    []signed
	rows     []row
	requests map[string]request // by id
	vault    map[string]filed   // by id
	people   int                // members delivered by the insurance system
	heads    string             // file of chain heads
	export   string             // file of audit rows
}

// row is a line of `guichet audit export`.
type row struct {
	Chain, Member, Actor, Session, Action, Object, Outcome, RequestID, Reason string
	Seq                                                                       int64
	Hash                                                                      string
}

// request is a request as its member's pages show it.
type request struct {
	member, state string
	document      string // id; empty: none
}

// filed is a document as its member's pages and its download show it.
type filed struct {
	member  string
	request string
	level   string // as the page says: "B-LTA"
	pdf     []byte
	pdfsig  string // what pdfsig says
	verify  verdict
}

// verdict is a line of `guichet verify -json`.
type verdict struct {
	File       string
	Valid      bool
	SHA256     string
	Signatures []struct{ Kind, Level, Indication, SubIndication string }
}

// signatures counts those that are no document timestamps. The first is first.
func (v verdict) signatures() int {
	n := 0
	for i, s := range v.Signatures {
		if s.Kind != "timestamp" || i == 0 {
			n++
		}
	}
	return n
}

// states by the words on the badge of a French page.
var states = func() map[string]string {
	words := map[string]string{}
	for _, s := range []string{"to-sign", "pending", "signed", "accepted", "rejected", "declined", "withdrawn", "expired"} {
		words[locale.T(locale.FR, "requests.state."+s)] = s
	}
	return words
}()

// gather looks at everything of the visitors, who must be signed in or able to.
func (p *place) gather(t *testing.T, visitors []*visitor) *evidence {
	t.Helper()
	e := &evidence{requests: map[string]request{}, vault: map[string]filed{}, people: len(p.people) + p.imports - p.unknown}
	for _, v := range visitors {
		if !v.signedIn() {
			if err := v.signIn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		v.listRequests(t, e)
		v.listDocuments(t, e)
	}
	e.judge(t, p)
	e.journal, e.cards = p.journal.lines(t), p.cards.lines(t)
	p.exportAudit(t, e)
	return e
}

// all walks a list with its further pages and returns the ids it links to.
func (v *visitor) all(t *testing.T, list string) []string {
	t.Helper()
	var ids []string
	known := map[string]bool{}
	for path := list; path != ""; {
		a, err := v.get(t.Context(), path)
		if err := expect(path, 200, a, err); err != nil {
			t.Fatal(err)
		}
		for _, link := range a.links(list + "/") {
			id, _, _ := strings.Cut(strings.TrimPrefix(link, list+"/"), "/")
			if len(id) == 26 && !known[id] { // others are pages of their own
				known[id] = true
				ids = append(ids, id)
			}
		}
		path = a.next()
	}
	return ids
}

func (v *visitor) listRequests(t *testing.T, e *evidence) {
	t.Helper()
	for _, id := range v.all(t, "/fr/requests") {
		a, err := v.get(t.Context(), "/fr/requests/"+id)
		if err := expect("request", 200, a, err); err != nil {
			t.Fatal(err)
		}
		r := request{member: string(v.id), state: a.badge()}
		for _, link := range a.links("/fr/documents/") {
			r.document, _, _ = strings.Cut(strings.TrimPrefix(link, "/fr/documents/"), "/")
		}
		e.requests[id] = r
	}
}

// badge is the state that a page of a request shows.
func (a answer) badge() string {
	for _, text := range a.texts(func(n *html.Node) bool { return n.Data == "span" && attr(n, "class") == "badge" }) {
		if s, ok := states[text]; ok {
			return s
		}
	}
	return "unknown"
}

func (v *visitor) listDocuments(t *testing.T, e *evidence) {
	t.Helper()
	for _, id := range v.all(t, "/fr/documents") {
		a, err := v.get(t.Context(), "/fr/documents/"+id)
		if err := expect("document", 200, a, err); err != nil {
			t.Fatal(err)
		}
		d := filed{member: string(v.id), level: a.level()}
		for _, link := range a.links("/fr/requests/") {
			d.request = strings.TrimPrefix(link, "/fr/requests/")
		}
		if d.pdf, err = v.download(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		e.vault[id] = d
	}
}

// level is the level a page names.
func (a answer) level() string {
	_, after, ok := strings.Cut(a.text(), "PAdES ")
	if !ok {
		return ""
	}
	level, _, _ := strings.Cut(after, " ")
	return level
}

// judge has every document judged by pdfsig and by `guichet verify`.
func (e *evidence) judge(t *testing.T, p *place) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"verify", "-json", "-trust", p.trust}
	files := map[string]string{}
	for id, d := range e.vault {
		file := filepath.Join(dir, id+".pdf")
		if err := os.WriteFile(file, d.pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		files[file] = id
		args = append(args, file)
	}
	if len(files) == 0 {
		return
	}
	out, _ := exec.Command(guichet, args...).Output() // 1 if one of them is not valid
	for lines := bufio.NewReader(strings.NewReader(string(out))); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		var v verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("guichet verify -json: %v", err)
		}
		d := e.vault[files[v.File]]
		d.verify = v
		e.vault[files[v.File]] = d
	}
	e.askPDFSig(t, files)
}

// askPDFSig runs pdfsig on all files, as many at a time as there is use for.
func (e *evidence) askPDFSig(t *testing.T, files map[string]string) {
	t.Helper()
	if _, err := exec.LookPath("pdfsig"); err != nil {
		t.Fatal("pdfsig is needed: ", err)
	}
	var mu sync.Mutex
	var judges sync.WaitGroup
	queue := make(chan string)
	for range 3 {
		judges.Go(func() {
			for file := range queue {
				out, _ := exec.Command("pdfsig", "-nocert", file).CombinedOutput() // its status says little
				mu.Lock()
				d := e.vault[files[file]]
				d.pdfsig = string(out)
				e.vault[files[file]] = d
				mu.Unlock()
			}
		})
	}
	for file := range files {
		queue <- file
	}
	close(queue)
	judges.Wait()
}

// exportAudit takes the trail of the running counter, and a copy of the heads, which
// stands for the place elsewhere where they belong.
func (p *place) exportAudit(t *testing.T, e *evidence) {
	t.Helper()
	out, err := exec.Command(guichet, "audit", "export", "-db", p.database()).Output()
	if err != nil {
		t.Fatalf("guichet audit export: %v", err)
	}
	heads, err := os.ReadFile(p.heads)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	e.export, e.heads = filepath.Join(dir, "audit.jsonl"), filepath.Join(dir, "heads")
	for file, content := range map[string][]byte{e.export: out, e.heads: heads} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e.rows = readRows(t, e.export)
}

func readRows(t *testing.T, export string) []row {
	t.Helper()
	f, err := os.Open(export)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []row
	for d := json.NewDecoder(f); d.More(); {
		var r row
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}
