package portal_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/certs/certstest"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
)

var ines = certstest.Person{GivenNames: "Inès", Surname: "Collard", NationalNumber: "79042118497", Algorithm: certstest.P384}

// colleague adds a member of the staff and gives her card.
func (c *counter) colleague(t *testing.T, p certstest.Person, roles ...auth.Role) (auth.StaffID, *certstest.Card) {
	t.Helper()
	number, err := nrn.Parse(p.NationalNumber)
	ok(t, err)
	id, err := c.store.AddStaff(t.Context(), office.By{Mutuality: "test"}, office.NewColleague{
		Colleague: office.Colleague{Name: p.GivenNames + " " + p.Surname, Language: "fr", Place: "Liège", Roles: roles}, Number: number})
	ok(t, err)
	card, err := c.pki.Issue(p)
	ok(t, err)
	return id, card
}

// atOffice signs in at the office's door.
func (v *visitor) atOffice(card *certstest.Card) (*http.Response, string) {
	v.t.Helper()
	resp, body := v.post("/fr/office/sign-in/challenge", "application/json", "{}")
	var answer struct{ Nonce string }
	if resp.StatusCode != http.StatusOK || json.Unmarshal([]byte(body), &answer) != nil {
		v.t.Fatalf("challenge: %s %s", resp.Status, body)
	}
	return v.post("/fr/office/sign-in", "application/json", token(v.t, card, origin, answer.Nonce))
}

// officer is somebody of the staff at work, with these roles.
func (c *counter) officer(t *testing.T, roles ...auth.Role) (*visitor, auth.StaffID) {
	t.Helper()
	id, card := c.colleague(t, ines, roles...)
	v := c.visitor(t)
	if resp, body := v.atOffice(card); resp.StatusCode != http.StatusOK {
		t.Fatalf("sign-in at the office: %s %s", resp.Status, body)
	}
	return v, id
}

const form = "application/x-www-form-urlencoded"

func (v *visitor) send(path string, values url.Values) (*http.Response, string) {
	v.t.Helper()
	return v.post(path, form, values.Encode())
}

func TestOfficeDoorRefuses(t *testing.T) {
	c := open(t)
	id, card := c.colleague(t, ines, auth.Advisor)
	_, watch := c.colleague(t, bea, auth.Administrator)
	member := c.visitor(t)
	resp, body := member.atOffice(c.card)
	if resp.StatusCode != http.StatusForbidden || !strings.Contains(body, `"unknown_staff"`) || member.cookies["__Host-office"] != "" {
		t.Errorf("a member's card at the office: %s %s", resp.Status, body)
	}
	// A nonce asked for at the members' door does not serve at the office, nor the reverse.
	cross := c.visitor(t)
	if resp, _ := cross.post("/fr/office/sign-in", "application/json", token(t, card, origin, cross.challenge())); resp.StatusCode != http.StatusConflict {
		t.Errorf("a nonce of the members' door at the office: %s", resp.Status)
	}
	ok(t, c.store.DisableStaff(t.Context(), office.By{Mutuality: "test"}, id, true))
	if resp, body := c.visitor(t).atOffice(card); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, `"unknown_staff"`) {
		t.Errorf("disabled staff: %s %s", resp.Status, body)
	}
	watcher := c.visitor(t)
	watcher.atOffice(watch)
	acts := watcher.wants("GET", "/fr/office/system/acts", nil, http.StatusOK)
	if strings.Count(acts, "Refusé") < 3 || !strings.Contains(acts, "Inconnu") || strings.Contains(acts, "85073003328") {
		t.Error("the acts of staff lack the refused sign-ins")
	}
}

func TestOfficeCookie(t *testing.T) {
	c := open(t)
	_, card := c.colleague(t, ines, auth.Advisor)
	resp, body := c.visitor(t).atOffice(card)
	found := false
	for _, cookie := range resp.Cookies() {
		if cookie.Name != "__Host-office" {
			continue
		}
		found = true
		if !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.Domain != "" || cookie.SameSite != http.SameSiteStrictMode ||
			cookie.MaxAge != 0 || strings.Contains(body, cookie.Value) {
			t.Errorf("cookie %s", cookie)
		}
	}
	if !found {
		t.Errorf("%s sets no cookie", resp.Status)
	}
}

// Neither kind of session opens a page of the other kind, in one browser too.
func TestOfficeAndCounterAreApart(t *testing.T) {
	c := open(t)
	officer, _ := c.officer(t, auth.Roles()...)
	member := c.visitor(t).in()
	for _, r := range c.Routes() {
		if r.Act == auth.Public || r.Act == auth.OfficeDoor {
			continue
		}
		c.later(time.Second) // so that no limit is met
		who, door := officer, "/fr/sign-in?next="
		if isStaff(r.Act) {
			who, door = member, "/fr/office/sign-in?next="
		}
		var resp *http.Response
		if r.Method == http.MethodGet {
			resp, _ = who.get(path(r.Path))
		} else {
			resp, _ = who.post(path(r.Path), form, "")
		}
		if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(resp.Header.Get("Location"), door) {
			t.Errorf("%s %s with the other session: %s to %q", r.Method, r.Path, resp.Status, resp.Header.Get("Location"))
		}
	}
	both := c.visitor(t).in()
	both.cookies["__Host-office"] = officer.cookies["__Host-office"]
	if resp, body := both.get("/fr/account"); resp.StatusCode != http.StatusOK || strings.Contains(body, "Collard") {
		t.Errorf("account with both sessions: %s", resp.Status)
	}
	if resp, body := both.get("/fr/office"); resp.StatusCode != http.StatusOK || strings.Contains(body, "Delcourt") {
		t.Errorf("office with both sessions: %s", resp.Status)
	}
	both.post("/fr/office/sign-out", form, "")
	if resp, _ := both.get("/fr/account"); resp.StatusCode != http.StatusOK {
		t.Errorf("signing out at the office ended the member's session: %s", resp.Status)
	}
}

// What no role of an officer opens answers 403, by direct address too.
func TestRolesOpenNoMore(t *testing.T) {
	policy := auth.DefaultPolicy()
	for _, role := range auth.Roles() {
		c := open(t)
		v, _ := c.officer(t, role)
		for _, r := range c.Routes() {
			if !isStaff(r.Act) || r.Act == auth.OfficeDoor {
				continue
			}
			allowed := policy.AllowOfficer(&auth.Officer{Mutuality: "test", ID: "x", Roles: []auth.Role{role}}, r.Act) == nil
			var resp *http.Response
			var body string
			if r.Method == http.MethodGet {
				resp, body = v.get(path(r.Path))
			} else {
				resp, body = v.post(path(r.Path), form, "")
			}
			closed := resp.StatusCode == http.StatusForbidden && strings.Contains(body, "Votre rôle")
			if closed == allowed || resp.StatusCode >= 500 {
				t.Errorf("%s: %s %s = %s, the role opens it: %t", role, r.Method, r.Path, resp.Status, allowed)
			}
		}
	}
}

// Disabled staff and removed roles are out at the next request.
func TestWithdrawnMeansOut(t *testing.T) {
	c := open(t)
	c.colleague(t, bea, auth.Administrator)
	v, id := c.officer(t, auth.Advisor)
	command := office.By{Mutuality: "test"}
	if resp, _ := v.get("/fr/office/queue"); resp.StatusCode != http.StatusOK {
		t.Fatalf("queue: %s", resp.Status)
	}
	ok(t, c.store.ChangeStaff(t.Context(), command, office.Colleague{ID: id, Name: "Inès Collard", Language: "fr", Revision: 1, Roles: []auth.Role{auth.Mailroom}}))
	if resp, _ := v.get("/fr/office/queue"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("queue without the role: %s", resp.Status)
	}
	ok(t, c.store.DisableStaff(t.Context(), command, id, true))
	if resp, _ := v.get("/fr/office"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("office when disabled: %s", resp.Status)
	}
	ok(t, c.store.DisableStaff(t.Context(), command, id, false))
	if resp, _ := v.get("/fr/office"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the old session lives again: %s", resp.Status)
	}
}

func TestOfficeSessionEnds(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Advisor)
	c.later(10*time.Minute - time.Second)
	if resp, _ := v.get("/fr/office"); resp.StatusCode != http.StatusOK {
		t.Fatalf("a second before idle: %s", resp.Status)
	}
	c.later(10*time.Minute + time.Second)
	if resp, _ := v.get("/fr/office/queue"); resp.StatusCode != http.StatusSeeOther || !strings.HasSuffix(resp.Header.Get("Location"), "office/sign-in?next=office/queue&ended=1") {
		t.Errorf("a second after idle: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
}

var fileAddress = regexp.MustCompile(`^/fr/office/files/[0-9a-z]{26}$`)

// search is a search for Mathieu with a reason.
func search(change map[string]string) url.Values {
	f := url.Values{"way": {"number"}, "number": {"85.07.30-033.28"}, "why": {"visit"}, "words": {"Vient pour son accès"}}
	for name, value := range change {
		f.Set(name, value)
	}
	return f
}

func TestFileNeedsAReason(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Advisor)
	for name, change := range map[string]map[string]string{
		"no reason":        {"why": ""},
		"reason of a task": {"why": "else"},
		"no words":         {"words": " "},
		"wrong number":     {"number": "85.07.30-033.29"},
		"nobody":           {"number": "72.02.29-118.53"},
		"no way":           {"way": "", "user": "0305"},
		"name without day": {"way": "name", "surname": "Delcourt"},
		"other birth":      {"way": "name", "surname": "Delcourt", "birth-day": "31", "birth-month": "7", "birth-year": "1985"},
		"other number":     {"way": "user", "user": "0305 118 423"},
		"of another way":   {"number": "", "user": "0305 118 422"},
	} {
		resp, body := v.send("/fr/office/person", search(change))
		if resp.StatusCode != http.StatusUnprocessableEntity || strings.Contains(body, "Mathieu") || !strings.Contains(body, `id="errors"`) {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if resp, body := v.get("/fr/office/files/06h029gerwqtfcfprcxr1ynme4"); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "motif") {
		t.Errorf("a file by direct address: %s", resp.Status)
	}
	if resp, _ := v.send("/fr/office/person/open", url.Values{"member": {"abcdefghijklmnopqrstuvwxya"}, "why": {"visit"}, "words": {"x"}}); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a member that is none: %s", resp.Status)
	}
}

func TestFileOpensForOneOfficerAndHalfAnHour(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Advisor, auth.ContactPoint)
	_, card := c.colleague(t, bea, auth.Advisor)
	other := c.visitor(t)
	other.atOffice(card)
	var at string
	for name, change := range map[string]map[string]string{
		"number": {}, "user": {"way": "user", "user": "0305-118.422"},
		"name": {"way": "name", "surname": "DELCOURT mathieu", "birth-day": "30", "birth-month": "7", "birth-year": "1985"},
	} {
		resp, _ := v.send("/fr/office/person", search(change))
		at = resp.Header.Get("Location")
		if resp.StatusCode != http.StatusSeeOther || !fileAddress.MatchString(at) {
			t.Fatalf("%s: %s to %q", name, resp.Status, at)
		}
	}
	resp, body := v.get(at)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "Mathieu Delcourt") || strings.Contains(body, "85073003328") || strings.Contains(body, "85.07.30") {
		t.Errorf("file: %s", resp.Status)
	}
	if resp, _ := other.get(at); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a colleague opens it: %s", resp.Status)
	}
	for range 4 {
		c.later(8 * time.Minute)
		resp, _ = v.get(at)
	}
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("after 32 minutes: %s", resp.Status)
	}
	rows := 0
	ok(t, c.store.AuditRows(context.Background(), func(e audit.Entry) error {
		if e.Action == "file.read" && e.Reason == "visit" && e.Member != "" && e.Method == "office" {
			rows++
		}
		if strings.Contains(e.Reason+e.Object, "accès") || strings.Contains(e.Reason, "85073003328") {
			t.Errorf("row %s holds what was typed", e.Action)
		}
		return nil
	}))
	if rows != 4 { // at once, and after 8, 16 and 24 minutes
		t.Errorf("%d rows of looks", rows)
	}
}

// Nobody opens her own file.
func TestOwnFileIsRefused(t *testing.T) {
	c := open(t)
	_, card := c.colleague(t, mathieu, auth.Advisor)
	v := c.visitor(t)
	v.atOffice(card)
	if resp, body := v.send("/fr/office/person", search(nil)); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "propre dossier") {
		t.Errorf("own file: %s", resp.Status)
	}
}

// Every page of the office in every language, for an officer with all roles.
func TestOfficeSpeaksEachLanguage(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Roles()...)
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		titles := map[string]string{}
		for _, r := range c.Routes() {
			if !isStaff(r.Act) || r.Method != http.MethodGet || strings.Contains(r.Path, ":") || r.Path == "office/sign-in" || strings.HasSuffix(r.Path, ".pdf") {
				continue
			}
			resp, body := v.get("/" + lang + "/" + r.Path)
			if resp.StatusCode != http.StatusOK || !strings.Contains(body, `<html lang="`+lang+`"`) || strings.Count(body, "<h1") != 1 {
				t.Errorf("%s/%s: %s", lang, r.Path, resp.Status)
			}
			if before, taken := titles[title(body)]; taken {
				t.Errorf("%s: %s and %s have one title, %q", lang, before, r.Path, title(body))
			}
			titles[title(body)] = r.Path
		}
	}
}

// A session token of the office is not in the log, nor a name.
func TestOfficeLogIsQuiet(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Advisor)
	v.send("/fr/office/person", search(nil))
	for _, secret := range []string{v.cookies["__Host-office"], "Delcourt", "Collard", "79042118497", "85073003328"} {
		if strings.Contains(c.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	r := httptest.NewRequest(http.MethodGet, origin+"/fr/office", nil)
	if resp, _ := c.visitor(t).ask(r); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("office without a session: %s", resp.Status)
	}
}
