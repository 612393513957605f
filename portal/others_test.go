package portal_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/portal"
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
func look(v *visitor, r portal.Route, id, body string) (string, time.Duration) {
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
	if resp.StatusCode == http.StatusOK || resp.StatusCode >= http.StatusInternalServerError {
		v.t.Errorf("%s %s of another member: %s", r.Method, r.Path, resp.Status)
	}
	return said(resp, text), took
}

// Nobody sees another's: every member asks for everything of every other, on every route
// that names something, and is told what she is told of what does not exist (N7).
func TestNobodySeesAnothers(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	people, things := strangers(t, w, often(3, 100))
	looks, slow, fast := 0, []time.Duration{}, []time.Duration{}
	var ask []*visitor
	for _, m := range people {
		ask = append(ask, w.at(m))
	}
	before := fingerprint(t, w.db, "audit")
	for i, v := range ask {
		for _, r := range w.Routes() {
			k, found, _ := parameter(r.Path)
			if !found || things[0][k] == "" || isStaff(r.Act) {
				continue
			}
			bodies := []string{""}
			if r.Method == http.MethodPost {
				bodies = append(bodies, "{}")
			}
			for _, body := range bodies {
				nothing, _ := look(v, r, missing, body)
				for j := range people {
					if i == j {
						continue
					}
					answer, took := look(v, r, things[j][k], body)
					if answer != nothing {
						t.Errorf("%s %s %s: another's is told apart from none: %s", r.Method, r.Path, body, difference(answer, nothing))
					}
					_, none := look(v, r, missing, body)
					slow, fast = append(slow, took), append(fast, none)
					looks++
				}
			}
		}
	}
	same(t, "looking for what is another's", before, fingerprint(t, w.db, "audit"))
	slices.Sort(slow)
	slices.Sort(fast)
	a, b := slow[len(slow)/2], fast[len(fast)/2]
	t.Logf("%d looks; median %v where it is another's, %v where there is nothing", looks, a, b)
	if often(0, 1) == 1 && (a > b*5/4 || b > a*5/4) {
		t.Errorf("time tells them apart: median %v and %v", a, b)
	}
}

// The checker sees a thing that changed hands: one's own is told apart from none.
func TestNobodySeesAnothersGoesRed(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	people, things := strangers(t, w, 2)
	v := w.at(people[0])
	for table, k := range map[string]kind{"requests": request, "documents": paper} {
		path := map[kind]string{request: "/fr/requests/", paper: "/fr/documents/"}[k] + things[1][k]
		resp, text := v.get(path)
		was := said(resp, text)
		mine := w.at(people[1])
		resp, text = mine.get(path) // planted: whose she is, is swapped
		if said(resp, text) == was || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s to whose it is, as to another", table, resp.Status)
		}
	}
}
