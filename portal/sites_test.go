package portal_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"guichet.example/portal"
	"guichet.example/portal/federal"
	"guichet.example/portal/store/storetest"
	"guichet.example/reader/api"
)

// outside is every address beside the languages, and who guards it: nothing of a member
// is behind any of them.
var outside = map[string]string{
	"GET /":                          "leads to the language",
	"GET /healthz":                   "says that the process lives",
	"GET /readyz":                    "says that the store answers",
	"GET /static/*file":              "our own files",
	"HEAD /static/*file":             "our own files",
	"GET /brand.css":                 "colours",
	"GET " + federal.MetadataPath:    "our keys and addresses",
	"POST " + federal.ACSPath:        "the flow's handle and its cookie",
	"GET " + federal.CallbackPath:    "the flow's handle and its cookie",
	"GET " + federal.SAMLLogoutPath:  "the provider's signature",
	"POST " + federal.OIDCLogoutPath: "the provider's signature",
	"GET " + federal.ReturnPath:      "leads to the page that says: signed out",
	"POST " + api.KioskNoncePath:     "nothing: a nonce",
	"POST " + api.KioskMessagePath:   "the kiosk's signature",
	"GET /check":                     "leads to the language",
	"GET /check/key":                 "public keys",
	"GET /:lang":                     "leads to the first page",
	"GET /:lang/":                    "leads to the first page",
}

func everywhere(cfg *portal.Config) {
	withProviders(cfg)
	cfg.SAML = metadata{}
}

type metadata struct{}

func (metadata) Metadata() ([]byte, error) { return []byte("<md/>"), nil }

// Whatever the router knows is a route with an act, or stands in the list above.
func TestEveryAddressIsListed(t *testing.T) {
	met := map[string]bool{}
	for _, id := range profiles {
		everyAddressIsListed(t, open(t, everywhere, ofProfile(t, id)), met)
	}
	for address := range outside {
		if !met[address] {
			t.Errorf("%s is in the list and not served", address)
		}
	}
}

func everyAddressIsListed(found told, c *counter, met map[string]bool) {
	found.Helper()
	listed := map[string]bool{}
	for _, r := range c.Routes() {
		listed[r.Method+" /:lang/"+r.Path] = true
	}
	for _, address := range c.Addresses() {
		if met[address] = true; !listed[address] && outside[address] == "" {
			found.Errorf("%s is served, and neither an act nor anything else guards it", address)
		}
	}
}

// Outside the languages nothing tells of a member, signed in or not.
func TestOutsideTellsNothing(t *testing.T) {
	c := open(t, everywhere)
	for _, v := range []*visitor{c.visitor(t), c.visitor(t).in()} {
		for address := range outside {
			method, path, _ := strings.Cut(address, " ")
			path = strings.NewReplacer("*file", "none", ":provider", "csam", ":lang", "fr").Replace(path)
			resp, body := v.ask(httptest.NewRequest(method, origin+path, nil))
			if resp.StatusCode >= 500 || strings.Contains(body, "Delcourt") {
				t.Errorf("%s: %s", address, resp.Status)
			}
			inspect(t, address, resp)
		}
	}
}

// inspect holds an answer against what every answer has: headers, and cookies that no
// script and no other host sees.
func inspect(t told, where string, resp *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Strict-Transport-Security": "max-age=63072000; includeSubDomains", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := resp.Header[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s (%s): %s is %q", where, resp.Status, name, got)
		}
	}
	csp := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
		t.Errorf("%s (%s): policy %q", where, resp.Status, csp)
	}
	static := strings.Contains(where, " /static/") || strings.Contains(where, " /brand.css")
	if !static && resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s (%s): may be kept: %q", where, resp.Status, resp.Header.Get("Cache-Control"))
	}
	if resp.Header.Get("Server") != "" || resp.Header.Get("X-Powered-By") != "" || resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s: a header too many", where)
	}
	for _, k := range resp.Cookies() {
		outlives := slices.Contains([]string{"__Host-federal", "__Host-known", "__Host-remember", "__Host-ticket"}, k.Name)
		same := map[string]http.SameSite{"__Host-federal": http.SameSiteNoneMode, "__Host-office": http.SameSiteStrictMode,
			"__Host-kiosk": http.SameSiteStrictMode, "__Host-test": http.SameSiteStrictMode}[k.Name]
		if same == 0 {
			same = http.SameSiteLaxMode
		}
		if !strings.HasPrefix(k.Name, "__Host-") || !k.Secure || !k.HttpOnly || k.Path != "/" || k.Domain != "" || k.SameSite != same ||
			k.MaxAge > 0 && !outlives || !k.Expires.IsZero() {
			t.Errorf("%s: cookie %s", where, k.Raw[:strings.IndexByte(k.Raw, '=')]+k.Raw[strings.IndexByte(k.Raw, ';'):])
		}
	}
}

// foreign is how a request looks that another site had the browser send.
var foreign = []http.Header{
	{"Sec-Fetch-Site": {"cross-site"}},
	{"Sec-Fetch-Site": {"same-site"}},
	{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
	{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"null"}},
	{"Sec-Fetch-Site": {"nonsense"}, "Origin": {"https://evil.example"}},
	{"Origin": {"https://evil.example"}}, // browsers before Sec-Fetch-Site
	{"Origin": {"null"}},
	{"Origin": {"http://counter.example"}},
	{"Origin": {"https://counter.example:8443"}},
	{"Origin": {"https://counter.example.evil.example"}},
	{"Origin": {"https://sub.counter.example"}},
}

// Every address that changes something refuses what another site sends, but one: that of
// the provider's form, which its own cookie guards.
func TestForeignSitesChangeNothing(t *testing.T) {
	cfg := storetest.Config(t, storetest.SQLite)
	w := openTown(t, cfg)
	v := w.at(w.members[0])
	w.sitsDown(v, "all")
	before := fingerprint(t, w.db, "audit")
	let := map[string]int{}
	posts := 0
	for _, address := range w.Addresses() {
		method, path, _ := strings.Cut(address, " ")
		if method == http.MethodGet || method == http.MethodHead {
			continue
		}
		posts++
		path = strings.NewReplacer(":lang", "fr", ":id", missing, ":secret", missing, ":provider", "csam").Replace(path)
		for _, header := range foreign {
			for _, kind := range []string{form, "application/json", "text/plain"} {
				r := httptest.NewRequest(method, origin+path, strings.NewReader(""))
				r.Header = header.Clone()
				r.Header.Set("Content-Type", kind)
				resp, _ := v.ask(r)
				if resp.StatusCode != http.StatusForbidden {
					let[address]++
				}
				inspect(t, address, resp)
			}
		}
	}
	if acs := "POST " + federal.ACSPath; len(let) != 1 || let[acs] != 3*len(foreign) || posts < 40 {
		t.Errorf("of %d addresses these let other sites in: %v", posts, let)
	}
	same(t, "what other sites sent", before, fingerprint(t, w.db, "audit"))
	if !w.alive(v) {
		t.Error("the session ended")
	}
}

// same holds what is in the tables against what was.
func same(t told, what string, before, after map[string]string) bool {
	t.Helper()
	alike := true
	for table, rows := range after {
		if before[table] != rows {
			was, _, _ := strings.Cut(before[table], " ")
			is, _, _ := strings.Cut(rows, " ")
			t.Errorf("%s changed the table %s, of %s rows, now %s", what, table, was, is)
			alike = false
		}
	}
	return alike
}

// flows are the pages that lead to a provider: they keep what the way back is held
// against, are counted like changes, and are no use to another site.
var flows = map[string]bool{"sign-in/federal/:provider": true, "requests/:id/prove": true}

// No page that is read changes a row: but the trail, the time a session was last seen,
// and the flows to a provider.
func TestReadingChangesNothing(t *testing.T) {
	m := newMatrix(t, storetest.SQLite, true)
	for _, k := range []kind{request, paper, session, signIn, item, employee, batch, letter, job} {
		m.object("own", k)
	}
	file := m.opening("all", m.members[0])
	var paths []string
	for _, r := range m.Routes() {
		if r.Method != http.MethodGet || flows[r.Path] {
			continue
		}
		k, found, _ := parameter(r.Path)
		id, path := file, "/fr/"+r.Path
		if found && k != opening {
			if id, found = m.object("own", k); !found {
				id = missing
			}
		}
		if start, rest, more := strings.Cut(path, ":"); more {
			_, rest, more = strings.Cut(rest, "/")
			if path = start + id; more {
				path += "/" + rest
			}
		}
		paths = append(paths, path)
	}
	for _, a := range m.askers {
		if slices.Contains([]string{"none", "password", "card", "all"}, a.name) {
			m.reads(t, a, paths)
		}
	}
	t.Logf("%d pages", len(paths))
}

// reads holds the tables against what they were after all pages, and only where they
// changed after each of them again, to name it. A look leaves its row in the trail.
func (m *matrix) reads(found told, a *asker, paths []string) {
	before := fingerprint(m.t, m.db, "audit", "looks")
	for _, path := range paths {
		a.get(path)
	}
	after := fingerprint(m.t, m.db, "audit", "looks")
	if same(found, a.name+" reading all pages", before, after) {
		return
	}
	for _, path := range paths {
		resp, _ := a.get(path)
		before, after = after, fingerprint(m.t, m.db, "audit", "looks")
		same(found, a.name+" reading "+path+" ("+resp.Status+")", before, after)
	}
}

// A parameter given twice is refused, in the address as in the form (ASVS 15.3.7).
func TestDoubledParameters(t *testing.T) { doubledParameters(t, t, open(t, everywhere)) }

func doubledParameters(t *testing.T, found told, c *counter) {
	t.Helper()
	v := c.visitor(t).in()
	for _, r := range c.Routes() {
		if isStaff(r.Act) {
			continue
		}
		address := strings.ReplaceAll(path(r.Path), ":provider", "csam") + "?next=home&next=account"
		resp, _ := v.ask(sameOrigin(httptest.NewRequest(r.Method, origin+address, nil)))
		if resp.StatusCode != http.StatusBadRequest {
			found.Errorf("%s %s: %s with a parameter twice", r.Method, r.Path, resp.Status)
		}
		if r.Method == http.MethodPost {
			if resp, _ := v.post(strings.TrimSuffix(address, "?next=home&next=account"), form, "a=1&a=2"); resp.StatusCode != http.StatusBadRequest {
				found.Errorf("POST %s: %s with a field twice", r.Path, resp.Status)
			}
		}
		c.later(1e9)
	}
}

func sameOrigin(r *http.Request) *http.Request {
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", form)
	return r
}

// Another method than the route's is no way round it.
func TestWrongMethods(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	v := w.at(w.members[0])
	w.sitsDown(v, "all")
	before := fingerprint(t, w.db, "audit")
	methods := map[string][]string{}
	for _, address := range w.Addresses() {
		method, path, _ := strings.Cut(address, " ")
		methods[path] = append(methods[path], method)
	}
	for path, known := range methods {
		address := strings.NewReplacer(":lang", "fr", ":id", missing, ":secret", missing, ":provider", "csam", ":outcome", "over", "*file", "x").Replace(path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
			if slices.Contains(known, method) {
				continue
			}
			resp, _ := v.ask(sameOrigin(httptest.NewRequest(method, origin+address, nil)))
			if resp.StatusCode != http.StatusMethodNotAllowed && resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s %s: %s", method, path, resp.Status)
			}
			inspect(t, method+" "+address, resp)
		}
	}
	same(t, "wrong methods", before, fingerprint(t, w.db, "audit"))
}
