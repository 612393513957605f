package portal_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/portal/core"
	"guichet.example/portal/people"
	"guichet.example/portal/store/storetest"
)

// family is a town with a holder, a child of age and a minor on her booklet.
type family struct {
	*town
	holder, child, minor *inhabitant
}

func openFamily(t *testing.T) *family {
	t.Helper()
	f := &family{town: openTown(t, storetest.Config(t, storetest.SQLite))}
	add := func(n, age int, name string) *inhabitant {
		return f.settle(certstest.Person{GivenNames: name, Surname: "Laire", NationalNumber: number(600 + n), Algorithm: certstest.P384,
			Street: "Rue du Pont 9", Postcode: "4000", Municipality: "Liège", Birth: people.Today(f.now()).AddDate(-age, 0, -3)},
			fmt.Sprintf("0777 118 %d", 600+n))
	}
	f.holder, f.child, f.minor = add(1, 50, "Tita"), add(2, 18, "Noor"), add(3, 15, "Emma")
	f.load(t, core.KindHousehold, core.Household{Holder: "0777 118 601", Member: "0777 118 602", Role: core.RoleChild},
		core.Household{Holder: "0777 118 601", Member: "0777 118 603", Role: core.RoleChild})
	return f
}

func (f *family) load(t *testing.T, kind core.Kind, rows ...core.Row) {
	t.Helper()
	out, err := f.store.Load(t.Context(), f.cfg.Mutuality.ID, core.Batch{Kind: kind, AsOf: f.cfg.Now(), Rows: rows})
	if ok(t, err); out.Added != len(rows) {
		t.Fatalf("loading %s: %+v", kind, out)
	}
}

// sees says whether the holder may read the person's data now.
func (f *family) sees(t *testing.T, person *inhabitant) bool {
	t.Helper()
	visible, err := f.store.Visible(t.Context(), auth.Login{Mutuality: f.cfg.Mutuality.ID, Member: f.holder.id})
	ok(t, err)
	_, found := people.Find(visible, person.id)
	return found
}

// Who is on a booklet decides who sees her, by what she proves, and nobody else does.
func TestWhoDecidesWhoSees(t *testing.T) {
	f := openFamily(t)
	stranger := f.members[1]
	at := "/fr/account/people/" + string(f.holder.id)
	v := f.at(f.child)
	for _, path := range []string{"/fr/account/people/" + string(stranger.id) + "/block",
		"/fr/account/people/" + string(f.child.id) + "/block", "/fr/account/people/" + missing + "/answer"} {
		v.wants("GET", path, nil, http.StatusNotFound)
		v.wants("POST", path, url.Values{"choice": {"keep"}}, http.StatusNotFound)
	}
	other, young, holder := f.at(stranger), f.at(f.minor), f.at(f.holder)
	for _, end := range []string{"/block", "/allow", "/answer", "/form.pdf"} {
		other.wants("GET", at+end, nil, http.StatusNotFound)
		holder.wants("GET", at+end, nil, http.StatusNotFound)
		if body := young.wants("GET", at+end, nil, http.StatusForbidden); !strings.Contains(body, "Avant 18 ans") || !strings.Contains(body, "à partir du") {
			t.Errorf("%s refuses a minor without the reason", end)
		}
	}
	young.wants("POST", at+"/block", url.Values{}, http.StatusForbidden)
	young.wants("POST", at+"/answer", url.Values{"choice": {"stop"}}, http.StatusForbidden)
	if f.sees(t, f.child) || !f.sees(t, f.minor) {
		t.Fatal("refusals changed who sees whom")
	}

	if body := v.wants("POST", at+"/answer", url.Values{}, http.StatusUnprocessableEntity); !strings.Contains(body, `id="choice-error"`) {
		t.Error("nothing says beside the choice that it is missing")
	}
	v.wants("POST", at+"/answer", url.Values{"choice": {"keep"}}, http.StatusSeeOther)
	if !f.sees(t, f.child) {
		t.Error("kept, and not seen")
	}
	resp, _ := v.send(at+"/block", url.Values{"key": {"06h029gerwqtfcfprcxr1ynm77"}})
	request, found := strings.CutSuffix(resp.Header.Get("Location"), "/read")
	if !found || !f.sees(t, f.child) {
		t.Fatalf("a request that nobody signed: %s %q", resp.Status, request)
	}
	v.signs(request, f.child.card)
	if f.sees(t, f.child) {
		t.Error("signed, and still seen")
	}
	if body := v.wants("GET", request, nil, http.StatusOK); !strings.Contains(body, "Fin de l’accès") {
		t.Error("the request has no name")
	}
	if body := f.at(f.holder).wants("GET", "/fr/account/people", nil, http.StatusOK); !strings.Contains(body, "Données non affichées") || strings.Contains(body, "bloqu") {
		t.Error("the holder is told nothing, or too much")
	}
	resp, _ = v.send(at+"/allow", url.Values{"key": {"06h029gerwqtfcfprcxr1ynm78"}})
	request, _ = strings.CutSuffix(resp.Header.Get("Location"), "/read")
	v.signs(request, f.child.card)
	if !f.sees(t, f.child) {
		t.Error("given back, and not seen")
	}

	if pdf := v.wants("GET", at+"/form.pdf", nil, http.StatusOK); !bytes.HasPrefix([]byte(pdf), []byte("%PDF-1.7")) {
		t.Error("the form is no PDF")
	}
	f.later(16 * time.Minute)
	v = f.at(f.child)
	f.later(14 * time.Minute)
	v.wants("GET", at+"/answer", nil, http.StatusOK)
	f.later(2 * time.Minute)
	if body := v.wants("POST", at+"/answer", url.Values{"choice": {"stop"}}, http.StatusUnprocessableEntity); !strings.Contains(body, "encore une fois") || !f.sees(t, f.child) {
		t.Error("an answer from a session of a while ago is taken")
	}
}

// Staff note a form signed by hand, in the person's open file.
func TestPaperOnWhoSees(t *testing.T) {
	f := openFamily(t)
	file := f.opening("all", f.child)
	at := "/fr/office/files/" + file + "/access"
	desk := f.desks["all"]
	yes := url.Values{"holder": {string(f.holder.id)}, "choice": {"keep"}, "paper": {"1"}}
	for _, without := range []string{"holder", "choice", "paper"} {
		form := url.Values{}
		for name, value := range yes {
			if name != without {
				form[name] = value
			}
		}
		body := desk.wants("POST", at, form, http.StatusUnprocessableEntity)
		if strings.Contains(body, `value="keep" checked`) != (without != "choice") || strings.Contains(body, `name="paper" value="1" checked`) != (without != "paper") {
			t.Errorf("without %s, the rest of the form is not kept", without)
		}
		if !strings.Contains(body, `id="`+without+`-error"`) {
			t.Errorf("without %s, nothing says so beside it", without)
		}
	}
	if body := desk.wants("GET", "/fr/office/files/"+file, nil, http.StatusOK); !strings.Contains(body, `href="`+at+`"`) {
		t.Error("the file does not lead to the page")
	}
	f.desks[auth.Mailroom].wants("GET", at, nil, http.StatusForbidden)
	if f.sees(t, f.child) {
		t.Fatal("seen after refusals")
	}
	desk.wants("POST", at, yes, http.StatusSeeOther)
	if !f.sees(t, f.child) {
		t.Error("noted, and not seen")
	}
	if body := desk.wants("GET", at, nil, http.StatusOK); !strings.Contains(body, "Accès donné") {
		t.Error("the page does not say what was noted")
	}
	young := f.opening("all", f.minor)
	if body := desk.wants("POST", "/fr/office/files/"+young+"/access", yes, http.StatusUnprocessableEntity); !strings.Contains(body, "18 ans") {
		t.Error("a minor's form is refused without the reason")
	}
}

// A dependant of age sees her own data and never the holder's, on any page there is.
func TestDependantSeesHerOwn(t *testing.T) {
	f := openFamily(t)
	holder, day := "0777 118 601", people.Today(f.now()).AddDate(0, 0, -40)
	f.load(t, core.KindCover, core.Cover{Member: holder, Cover: core.Compulsory, Status: core.InForce, Since: day, Code: "131/131"})
	f.load(t, core.KindPayment, core.Payment{Member: holder, Reference: "GEHEIM-1", Kind: core.Refund, Received: day, Treated: day, Paid: day,
		Payee: "Tita Geheim", Cents: 1234, Communication: "GEHEIM"})
	f.load(t, core.KindLine, core.Line{Payment: "GEHEIM-1", Line: 1, Member: holder, Nature: "Geheim care", Code: "101032", Provider: "Dr Geheim",
		From: day, To: day, Quantity: 1, Fee: 1500, Refund: 1234, Own: 266})
	f.load(t, core.KindMedicalFile, core.MedicalFile{Member: holder, Since: day, Doctor: "Dr Geheim", Number: "10000007004"})
	f.load(t, core.KindAgreement, core.Agreement{Member: holder, Reference: "GEHEIM-2", Kind: "medicine", Subject: "Geheim remedy", Professional: "Dr Geheim",
		Since: day, State: "granted"})
	v := f.at(f.child)
	read := 0
	for _, r := range f.Routes() {
		if r.Method != http.MethodGet || strings.Contains(r.Path, ":") || strings.HasPrefix(r.Path, "office") {
			continue
		}
		for _, query := range []string{"", "?person=" + string(f.holder.id)} {
			resp, body := v.get("/fr/" + r.Path + query)
			if resp.StatusCode == http.StatusOK {
				read++
			}
			for _, secret := range []string{"Geheim", "GEHEIM", holder, "131/131", "12,34"} {
				if strings.Contains(body, secret) {
					t.Errorf("%s%s shows the holder's %q", r.Path, query, secret)
				}
			}
		}
	}
	if read < 20 {
		t.Errorf("only %d pages read", read)
	}
}
