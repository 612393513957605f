package portal_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal"
	"guichet.example/portal/credentials"
	"guichet.example/portal/office"
	"guichet.example/portal/signin"
	"guichet.example/portal/store/storetest"
)

// A checker that was never seen red proves nothing: here each of them meets a counter
// with one planted fault, and has to name that fault and no other.

// told is where a checker says what it found: a test, or a list.
type told interface {
	Helper()
	Errorf(format string, args ...any)
}

// findings is what a checker found.
type findings struct{ list []string }

func (f *findings) Helper() {}

func (f *findings) Errorf(format string, args ...any) {
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// only wants that the checker was red, and that every finding has one of these
// beginnings, and every beginning a finding.
func (f *findings) only(t *testing.T, beginnings ...string) {
	t.Helper()
	met := map[string]bool{}
	for _, finding := range f.list {
		i := slices.IndexFunc(beginnings, func(b string) bool { return strings.HasPrefix(finding, b) })
		if i < 0 {
			t.Errorf("found besides the fault: %s", finding)
			continue
		}
		met[beginnings[i]] = true
	}
	for _, b := range beginnings {
		if !met[b] {
			t.Errorf("not found: %q in %q", b, f.list)
		}
	}
}

// fault stands before a counter and spoils what passes.
type fault func(next http.Handler) http.Handler

// answers is what a browser reaches.
func (c *counter) answers() http.Handler {
	if c.fault != nil {
		return c.fault(c.Handler())
	}
	return c.Handler()
}

// on is a fault of one address; spoil calls next, or does not.
func on(method, path string, spoil func(next http.Handler, w http.ResponseWriter, r *http.Request)) fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == method && r.URL.Path == path {
				spoil(next, w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// without has the answer lose a header, or the last piece of one.
func without(name string) func(next http.Handler, w http.ResponseWriter, r *http.Request) {
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		answer.Header().Del(name)
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
	}
}

// as has every request come from this browser, whoever sent it.
func as(v *visitor) func(next http.Handler, w http.ResponseWriter, r *http.Request) {
	cookies := maps.Clone(v.cookies)
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Cookie")
		for name, value := range cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		next.ServeHTTP(w, r)
	}
}

// A page that forgets to look at the session.
func TestNoPageWithoutASessionGoesRed(t *testing.T) {
	c, found := open(t), new(findings)
	owner := c.visitor(t).in()
	c.fault = on(http.MethodGet, "/fr/account", as(owner))
	noPageWithoutASession(t, found, c)
	found.only(t, "GET account with session none: 200", "GET account with session forged: 200",
		"GET account with session malformed: 200", "GET account with session signed out: 200",
		"GET account with session none shows a member", "GET account with session forged shows a member",
		"GET account with session malformed shows a member", "GET account with session signed out shows a member")
}

// An address beside the table of routes.
func TestEveryAddressIsListedGoesRed(t *testing.T) {
	c, found := open(t, everywhere), new(findings)
	c.Mount(http.MethodGet, "/:lang/debug/members", func(c *gin.Context) { c.String(http.StatusOK, "all of them") })
	everyAddressIsListed(found, c, map[string]bool{})
	found.only(t, "GET /:lang/debug/members is served")
}

// A session that nobody signed in for.
func TestSessionsWithoutSignInGoRed(t *testing.T) {
	found := new(findings)
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	m := &matrix{town: w, found: found}
	w.at(w.members[0])
	w.at(w.members[1])
	m.everySessionHasItsSignIn()
	found.only(t)
	_, err := w.db.Exec(`DELETE FROM signins WHERE member = ?`, string(w.members[1].id))
	ok(t, err)
	m.everySessionHasItsSignIn()
	found.only(t, "1 of 2 sessions have no sign-in")
}

// The access matrix: one cell that is open, one object of another's that is told of, one
// page without its policy, and nothing else is red.
func TestAccessMatrixGoesRed(t *testing.T) {
	m := newMatrix(t, storetest.SQLite, true)
	strong := m.at(m.members[0])
	routeOf := func(method, path string) portal.Route {
		i := slices.IndexFunc(m.Routes(), func(r portal.Route) bool { return r.Method == method && r.Path == path })
		return m.Routes()[i]
	}
	walk := func(f fault, r portal.Route) *findings {
		t.Helper()
		found := new(findings)
		m.found, m.fault = found, f
		for _, a := range m.askers {
			m.route(a, r)
		}
		m.fault = nil
		return found
	}
	for name, test := range map[string]struct {
		fault fault
		route portal.Route
		want  []string
	}{
		"no fault": {nil, routeOf("GET", "bank/change"), nil},
		"an act below the table": {func(next http.Handler) http.Handler { // what needs the card opens to a password
			weak := m.asker("password").cookies["__Host-session"]
			return on(http.MethodGet, "/fr/bank/change", func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if k, err := r.Cookie("__Host-session"); err == nil && k.Value == weak {
					as(strong)(next, w, r)
					return
				}
				next.ServeHTTP(w, r)
			})(next)
		}, routeOf("GET", "bank/change"), []string{"password: GET bank/change (own)  = open"}},
		"another's paper is told of": {on(http.MethodGet, "/fr/documents/"+m.paperOf("another's"), func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie("__Host-session"); err == nil {
				w.Header().Set("X-Pages", "2")
			}
			next.ServeHTTP(w, r)
		}), routeOf("GET", "documents/:id"), m.whoHas("__Host-session", ": GET documents/:id : the answer for what is another's")},
		"a page without its policy": {on(http.MethodGet, "/fr/orders", without("Content-Security-Policy")), routeOf("GET", "orders"),
			m.each(`: GET /fr/orders (`)},
		"a page that may be kept": {on(http.MethodGet, "/fr/orders", without("Cache-Control")), routeOf("GET", "orders"),
			m.each(`: GET /fr/orders (`)},
	} {
		walk(test.fault, test.route).only(t, test.want...)
		if t.Failed() {
			t.Fatalf("in the case %q", name)
		}
	}
}

func (m *matrix) asker(name string) *asker {
	return m.askers[slices.IndexFunc(m.askers, func(a *asker) bool { return a.name == name })]
}

func (m *matrix) paperOf(owner string) string {
	id, _ := m.object(owner, paper)
	return id
}

// each is a beginning for each asker.
func (m *matrix) each(rest string) (list []string) {
	for _, a := range m.askers {
		list = append(list, a.name+rest)
	}
	return list
}

// whoHas is each for the askers who come with that cookie.
func (m *matrix) whoHas(cookie, rest string) (list []string) {
	for _, a := range m.askers {
		if a.cookies[cookie] != "" {
			list = append(list, a.name+rest)
		}
	}
	return list
}

// keeping is a store with a planted cache: whom it let in once it lets in ever after.
type keeping struct {
	portal.Store
	officers map[[32]byte]office.Session
	members  map[[32]byte]signin.Session
}

func (k keeping) OfficeSession(ctx context.Context, hash [32]byte, now time.Time) (office.Session, error) {
	if s, found := k.officers[hash]; found {
		return s, nil
	}
	s, err := k.Store.OfficeSession(ctx, hash, now)
	if err == nil && k.officers != nil {
		k.officers[hash] = s
	}
	return s, err
}

func (k keeping) Session(ctx context.Context, hash [32]byte, now time.Time) (signin.Session, error) {
	if s, found := k.members[hash]; found {
		return s, nil
	}
	s, err := k.Store.Session(ctx, hash, now)
	if err == nil && k.members != nil {
		k.members[hash] = s
	}
	return s, err
}

// A server that remembers officers, or members, for a while.
func TestWithdrawnGoesRed(t *testing.T) {
	for name, test := range map[string]struct {
		kept keeping
		want []string
	}{
		"officers": {keeping{officers: map[[32]byte]office.Session{}}, []string{"an officer who signs out: still in", "a role: still in",
			"an officer who is disabled: still in", "an officer who is disabled: undone, the old session lives: true"}},
		"members": {keeping{members: map[[32]byte]signin.Session{}}, []string{"signing out: still in", "signing out of a federal session: still in",
			"another session, ended from the list: still in", "a sign-in that was not hers: still in", "a closed account, by card: still in",
			"a closed account, by card: undone, the old session lives: true", "a closed account, by password: still in",
			"a closed account, by password: undone, the old session lives: true",
			"a session at the other server's word: still in"}},
	} {
		t.Run(name, func(t *testing.T) {
			w, b := twoServers(t)
			found, kept := new(findings), test.kept
			kept.Store = b.store
			cfg := w.cfg
			cfg.Store = kept
			var err error
			b.Portal, err = portal.New(cfg)
			ok(t, err)
			withdrawals(t, found, w, b)
			found.only(t, test.want...)
		})
	}
}

// An answer that is a little longer, has another header, or has another cost, for a
// number that somebody has.
func TestFormsTellNothingGoesRed(t *testing.T) {
	const form = "recover/password"
	for name, test := range map[string]struct {
		tell func(w *town, rw http.ResponseWriter, before bool)
		want []string
	}{
		"no fault": {func(*town, http.ResponseWriter, bool) {}, nil},
		"a header": {func(_ *town, rw http.ResponseWriter, before bool) {
			if before {
				rw.Header().Set("X-Member", "yes")
			}
		}, []string{form + ": not enrolled is told apart"}},
		"a byte": {func(_ *town, rw http.ResponseWriter, before bool) {
			if !before {
				fmt.Fprint(rw, " ")
			}
		}, []string{form + ": not enrolled is told apart"}},
		"a row": {func(w *town, _ http.ResponseWriter, before bool) {
			if before {
				w.at(w.members[1])
			}
		}, []string{form + ": not enrolled costs"}},
	} {
		t.Run(name, func(t *testing.T) {
			w, found := openTown(t, storetest.Config(t, storetest.SQLite)), new(findings)
			w.fault = on(http.MethodPost, "/fr/"+form, func(next http.Handler, rw http.ResponseWriter, r *http.Request) {
				ok(t, r.ParseForm()) // gin reads what was parsed
				r.Body = http.NoBody
				mine := slices.Contains(slices.Concat(r.PostForm["identifier"], r.PostForm["number"]), w.members[1].NationalNumber)
				if mine {
					test.tell(w, rw, true)
				}
				next.ServeHTTP(rw, r)
				if mine {
					test.tell(w, rw, false)
				}
			})
			formsTellNothing(found, w)
			found.only(t, test.want...)
		})
	}
}

// A lookup before the check digits.
func TestWrongDigitsReachNothingGoesRed(t *testing.T) {
	var looks lookups
	w := openTown(t, storetest.Config(t, storetest.SQLite), looks.count)
	w.fault = on(http.MethodPost, "/fr/sign-in/password", func(next http.Handler, rw http.ResponseWriter, r *http.Request) {
		ok(t, r.ParseForm())
		r.Body = http.NoBody
		_, err := looks.Store.MembersByHandle(r.Context(), "test", credentials.Handle{Kind: credentials.KindNational, Value: r.PostForm.Get("identifier")})
		ok(t, err)
		looks.n++
		next.ServeHTTP(rw, r)
	})
	found := new(findings)
	wrongDigitsReachNothing(found, w, &looks)
	found.only(t, "sign-in/password: looked up 1 times")
}

// A handler that sees the last of two parameters, or of two fields.
func TestDoubledParametersGoesRed(t *testing.T) {
	last := func(values url.Values) string {
		for name, all := range values {
			values[name] = all[len(all)-1:]
		}
		return values.Encode()
	}
	for name, test := range map[string]struct {
		fault fault
		want  string
	}{
		"in the address": {on(http.MethodGet, "/fr/bank", func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = last(r.URL.Query())
			next.ServeHTTP(w, r)
		}), "GET bank: 200 OK with a parameter twice"},
		"in the form": {on(http.MethodPost, "/fr/bank/reveal", func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			ok(t, r.ParseForm())
			last(r.PostForm)
			r.Body = http.NoBody
			next.ServeHTTP(w, r)
		}), "POST bank/reveal: "},
	} {
		t.Run(name, func(t *testing.T) {
			c, found := open(t, everywhere), new(findings)
			c.fault = test.fault
			doubledParameters(t, found, c)
			found.only(t, test.want)
		})
	}
}

// Headers and cookies, each with one that is wrong.
func TestInspectGoesRed(t *testing.T) {
	c := open(t)
	good, _ := c.visitor(t).get("/fr/sign-in/card")
	inspect(t, "as it is", good)
	for name, value := range map[string]string{
		"Content-Security-Policy":      "default-src 'none'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
		"Strict-Transport-Security":    "",
		"X-Content-Type-Options":       "",
		"Referrer-Policy":              "origin",
		"Cross-Origin-Opener-Policy":   "",
		"Cross-Origin-Resource-Policy": "cross-origin",
		"Cache-Control":                "max-age=60",
		"Server":                       "nginx",
		"Access-Control-Allow-Origin":  "*",
		"Set-Cookie":                   "__Host-session=x; Path=/; Secure; SameSite=Lax",
	} {
		spoiled, found := *good, new(findings)
		spoiled.Header = good.Header.Clone()
		spoiled.Header.Set(name, value)
		inspect(found, "spoiled", &spoiled)
		found.only(t, "spoiled")
		if len(found.list) != 1 {
			t.Errorf("%s %q: %q", name, value, found.list)
		}
	}
}

// A page that is read and changes a row.
func TestReadingChangesNothingGoesRed(t *testing.T) {
	m := &matrix{town: openTown(t, storetest.Config(t, storetest.SQLite))}
	a := &asker{visitor: m.visitor(t), name: "she"}
	m.comesIn(a.visitor, m.members[0], "password")
	devices := 0
	m.fault = on(http.MethodGet, "/fr/documents", func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		devices++
		_, err := m.db.Exec(`UPDATE signins SET device = ?`, fmt.Sprint("planted ", devices))
		ok(t, err)
		next.ServeHTTP(w, r)
	})
	found := new(findings)
	m.reads(found, a, []string{"/fr/home", "/fr/account"})
	found.only(t)
	m.reads(found, a, []string{"/fr/home", "/fr/documents", "/fr/account"})
	found.only(t, "she reading all pages changed the table signins", "she reading /fr/documents (200 OK) changed the table signins")
}

// lookups is a store that counts how often it is asked for members by what they typed.
type lookups struct {
	portal.Store
	n int
}

// count puts the store before that of a counter.
func (l *lookups) count(cfg *portal.Config) { l.Store, cfg.Store = cfg.Store, l }

func (l *lookups) Try(ctx context.Context, try credentials.Try) (credentials.Tried, error) {
	l.n++
	return l.Store.Try(ctx, try)
}

func (l *lookups) MembersByHandle(ctx context.Context, mutuality string, h credentials.Handle) ([]auth.MemberID, error) {
	l.n++
	return l.Store.MembersByHandle(ctx, mutuality, h)
}
