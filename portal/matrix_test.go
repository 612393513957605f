package portal_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal"
	"guichet.example/portal/audit"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/locale"
	"guichet.example/portal/office"
	"guichet.example/portal/profile"
	"guichet.example/portal/store/storetest"
)

// often is how often to do a thing: few times in make test, many in make soak.
func often(few, many int) int {
	if os.Getenv("GUICHET_SOAK") != "" {
		return many
	}
	return few
}

// Every act has its row in the table by hand, and every parameter of an address a
// meaning: what is new and not thought of fails here.
func TestMatrixIsComplete(t *testing.T) {
	for _, act := range auth.Acts() {
		if row, found := memberTable[act]; openToAll[act] == found || found && len(strings.ReplaceAll(row, " ", "")) != len(memberWays) {
			t.Errorf("the act %s has no row of %d columns", act, len(memberWays))
		}
	}
	for _, act := range auth.StaffActs() {
		if row, found := staffTable[act]; openToAll[act] == found || found && len(strings.ReplaceAll(row, " ", "")) != len(desks) {
			t.Errorf("the act %s has no row of %d columns", act, len(desks))
		}
	}
	if n := len(memberTable) + len(staffTable) + len(openToAll); n != len(auth.Acts())+len(auth.StaffActs()) {
		t.Errorf("the table has %d acts", n)
	}
	for _, id := range profiles {
		for _, r := range open(t, withProviders, ofProfile(t, id)).Routes() {
			if _, _, known := parameter(r.Path); !known {
				t.Errorf("what the parameters of %s %s mean is not in the matrix", r.Method, r.Path)
			}
		}
	}
}

func withProviders(cfg *portal.Config) {
	with(newIDP("csam", "saml"), newIDP("itsme", "oidc"))(cfg)
}

// asker is one row of the matrix: a browser, and how its session came about.
type asker struct {
	*visitor
	name  string
	way   string    // of a living session of a member
	desk  auth.Role // of a living session of staff
	booth bool      // at a kiosk
	renew func()    // brings the session about again; nil: it is over, or never was
}

// matrix is a store with two mutualities, the objects in it, and who asks.
type matrix struct {
	*town
	other   *town // mutuality
	health  bool
	askers  []*asker
	objects map[string]string // by owner and kind
	cells   int
	found   told
}

func newMatrix(t *testing.T, e storetest.Engine, health bool, changes ...func(*portal.Config)) *matrix {
	t.Helper()
	changes = append(changes, func(cfg *portal.Config) {
		cfg.Policy.ClassicReadsHealth = health
		cfg.Kiosks = kiosk.Times{Silence: 10 * time.Hour, Idle: 10 * time.Hour, Total: 10 * time.Hour} // as long as the walk
	})
	m := &matrix{town: openTown(t, storetest.Config(t, e), changes...), health: health, objects: map[string]string{}, found: t}
	m.other = m.neighbour(changes...)
	m.dead()
	me := m.members[0]
	for _, way := range memberWays {
		if way == "password" && m.cfg.Profile.ID != "" && !m.cfg.Profile.Takes(profile.NationalNumber) {
			continue // the matrix types national numbers; csam300 opens as much
		}
		v := m.visitor(t)
		m.askers = append(m.askers, &asker{visitor: v, name: way, way: way, renew: func() { m.comesIn(v, me, way) }})
	}
	for _, role := range desks {
		v := m.desks[role]
		m.askers = append(m.askers, &asker{visitor: v, name: string(role), desk: role, renew: func() { m.sitsDown(v, role) }})
	}
	m.kiosks()
	for _, a := range m.askers {
		if a.renew != nil {
			a.renew()
		}
	}
	return m
}

// kiosks are a machine with the member's card in it, at which she is signed in, and one
// without a card.
func (m *matrix) kiosks() {
	me := m.members[0]
	_, v := m.atBoothOf(m.t, "matrix", me.card)
	m.askers = append(m.askers, &asker{visitor: v, name: "kiosk", way: "card", booth: true, renew: func() {
		if v.signIn(me.card); !m.alive(v) {
			m.t.Fatal("nobody came in at the kiosk")
		}
	}})
	_, empty := m.atBoothOf(m.t, "empty", nil)
	m.askers = append(m.askers, &asker{visitor: empty, name: "kiosk without card", booth: true})
}

// dead are the sessions that are none, in both cookies.
func (m *matrix) dead() {
	t := m.t
	both := func(name, token string) {
		v := m.visitor(t)
		if token != "" {
			v.cookies["__Host-session"], v.cookies["__Host-office"] = token, token
		}
		m.askers = append(m.askers, &asker{visitor: v, name: name})
	}
	both("none", "")
	both("malformed", "x")
	both("forged", strings.Repeat("A", 43))
	// A token of the other kind, and of the other mutuality on the same store.
	swapped, abroad := m.at(m.members[0]), m.visitor(t)
	m.sitsDown(abroad, "all")
	swapped.cookies["__Host-office"], swapped.cookies["__Host-session"] = swapped.cookies["__Host-session"], abroad.cookies["__Host-office"]
	m.askers = append(m.askers, &asker{visitor: swapped, name: "of the other kind"})
	there := m.other.visitor(t)
	m.other.comesIn(there, m.other.members[0], "card")
	m.other.sitsDown(there, "all")
	foreign := m.visitor(t)
	maps.Copy(foreign.cookies, there.cookies)
	m.askers = append(m.askers, &asker{visitor: foreign, name: "of another mutuality"})

	gone := func(name string, end func(v *visitor)) {
		v := m.at(m.members[0])
		m.sitsDown(v, "all")
		kept := maps.Clone(v.cookies)
		end(v)
		v.cookies = kept
		m.askers = append(m.askers, &asker{visitor: v, name: name})
	}
	gone("signed out", func(v *visitor) {
		v.send("/fr/sign-out", nil)
		v.send("/fr/office/sign-out", nil)
	})
	gone("expired", func(*visitor) { m.later(16 * time.Minute) })
	for _, role := range desks { // theirs ended with it
		m.sitsDown(m.desks[role], role)
		m.other.sitsDown(m.other.desks[role], role)
	}
	m.dismissed()
}

// dismissed is an officer who was disabled while she was signed in.
func (m *matrix) dismissed() {
	p := ines
	p.NationalNumber = number(900)
	id, card := m.colleague(m.t, p, auth.Roles()...)
	v := m.visitor(m.t)
	if resp, body := v.atOffice(card); resp.StatusCode != http.StatusOK {
		m.t.Fatalf("sign-in: %s %s", resp.Status, body)
	}
	kept := maps.Clone(v.cookies)
	ok(m.t, m.store.DisableStaff(m.t.Context(), office.By{Mutuality: "test"}, id, true))
	v.cookies = kept
	m.askers = append(m.askers, &asker{visitor: v, name: "disabled officer"})
}

const (
	missing   = "06h029gerwqtfcfprcxr1ynme4"
	malformed = "zzzzzzzzzzzzzzzzzzzzzzzzzz"
)

// owners of what an address names, from the asker's side.
var owners = []string{"own", "another's", "of another mutuality", "missing", "malformed"}

// object is the id of one of these; found is false where there is no such thing.
func (m *matrix) object(owner string, k kind) (id string, found bool) {
	switch {
	case owner == "missing":
		return missing, true
	case owner == "malformed":
		return malformed, true
	case k == secret || k == word:
		return "", false
	}
	key := owner + " " + string(k)
	if m.objects[key] == "" {
		m.objects[key] = m.make(owner, k)
	}
	return m.objects[key], m.objects[key] != "-"
}

// make makes an object. "-": what belongs to the mutuality has no other owner in it.
func (m *matrix) make(owner string, k kind) string {
	w, who := m.town, m.members[0]
	switch {
	case owner == "of another mutuality":
		w, who = m.other, m.other.members[0]
	case owner == "another's":
		who = m.members[1]
	}
	switch k {
	case request:
		return w.errand(w.at(who))
	case paper:
		return w.document(who)
	case session, signIn:
		return w.sessionOf(who)
	case payment:
		return w.refunded(who)
	case receipt:
		return w.receipted(who)
	case appointment:
		return w.appointed(who)
	case holder:
		return w.holderOf(who)
	case message:
		id, _ := w.written(who)
		return id
	case attachment:
		_, file := w.written(who)
		return file
	}
	if owner == "another's" && k != opening {
		return "-"
	}
	switch k {
	case item:
		w.document(w.members[len(w.members)-1])
		_, body := w.desks["all"].get("/fr/office/queue?kind=" + string(office.Order))
		return linked(m.t, body, "/fr/office/queue/")
	case opening: // "own" is opened anew by each officer: see ask
		return w.opening(map[string]auth.Role{"own": "all", "another's": auth.ContactPoint, "of another mutuality": "all"}[owner], w.members[0])
	case employee:
		m.hired++
		p := ines
		p.NationalNumber = number(600 + m.hired)
		id, _ := w.employ(p, auth.Advisor)
		return string(id)
	case batch:
		w.letter(w.members[0])
		return w.batch()
	case letter:
		return w.letter(w.members[0])
	case job:
		return w.deadJob()
	case machine:
		m.hired++
		id, err := w.store.AddKiosk(m.t.Context(), auth.Officer{Mutuality: w.cfg.Mutuality.ID, ID: "none", Session: "none"},
			kiosk.Kiosk{Mutuality: w.cfg.Mutuality.ID, Name: fmt.Sprint("Borne ", m.hired), Branch: "Verviers", CodeEnds: w.cfg.Now().Add(time.Hour)}, fmt.Sprint("code", m.hired))
		ok(m.t, err)
		return id
	}
	if k == template {
		id, err := w.store.PutTemplate(m.t.Context(), auth.Officer{Mutuality: w.cfg.Mutuality.ID, ID: "none", Session: "none"}, office.Template{
			Name: "Copie", Texts: map[string]string{"fr": "a", "nl": "b", "de": "c", "en": "d"}})
		ok(m.t, err)
		return id
	}
	m.t.Fatalf("nobody has a %s", k)
	return ""
}

// refused reads an answer: by what the asker is refused, or "open".
func refused(resp *http.Response, body string) string {
	to := resp.Header.Get("Location")
	if resp.StatusCode == http.StatusUnauthorized {
		var problem struct{ Next string }
		json.Unmarshal([]byte(body), &problem)
		to = problem.Next
	}
	turned := resp.StatusCode == http.StatusSeeOther || resp.StatusCode == http.StatusUnauthorized
	closed := func(key string) bool {
		var problem struct{ State, Text string }
		json.Unmarshal([]byte(body), &problem)
		return resp.StatusCode == http.StatusForbidden &&
			(title(body) == locale.T(locale.FR, key+".title")+" - Mutualité des Tilleuls" || (problem.State == "closed" || problem.State == "changed") && problem.Text == locale.T(locale.FR, key+".text"))
	}
	switch {
	case turned && (strings.HasPrefix(to, "/fr/sign-in?next=") || strings.HasPrefix(to, "/fr/kiosk?next=")):
		return "door"
	case turned && strings.HasPrefix(to, "/fr/office/sign-in?next="):
		return "office door"
	case closed("portal.closedact"):
		return "closed"
	case closed("kiosk.closed"):
		return "not at a kiosk"
	case closed("office.closed"):
		return "role"
	case resp.StatusCode >= http.StatusInternalServerError:
		return "failure " + resp.Status
	}
	return "open"
}

// Nonces, the time a page was printed, ids, references, keys of forms: what differs between two answers that say the same.
var (
	nonces = regexp.MustCompile(`"nonce":"[^"]+"`)
	clock  = regexp.MustCompile(`\d+\x{a0}h\x{a0}\d+`)
	moving = regexp.MustCompile(`[0-9a-z]{26}(-[0-9a-z]{26})?|[A-Z0-9]{4}-[A-Z0-9]{3,4}|[A-Za-z0-9_-]{40,}`)
)

// still is a text with "?" for what moves. It shows the expression only words that may
// hold an id or a reference: the whole page would take ten times as long.
func still(text string) string {
	text = clock.ReplaceAllString(nonces.ReplaceAllString(text, "?"), "?")
	inWord := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
	}
	var b strings.Builder
	for len(text) > 0 {
		start := 0
		for start < len(text) && !inWord(text[start]) {
			start++
		}
		end := start
		for end < len(text) && inWord(text[end]) {
			end++
		}
		word := text[start:end]
		if len(word) >= 26 || len(word) >= 8 && strings.Contains(word, "-") {
			word = moving.ReplaceAllString(word, "?")
		}
		b.WriteString(text[:start])
		b.WriteString(word)
		text = text[end:]
	}
	return b.String()
}

// said is an answer without what moves.
func said(resp *http.Response, body string) string {
	var lines []string
	for name, values := range resp.Header {
		if name == "Content-Length" { // of an id that is longer
			continue
		}
		if name == "Set-Cookie" {
			for i, v := range values {
				values[i], _, _ = strings.Cut(v, "=")
			}
		}
		lines = append(lines, name+": "+strings.Join(values, "|"))
	}
	slices.Sort(lines)
	return still(strings.ReplaceAll(fmt.Sprintf("%d\n%s\n\n%s", resp.StatusCode, strings.Join(lines, "\n"), body), "%2F", "/"))
}

// ask sends a request as a browser would and brings the session about again if it ended.
func (m *matrix) ask(a *asker, r portal.Route, path, body string) (*http.Response, string) {
	kept := maps.Clone(a.cookies)
	var resp *http.Response
	var text string
	switch {
	case r.Method == http.MethodGet:
		resp, text = a.get(path)
	case strings.HasPrefix(body, "{"):
		resp, text = a.post(path, "application/json", body)
	default:
		resp, text = a.post(path, form, body)
	}
	m.cells++
	inspect(m.found, a.name+": "+r.Method+" "+path, resp)
	a.cookies = kept
	if (r.Method != http.MethodGet || r.Path == "kiosk") && a.renew != nil && !m.alive(a.visitor) {
		a.renew()
		if a.desk != "" {
			delete(m.objects, "own opening")
		}
	}
	return resp, text
}

// route walks one route for one asker over all objects and both kinds of body.
func (m *matrix) route(a *asker, r portal.Route) {
	k, found, _ := parameter(r.Path)
	want := verdict(r.Act, a.way, a.desk, m.health)
	switch {
	case a.booth && closedAt(r.Path):
		want = "not at a kiosk"
	case !a.booth && slices.Contains(ofSessionsAtKiosk, r.Path) && want == "open":
		want = "door"
	}
	bodies := []string{""}
	if r.Method == http.MethodPost {
		bodies = append(bodies, "{}")
	}
	for _, body := range bodies {
		answers := map[string]string{}
		for _, owner := range owners {
			path, id := "/fr/"+r.Path, ""
			if found {
				exists := false
				if id, exists = m.objectFor(a, owner, k); !exists {
					continue
				}
				before, after, _ := strings.Cut(path, ":")
				_, rest, more := strings.Cut(after, "/")
				if path = before + id; more {
					path += "/" + rest
				}
				path += asked[r.Path]
			} else if owner != "own" {
				continue
			}
			resp, text := m.ask(a, r, path, body)
			where := fmt.Sprintf("%s: %s %s (%s) %s", a.name, r.Method, r.Path, owner, body)
			if got := refused(resp, text); got != want {
				m.found.Errorf("%s = %s %s %q, want %s", where, got, resp.Status, title(text), want)
			}
			answers[owner] = said(resp, text)
			if found && want == "open" && owner == "own" && resp.StatusCode == http.StatusNotFound && body == "" {
				m.found.Errorf("%s: %s for one's own %s", where, resp.Status, id)
			}
			if r.Method == http.MethodPost && want == "open" && owner == "own" && body == "" {
				delete(m.objects, "own "+string(k)) // used
			}
		}
		for owner, answer := range answers {
			if want == "open" && owner == "own" || k == word {
				continue
			}
			if found && answer != answers["missing"] {
				m.found.Errorf("%s: %s %s %s: the answer for what is %s is not that for what is missing: %s",
					a.name, r.Method, r.Path, body, owner, difference(answer, answers["missing"]))
			}
		}
	}
}

// difference is where two answers part.
func difference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(0, i-40)
	return fmt.Sprintf("%q and %q", a[from:min(len(a), i+80)], b[from:min(len(b), i+80)])
}

// asked is what an address needs besides, to be one at all.
var asked = map[string]string{"requests/:id/prove": "?provider=csam"}

// objectFor is object, but a file is opened by the officer who asks, if she may.
func (m *matrix) objectFor(a *asker, owner string, k kind) (string, bool) {
	if k == opening && owner == "own" && a.desk != "" && column(staffTable[auth.OpenFile], desks, a.desk) == 'o' {
		return m.opening(a.desk, m.members[0]), true
	}
	if owner == "own" && (k == session || k == signIn) { // the newest: a list is short
		return m.make(owner, k), true
	}
	return m.object(owner, k)
}

// The matrix: who comes in how, and asks for what, of whom, on every route there is.
func TestAccessMatrix(t *testing.T) {
	everybody := func(*asker) bool { return true }
	for name, test := range map[string]struct {
		engine storetest.Engine
		health bool
		few    func(*asker) bool
	}{
		"as shipped":              {storetest.SQLite, true, everybody},
		"no care for weak logins": {storetest.SQLite, false, func(a *asker) bool { return a.way != "" && a.way != "csam350" }},
		"PostgreSQL": {storetest.PostgreSQL, true, func(a *asker) bool {
			return slices.Contains([]string{"none", "of another mutuality", "password", "card", "kiosk", "advisor"}, a.name)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMatrix(t, test.engine, test.health)
			for _, a := range m.askers {
				if often(0, 1) == 1 || test.few(a) {
					m.walk(a)
				}
			}
			m.everySessionHasItsSignIn()
			t.Logf("%d cells", m.cells)
		})
	}
}

// What one profile serves and the shipped one does not has its cells as well.
func TestAccessMatrixOfProfiles(t *testing.T) {
	met := map[string]bool{}
	for _, r := range open(t, withProviders).Routes() {
		met[r.Method+" "+r.Path] = true
	}
	cells := 0
	for _, id := range profiles {
		var more []portal.Route
		for _, r := range open(t, withProviders, ofProfile(t, id)).Routes() {
			if !met[r.Method+" "+r.Path] {
				met[r.Method+" "+r.Path], more = true, append(more, r)
			}
		}
		if len(more) == 0 {
			continue
		}
		m := newMatrix(t, storetest.SQLite, true, ofProfile(t, id))
		for _, a := range m.askers {
			for _, r := range more {
				m.route(a, r)
			}
		}
		cells += m.cells
	}
	t.Logf("%d cells", cells)
}

func (m *matrix) walk(a *asker) {
	for _, r := range m.Routes() {
		m.route(a, r)
	}
}

// No session without a sign-in that says how.
func (m *matrix) everySessionHasItsSignIn() {
	m.t.Helper()
	var sessions, without int
	const named = `SELECT COUNT(*) FROM sessions s`
	ok(m.t, m.db.QueryRowContext(m.t.Context(), named).Scan(&sessions))
	ok(m.t, m.db.QueryRowContext(m.t.Context(), named+` WHERE NOT EXISTS (SELECT 1 FROM signins i WHERE i.mutuality = s.mutuality
AND i.member = s.member AND i.session = s.session AND i.method <> '' AND i.assurance <> '' AND i.assurance <> 'none' AND i.denied_at IS NULL)`).Scan(&without))
	rows := map[string]int{}
	ok(m.t, m.store.AuditRows(m.t.Context(), func(e audit.Entry) error {
		if e.Action == audit.SignIn && e.Outcome == audit.Done && e.Session != "" && e.Method != "" {
			rows[e.Session]++
		}
		return nil
	}))
	if sessions == 0 || without > 0 {
		m.found.Errorf("%d of %d sessions have no sign-in", without, sessions)
	}
	for id, n := range rows {
		if n != 1 {
			m.found.Errorf("session %s has %d rows of signing in", id, n)
		}
	}
}
