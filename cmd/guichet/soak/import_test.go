package soak

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestImportKilled kills `guichet import` again and again while the counter serves
// (F1): a member is delivered whole or not at all, the counter goes on, and an import
// that is repeated to its end has delivered everybody, once.
func TestImportKilled(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 1})
	for i := range often(60, 1000) {
		one, err := p.newPerson(9 + 3*i) // P-384: quickly made
		if err != nil {
			t.Fatal(err)
		}
		p.people = append(p.people, one)
	}
	file := p.delivery(t, p.people[1:]...)
	s := p.start(t)
	v := p.visitor(0)
	killed := 0
	for range often(8, 200) {
		cmd := exec.Command(guichet, "import", "-config", p.settings, "-kind", "member", file)
		if err := begin(cmd); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(20+rand.IntN(often(400, 3000)))*time.Millisecond, func() { cmd.Process.Kill() })
		v.begin("orders")
		if err := v.finish(t.Context()); err != nil {
			t.Fatalf("signing while members are imported: %v", err)
		}
		if cmd.Wait() != nil {
			killed++
		}
		timer.Stop()
	}
	for range 2 {
		p.deliver(t, file)
	}
	e := p.gather(t, []*visitor{v})
	delivered := map[string]bool{}
	for _, r := range e.rows {
		if r.Action == "member.import" && r.Outcome == "done" {
			delivered[r.Member] = true
		}
	}
	if len(delivered) != len(p.people) {
		t.Errorf("%d members delivered, want %d", len(delivered), len(p.people))
	}
	e.people = count(e.rows, "member.import") // again and again, as it was asked for
	e.check(false).report(t)
	last := p.visitor(len(p.people) - 1)
	last.begin("bank")
	if err := last.until(t.Context(), prepare); err != nil {
		t.Errorf("the last one delivered: %v", err)
	}
	p.deliver(t, file) // the same account: nothing has changed
	if err := last.finish(t.Context()); err != nil {
		t.Errorf("signing across an import that changes nothing: %v", err)
	}
	s.stop(t)
	t.Logf("%d of %d imports of %d members killed", killed, often(8, 200), len(p.people)-1)
}

// TestImportChangesAccount delivers another account by `guichet import` between a
// member's two steps, while the counter serves.
func TestImportChangesAccount(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 1})
	s := p.start(t)
	v := p.visitor(0)
	e := v.begin("bank")
	if err := v.until(t.Context(), prepare); err != nil {
		t.Fatal(err)
	}
	v.iban = belgianIBAN(834_000_017)
	p.deliver(t, p.delivery(t, v.person))
	p.imports++
	refusedAs(v.complete(t.Context(), e), http.StatusConflict, "changed").report(t)
	if s := v.page(t, "/fr/requests/"+e.request).badge(); s != "to-sign" {
		t.Errorf("request is %s, want to-sign", s)
	}
	v.begin("bank")
	if err := v.finish(t.Context()); err != nil {
		t.Errorf("starting again: %v", err)
	}
	p.gather(t, []*visitor{v}).check(true).report(t)
	s.stop(t)
}

// delivery writes a file as the insurance system delivers it.
func (p *place) delivery(t *testing.T, people ...*person) string {
	t.Helper()
	var lines strings.Builder
	for _, o := range people {
		m := o.member()
		line, err := json.Marshal(map[string]any{
			"national_number": o.number, "affiliation": m.Affiliation, "given_names": o.given, "surname": o.sur,
			"birth": m.Birth.Format(time.DateOnly), "street": m.Street, "postcode": m.Postcode, "municipality": m.Municipality,
			"language": m.Language, "account": map[string]string{"iban": o.iban, "holder": o.counterNames},
		})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	file := filepath.Join(p.dir, fmt.Sprintf("delivery-%d.ndjson", len(people)))
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// deliver imports a file to its end.
func (p *place) deliver(t *testing.T, file string) {
	t.Helper()
	if out, err := p.run("import", "-config", p.settings, "-kind", "member", file); err != nil {
		t.Fatalf("guichet import: %v: %s", err, out)
	}
}
