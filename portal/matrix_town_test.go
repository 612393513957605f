package portal_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/certs/certstest"
	"guichet.example/portal"
	"guichet.example/portal/account"
	"guichet.example/portal/credentials"
	"guichet.example/portal/office"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing"
)

// town is the counter of one mutuality with people who have things there: two members,
// staff, and an object of each kind for each of them. Two towns may share one store.
type town struct {
	*counter
	t       *testing.T
	saml    *idp
	oidc    *idp
	members []*inhabitant // who asks, and another
	wrote   int           // messages
	staff   map[auth.Role]*certstest.Card
	desks   map[auth.Role]*visitor
	hired   int
	db      *sql.DB // of the store, beside it
}

// inhabitant is a member with her card.
type inhabitant struct {
	certstest.Person
	id   auth.MemberID
	card *certstest.Card
}

// people of the first town, then of the second.
var townspeople = [][]certstest.Person{
	{mathieu, {GivenNames: "Élise", Surname: "Marchal", NationalNumber: elise, Algorithm: certstest.P384, Street: "Rue du Pont 1",
		Postcode: "4000", Municipality: "Liège", Birth: time.Date(1993, 5, 18, 0, 0, 0, 0, time.UTC)}},
	{{GivenNames: "Paul", Surname: "Ailleurs", NationalNumber: "62041730134", Algorithm: certstest.P384, Street: "Rue du Puits 2",
		Postcode: "5000", Municipality: "Namur", Birth: time.Date(1962, 4, 17, 0, 0, 0, 0, time.UTC)}},
}

// openTown opens a store and the counter of its first town.
func openTown(t *testing.T, cfg store.Config, changes ...func(*portal.Config)) *town {
	t.Helper()
	c := &counter{log: new(bytes.Buffer), pki: certstest.Start(t)}
	c.store = storetest.OpenConfig(t, cfg, func(cfg *store.Config) { cfg.Now = c.now })
	driver, source := "sqlite", "file:"+cfg.Path+"?_pragma=busy_timeout(10000)"
	if cfg.Database != "" {
		driver, source = "pgx", cfg.Database
	}
	db, err := sql.Open(driver, source)
	ok(t, err)
	t.Cleanup(func() { db.Close() })
	return settle(t, c, db, 0, changes...)
}

// neighbour is another mutuality's counter on the same store.
func (w *town) neighbour(changes ...func(*portal.Config)) *town {
	w.t.Helper()
	c := &counter{log: new(bytes.Buffer), pki: w.pki, store: w.store}
	return settle(w.t, c, w.db, 1, append(changes, func(cfg *portal.Config) { cfg.Mutuality.ID, cfg.Now = "other", w.now })...)
}

func settle(t *testing.T, c *counter, db *sql.DB, n int, changes ...func(*portal.Config)) *town {
	t.Helper()
	w := &town{counter: c, t: t, db: db, saml: newIDP("csam", federation.SAML), oidc: newIDP("itsme", federation.OIDC),
		staff: map[auth.Role]*certstest.Card{}, desks: map[auth.Role]*visitor{}}
	pair, err := c.pki.IssueSeal("Mutualité des Tilleuls", "VATBE-0411000000", certstest.P256)
	ok(t, err)
	c.configure(t, append([]func(*portal.Config){with(w.saml, w.oidc), cheap, func(cfg *portal.Config) {
		cfg.PostsPerMinute, cfg.ReadsPerMinute = 1_000_000, 10_000_000
		cfg.Seal = &signing.Sealer{Key: pair.Key, Certificates: []*x509.Certificate{pair.Certificate}, Anchors: c.pki.Anchors()}
	}}, changes...)...)
	for i, p := range townspeople[n] {
		w.members = append(w.members, w.settle(p, fmt.Sprintf("0305 118 %d2%d", 4+n, 2+i)))
	}
	c.card = w.members[0].card
	for i, role := range append(auth.Roles(), "all") {
		_, w.staff[role] = w.employ(certstest.Person{GivenNames: "Inès", Surname: "Collard " + string(role), Algorithm: certstest.P384,
			NationalNumber: number(500 + 20*n + i)}, role)
		w.desks[role] = w.visitor(t)
		w.sitsDown(w.desks[role], role)
	}
	return w
}

// number is the national number of somebody born on 1 February 1970, by order of birth.
func number(order int) string {
	base := 700201_000 + order
	return fmt.Sprintf("%09d%02d", base, 97-base%97)
}

func (w *town) settle(p certstest.Person, affiliation string) *inhabitant {
	w.t.Helper()
	id, err := auth.NewMemberID(rand.Reader)
	ok(w.t, err)
	n, err := nrn.Parse(p.NationalNumber)
	ok(w.t, err)
	ok(w.t, w.store.AddMember(w.t.Context(), account.Member{Mutuality: w.cfg.Mutuality.ID, ID: id, NationalNumber: n,
		GivenNames: p.GivenNames, Surname: p.Surname, Birth: p.Birth, Street: p.Street, Postcode: p.Postcode,
		Municipality: p.Municipality, Country: "BE", Language: "fr", Affiliation: affiliation}, nil))
	card, err := w.pki.Issue(p)
	ok(w.t, err)
	for _, level := range []int{200, 300, 350, 400, 450, 500} {
		w.saml.says[fmt.Sprint(p.Surname, level)] = person(w.saml, p.NationalNumber, level)
		w.oidc.says[fmt.Sprint(p.Surname, level)] = person(w.oidc, p.NationalNumber, level)
	}
	return &inhabitant{Person: p, id: id, card: card}
}

// passphrase is good enough for every profile.
const passphrase = "Trois hiboux, 2 fromages!"

// password gives a member one.
func (w *town) password(m *inhabitant) {
	w.t.Helper()
	hash, err := w.Classic().Hash(w.t.Context(), m.id, passphrase)
	ok(w.t, err)
	ok(w.t, w.Classic().Enrol(w.t.Context(), credentials.Enrolment{Member: m.id, State: credentials.Active, Hash: hash}))
}

// employ adds somebody with a role, or with all of them.
func (w *town) employ(p certstest.Person, role auth.Role) (auth.StaffID, *certstest.Card) {
	w.t.Helper()
	roles := []auth.Role{role}
	if role == "all" {
		roles = auth.Roles()
	}
	n, err := nrn.Parse(p.NationalNumber)
	ok(w.t, err)
	id, err := w.store.AddStaff(w.t.Context(), office.By{Mutuality: w.cfg.Mutuality.ID}, office.NewColleague{
		Colleague: office.Colleague{Name: p.GivenNames + " " + p.Surname, Language: "fr", Place: "Liège", Roles: roles}, Number: n})
	ok(w.t, err)
	card, err := w.pki.Issue(p)
	ok(w.t, err)
	return id, card
}

func (w *town) sitsDown(v *visitor, role auth.Role) {
	w.t.Helper()
	if resp, body := v.atOffice(w.staff[role]); resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s at the office: %s %s", role, resp.Status, body)
	}
}

// comesIn signs a member in by a way of the table.
func (w *town) comesIn(v *visitor, m *inhabitant, way string) {
	w.t.Helper()
	clear(v.cookies)
	var level int
	switch fmt.Sscanf(strings.TrimLeft(way, "abcdefghijklmnopqrstuvwxyz"), "%d", &level); {
	case way == "card":
		v.signIn(m.card)
	case way == "password":
		w.password(m) // she loses it where she says that a sign-in was not hers
		v.try(m.NationalNumber, passphrase)
	case strings.HasPrefix(way, "csam"):
		v.acs(v.begin("/fr/sign-in/federal/csam"), fmt.Sprint(m.Surname, level))
	case strings.HasPrefix(way, "itsme"):
		v.callback("itsme", v.begin("/fr/sign-in/federal/itsme"), fmt.Sprint(m.Surname, level))
	default:
		w.t.Fatalf("no way in is called %q", way)
	}
	if !w.alive(v) {
		w.t.Fatalf("%s did not come in by %s", m.Surname, way)
	}
}

// alive says whether the browser has a session that counts.
func (w *town) alive(v *visitor) bool {
	hash := func(cookie string) [32]byte {
		token, _ := base64.RawURLEncoding.DecodeString(v.cookies[cookie])
		return sha256.Sum256(token)
	}
	_, member := w.store.Session(w.t.Context(), hash("__Host-session"), w.cfg.Now())
	_, officer := w.store.OfficeSession(w.t.Context(), hash("__Host-office"), w.cfg.Now())
	return member == nil || officer == nil
}

// at is the member in a session of her own by the card, for what needs one.
func (w *town) at(m *inhabitant) *visitor {
	v := w.visitor(w.t)
	w.comesIn(v, m, "card")
	return v
}

// errand has the member order a European card, up to the document to sign.
func (w *town) errand(v *visitor) string {
	w.t.Helper()
	resp, _ := v.get("/fr/orders/ehic")
	_, body := v.get(resp.Header.Get("Location"))
	action, form := formOf(w.t, body, "/orders/ehic/check")
	resp, body = v.send(action, form)
	if resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("order: %s %s", resp.Status, title(body))
	}
	_, body = v.get(resp.Header.Get("Location"))
	action, form = formOf(w.t, body, "/orders/ehic/send")
	resp, body = v.send(action, form)
	id, found := strings.CutSuffix(strings.TrimPrefix(resp.Header.Get("Location"), "/fr/requests/"), "/read")
	if !found {
		w.t.Fatalf("order: %s %s", resp.Status, title(body))
	}
	return id
}

var documentLink = regexp.MustCompile(`href="/fr/documents/([0-9a-z]{26})"`)

// document has the member send an order that the mutuality seals, and returns its PDF's id.
func (w *town) document(m *inhabitant) string {
	w.t.Helper()
	v := w.visitor(w.t)
	w.comesIn(v, m, "password")
	id := w.errand(v)
	resp, body := v.send("/fr/requests/"+id+"/receipt", url.Values{"read": {"1"}})
	if resp.StatusCode != http.StatusSeeOther || !strings.HasSuffix(resp.Header.Get("Location"), "/done") {
		w.t.Fatalf("receipt: %s to %q: %s", resp.Status, resp.Header.Get("Location"), title(body))
	}
	_, body = v.get("/fr/documents")
	found := documentLink.FindStringSubmatch(body)
	if found == nil {
		w.t.Fatal("the vault shows no document")
	}
	return found[1]
}

// formOf reads the form of a page that goes to an address that ends so.
func formOf(t *testing.T, body, suffix string) (action string, values url.Values) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	ok(t, err)
	for n := range root.Descendants() {
		if n.Data != "form" || !strings.HasSuffix(attr(n, "action"), suffix) {
			continue
		}
		values = url.Values{}
		for control := range n.Descendants() {
			if name := attr(control, "name"); name != "" && control.Data == "input" {
				values.Set(name, attr(control, "value"))
			}
		}
		return attr(n, "action"), values
	}
	t.Fatalf("no form for %s on the page %q", suffix, title(body))
	return "", nil
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// sessionOf is the public id of a session, as the member's own list has it.
func (w *town) sessionOf(m *inhabitant) string {
	w.t.Helper()
	w.at(m)
	list, err := w.store.SignIns(w.t.Context(), auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: m.id}, 1)
	ok(w.t, err)
	return list[0].Session
}

// opening has an officer open a member's file.
func (w *town) opening(role auth.Role, m *inhabitant) string {
	w.t.Helper()
	resp, body := w.desks[role].send("/fr/office/person", url.Values{"way": {"number"}, "number": {m.NationalNumber}, "why": {"visit"}, "words": {"Vient pour son accès"}})
	id, found := strings.CutPrefix(resp.Header.Get("Location"), "/fr/office/files/")
	if !found {
		w.t.Fatalf("opening a file: %s %s", resp.Status, body)
	}
	return id
}

// letter has a code handed over at the counter, whose letter is then waiting.
func (w *town) letter(m *inhabitant) string {
	w.t.Helper()
	file := "/fr/office/files/" + w.opening("all", m)
	v := w.desks["all"]
	v.wants("POST", file+"/identity", url.Values{"place": {"Verviers"}, "proof-eid": {"1"}, "proof-photo": {"1"}}, http.StatusSeeOther)
	v.wants("POST", file+"/enrol", nil, http.StatusSeeOther)
	v.wants("POST", "/fr/office/letters/print", url.Values{"letters": {"1"}}, http.StatusOK)
	_, body := v.get("/fr/office/letters/batches/" + w.batch())
	return linked(w.t, body, "/fr/office/letters/")
}

func (w *town) batch() string {
	w.t.Helper()
	_, body := w.desks["all"].get("/fr/office/letters")
	return linked(w.t, body, "/fr/office/letters/batches/")
}

func linked(t *testing.T, body, prefix string) string {
	t.Helper()
	found := regexp.MustCompile(`href="` + prefix + `([0-9a-z-]{26,53})"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("%q links to nothing below %s", title(body), prefix)
	}
	return found[1]
}

// fingerprint is each table with all its rows, but those in which reading leaves a trace.
// Each row of the trail moves the mark of its chain.
func fingerprint(t *testing.T, db *sql.DB, but ...string) map[string]string {
	t.Helper()
	if slices.Contains(but, "audit") {
		but = append(but, "audit_marks")
	}
	prints := map[string]string{}
	tables, err := db.QueryContext(t.Context(), `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	ok(t, err)
	var names []string
	for tables.Next() {
		var name string
		ok(t, tables.Scan(&name))
		names = append(names, name)
	}
	ok(t, tables.Err())
	for _, name := range names {
		if !slices.Contains(but, name) {
			prints[name] = rowsOf(t, db, name)
		}
	}
	return prints
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func rowsOf(t *testing.T, db querier, table string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM "`+table+`"`)
	ok(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	ok(t, err)
	var text strings.Builder
	n := 0
	for ; rows.Next(); n++ {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		ok(t, rows.Scan(values...))
		for i, v := range values {
			if columns[i] != "seen_at" {
				fmt.Fprintf(&text, "%v|", *v.(*any))
			}
		}
	}
	ok(t, rows.Err())
	return fmt.Sprintf("%d rows %s", n, text.String())
}

// deadJob is a job that nobody could do, as a runner buries it.
func (w *town) deadJob() string {
	w.t.Helper()
	id, err := w.store.NewID()
	ok(w.t, err)
	_, err = w.db.ExecContext(w.t.Context(), `INSERT INTO jobs (mutuality, job, kind, name, member, created_at, set_at, due_at, attempts, lease, leased_until, dead_at)
VALUES ('`+w.cfg.Mutuality.ID+`', '`+id+`', 'mail', '`+id+`', '', 1, 1, 1, 3, '', 0, 2)`)
	ok(w.t, err)
	return id
}
