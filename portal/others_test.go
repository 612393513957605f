package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/portal"
	"guichet.example/portal/documents"
	"guichet.example/portal/store/storetest"
)

// belongings are the ids of what a member has.
type belongings map[kind]string

// strangers are many members, each with one thing of each kind.
func strangers(t *testing.T, w *town, n int) (list []*inhabitant, things []belongings) {
	t.Helper()
	for i := range n {
		m := w.settle(certstest.Person{GivenNames: "Anne", Surname: fmt.Sprintf("Nombreuse%d", i), NationalNumber: number(100 + i),
			Algorithm: certstest.P384, Street: "Rue Neuve 1", Postcode: "4000", Municipality: "Liège",
			Birth: time.Date(1970, 2, 1, 0, 0, 0, 0, time.UTC)}, fmt.Sprintf("0306 %03d 118", i))
		id := w.sessionOf(m)
		list = append(list, m)
		things = append(things, belongings{paper: w.document(m), request: w.errand(w.at(m)), session: id, signIn: id})
	}
	return list, things
}

// look asks for what an address names and returns what was said, and how long it took.
func look(found told, v *visitor, r portal.Route, id, body string) (string, time.Duration) {
	v.t.Helper()
	address := "/fr/" + strings.Replace(r.Path, ":id", id, 1) + asked[r.Path]
	var resp *http.Response
	var text string
	begun := time.Now()
	switch {
	case r.Method == http.MethodGet:
		resp, text = v.get(address)
	case body == "":
		resp, text = v.post(address, form, "read=1")
	default:
		resp, text = v.post(address, "application/json", body)
	}
	took := time.Since(begun)
	if seen(resp) {
		found.Errorf("%s %s of another member: %s", r.Method, r.Path, resp.Status)
	}
	if verdict := refused(resp, text); verdict != "open" { // turned away at the door, she learns nothing, nor does the test
		found.Errorf("%s %s: %s, %s", r.Method, r.Path, verdict, resp.Status)
	}
	return said(resp, text), took
}

// seen tells answers that no look for what is another's may get.
func seen(resp *http.Response) bool {
	return resp.StatusCode == http.StatusOK || resp.StatusCode >= http.StatusInternalServerError
}

// Nobody sees another's: every member asks for everything of every other, on every route
// that names something, and is told what she is told of what does not exist.
func TestNobodySeesAnothers(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite), unbounded)
	w.freeze()
	people, things := strangers(t, w, often(3, 100))
	pairs, slow, fast := nobodySeesAnothers(t, w, people, things)
	slices.Sort(slow)
	slices.Sort(fast)
	a, b := slow[len(slow)/2], fast[len(fast)/2]
	t.Logf("%d looks; median %v where it is another's, %v where there is nothing", pairs, a, b)
	if often(0, 1) == 1 && (a > b*5/4 || b > a*5/4) {
		t.Errorf("time tells them apart: median %v and %v", a, b)
	}
}

// unbounded lets one network ask as often as it likes.
func unbounded(cfg *portal.Config) { cfg.PostsPerMinute, cfg.ReadsPerMinute = 1e9, 1e9 }

// nobodySeesAnothers returns how often something of another's was asked for, and how long
// some of these took beside what there is nothing of.
func nobodySeesAnothers(found told, w *town, people []*inhabitant, things []belongings) (looks int, slow, fast []time.Duration) {
	var ask []*visitor
	for _, m := range people {
		ask = append(ask, w.at(m))
	}
	before := fingerprint(w.t, w.db, "audit")
	for i, v := range ask {
		for _, r := range w.Routes() {
			k, named, _ := parameter(r.Path)
			if !named || things[0][k] == "" || isStaff(r.Act) {
				continue
			}
			bodies := []string{""}
			if r.Method == http.MethodPost {
				bodies = append(bodies, "{}")
			}
			for _, body := range bodies {
				nothing, _ := look(found, v, r, missing, body)
				for j := range people {
					if i == j {
						continue
					}
					answer, took := look(found, v, r, things[j][k], body)
					if answer != nothing {
						found.Errorf("%s %s %s: another's is told apart from none: %s", r.Method, r.Path, body, difference(answer, nothing))
					}
					if looks++; looks%7 == 0 {
						_, none := look(found, v, r, missing, body)
						slow, fast = append(slow, took), append(fast, none)
					}
				}
			}
		}
	}
	same(found, "looking for what is another's", before, fingerprint(w.t, w.db, "audit"))
	return looks, slow, fast
}

// confused is a store with a planted fault: it asks for papers in the owner's name,
// whoever asks.
type confused struct {
	portal.Store
	owner *auth.Login
}

func (c confused) Document(ctx context.Context, login auth.Login, id string) (documents.Document, error) {
	if c.owner.Member != "" {
		login.Member = c.owner.Member
	}
	return c.Store.Document(ctx, login, id)
}

// The checker sees a store that mixes members up: that answer is told apart from none, and
// is a page; and it sees sessions that ended before it asked.
func TestNobodySeesAnothersGoesRed(t *testing.T) {
	owner := new(auth.Login)
	w := openTown(t, storetest.Config(t, storetest.SQLite), func(cfg *portal.Config) { cfg.Store = confused{cfg.Store, owner} })
	people, things := strangers(t, w, 2)
	for name, test := range map[string]struct {
		plant func()
		want  []string
	}{
		"no fault": {func() {}, nil},
		"members mixed up": {func() { owner.Member = people[1].id },
			[]string{"GET documents/:id of another member: 200 OK", "GET documents/:id : another's is told apart from none"}},
	} {
		t.Run(name, func(t *testing.T) {
			found := new(findings)
			test.plant()
			nobodySeesAnothers(found, w, people, things)
			found.only(t, test.want...)
			owner.Member = ""
		})
	}
	found, v := new(findings), w.at(people[0])
	w.later(time.Hour)
	look(found, v, portal.Route{Method: http.MethodGet, Path: "documents/:id"}, missing, "")
	found.only(t, "GET documents/:id: door")
}

// The form that stops a change of account names it: another member's is told of as what does
// not exist, and so is what is no change.
func TestStopNamesAnothers(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite), unbounded)
	people, things := strangers(t, w, 2)
	v := w.at(people[0])
	nothing, text := v.post("/fr/bank/stop", form, "request=06h02rd9v26mjznctw7qpgh4yw")
	if nothing.StatusCode != http.StatusNotFound {
		t.Fatalf("what does not exist: %s", nothing.Status)
	}
	for whose, id := range map[string]string{"another's": things[1][request], "her own order": things[0][request]} {
		if resp, body := v.post("/fr/bank/stop", form, "request="+id); said(resp, body) != said(nothing, text) {
			t.Errorf("%s: %s", whose, resp.Status)
		}
	}
	if resp, _ := v.post("/fr/bank/stop", form, "request="+strings.Repeat("z", 9000)); seen(resp) {
		t.Errorf("a name of 9 kB: %s", resp.Status)
	}
}
