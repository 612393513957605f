package portal_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal"
)

// path fills a route's parameters with an id that nobody has.
func path(r string) string {
	return "/fr/" + strings.ReplaceAll(r, ":id", "06h029gerwqtfcfprcxr1ynme4")
}

// isStaff says that the act is one of the office.
func isStaff(act auth.Act) bool { return slices.Contains(auth.StaffActs(), act) }

// Every page that is not public leads to the door without a session, whatever the
// cookie says, and nothing of it is shown.
func TestNoPageWithoutASession(t *testing.T) { noPageWithoutASession(t, t, open(t)) }

func noPageWithoutASession(t *testing.T, found told, c *counter) {
	t.Helper()
	out := c.visitor(t).in()
	cookie := out.cookies["__Host-session"]
	out.post("/fr/sign-out", "application/x-www-form-urlencoded", "")
	sessions := map[string]string{"none": "", "forged": strings.Repeat("A", 43), "malformed": "x", "signed out": cookie}
	for _, r := range c.Routes() {
		if r.Act == auth.Public || r.Act == auth.OfficeDoor {
			continue
		}
		c.later(time.Second) // so that no limit is met
		door := "/fr/sign-in?next="
		if isStaff(r.Act) {
			door = "/fr/office/sign-in?next="
		}
		for name, value := range sessions {
			v := c.visitor(t)
			if value != "" {
				v.cookies["__Host-session"], v.cookies["__Host-office"] = value, value
			}
			var resp *http.Response
			var body string
			if r.Method == http.MethodGet {
				resp, body = v.get(path(r.Path))
			} else {
				resp, body = v.post(path(r.Path), "application/x-www-form-urlencoded", "")
			}
			if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(resp.Header.Get("Location"), door) {
				found.Errorf("%s %s with session %s: %s to %q", r.Method, r.Path, name, resp.Status, resp.Header.Get("Location"))
			}
			if strings.Contains(body, "Delcourt") {
				found.Errorf("%s %s with session %s shows a member", r.Method, r.Path, name)
			}
		}
	}
}

// What the public list is, is decided here: a route that becomes public by mistake
// fails this test.
func TestPublicRoutes(t *testing.T) {
	public := "sign-in sign-in/card sign-in/card/challenge sign-in/card sign-in/password sign-in/password " +
		"sign-in/password/forget sign-in/password/new sign-in/password/new sign-in/disabled sign-in/disabled " +
		"sign-out signed-out enrol enrol/letter enrol/letter enrol/letter/asked recover recover/password " +
		"recover/password recover/sent recover/link/:secret recover/link/:secret cannot-connect " +
		"cannot-connect cannot-connect/sent email/confirm/:secret email/confirm/:secret email/undo/:secret " +
		"email/undo/:secret bank/stop/:secret bank/stop/:secret bank/stopped help/branches help/doctors " +
		"check check check/file check/answer check/answer/proof.pdf kiosk kiosk/over kiosk/help help help/card help/self-test help/accessibility " +
		"help/privacy help/glossary help/guide"
	var got []string
	for _, r := range open(t).Routes() {
		if r.Act == auth.Public {
			got = append(got, r.Path)
		}
	}
	if strings.Join(got, " ") != public {
		t.Errorf("public routes are %q, want %q", strings.Join(got, " "), public)
	}
}

func TestForeignIDsLookLikeMissingPages(t *testing.T) {
	c := open(t)
	v := c.visitor(t).in()
	_, missing := v.get("/fr/nowhere")
	for _, r := range c.Routes() {
		if !strings.Contains(r.Path, ":id") || r.Method != http.MethodGet || isStaff(r.Act) {
			continue
		}
		resp, body := v.get(path(r.Path))
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %s, want 404", r.Path, resp.Status)
		}
		if title(body) != title(missing) {
			t.Errorf("GET %s has the title %q, a missing page %q", r.Path, title(body), title(missing))
		}
	}
}

func title(body string) string {
	_, after, _ := strings.Cut(body, "<title>")
	before, _, _ := strings.Cut(after, "</title>")
	return before
}

func TestSessionEnds(t *testing.T) {
	for name, test := range map[string]struct {
		steps []time.Duration
		alive bool
	}{
		"a second before idle":   {[]time.Duration{15*time.Minute - time.Second}, true},
		"a second after idle":    {[]time.Duration{15*time.Minute + time.Second}, false},
		"in use for eight hours": {every(10*time.Minute, 47), true},
		"a little longer":        {every(10*time.Minute, 49), false},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			v := c.visitor(t).in()
			var resp *http.Response
			for _, step := range test.steps {
				c.later(step)
				if resp, _ = v.get("/fr/account"); resp.StatusCode != http.StatusOK {
					break
				}
			}
			if alive := resp.StatusCode == http.StatusOK; alive != test.alive {
				t.Fatalf("account: %s, alive should be %t", resp.Status, test.alive)
			}
			if !test.alive && !strings.HasSuffix(resp.Header.Get("Location"), "next=account&ended=1") {
				t.Errorf("an ended session leads to %q", resp.Header.Get("Location"))
			}
		})
	}
}

func every(d time.Duration, n int) []time.Duration {
	steps := make([]time.Duration, n)
	for i := range steps {
		steps[i] = d
	}
	return steps
}

// The session's token is new at each sign-in, and the one before is dead.
func TestSessionRotates(t *testing.T) {
	c := open(t)
	v := c.visitor(t).in()
	first := v.cookies["__Host-session"]
	v.in()
	if v.cookies["__Host-session"] == first {
		t.Fatal("the token stayed the same")
	}
	stale := c.visitor(t)
	stale.cookies["__Host-session"] = first
	if resp, _ := stale.get("/fr/account"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the old token opens the account: %s", resp.Status)
	}
}

func TestCookies(t *testing.T) {
	c := open(t)
	v := c.visitor(t)
	r := httptest.NewRequest(http.MethodPost, origin+"/fr/sign-in/card", strings.NewReader(token(t, c.card, origin, v.challenge())))
	r.Header.Set("Content-Type", "application/json")
	resp, body := v.ask(r)
	found := false
	for _, cookie := range resp.Cookies() {
		if cookie.MaxAge < 0 {
			continue
		}
		found = true
		if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" ||
			cookie.Domain != "" || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 0 || !cookie.Expires.IsZero() {
			t.Errorf("cookie %s", cookie)
		}
		if strings.Contains(body, cookie.Value) {
			t.Error("the token stands in the body")
		}
	}
	if !found {
		t.Error("sign-in set no cookie")
	}
}

// What may speak to the agent of a card is a page that there is: one that moved would find
// no card any more.
func TestCardPagesAreThere(t *testing.T) {
	there := map[string]bool{}
	for _, address := range open(t).Addresses() {
		there[address] = true
	}
	pages := portal.CardPages()
	for _, path := range pages {
		if !there["GET "+path] {
			t.Errorf("there is no page %s", path)
		}
	}
	if len(pages) == 0 {
		t.Error("no page speaks to a card")
	}
}
