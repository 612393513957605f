package store_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/office"
	"guichet.example/portal/signin"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/reader/api"
)

func TestKiosks(t *testing.T) {
	for engine, open := range map[string]opener{"sqlite": openSQLite, "postgres": openPostgreSQL} {
		for name, test := range map[string]func(*testing.T, *bed){
			"a code pairs once":                  testKioskPair,
			"a session lives with its lease":     testKioskSession,
			"a card that comes out ends it":      testKioskCard,
			"a counter that goes back suspends":  testKioskCounter,
			"two leases of one key suspend":      testKioskLeases,
			"a stopped kiosk serves nobody":      testKioskStopped,
			"a browser is one kiosk's":           testKioskBrowser,
			"a session is made longer ten times": testKioskLonger,
			"names and texts of a kiosk":         testKioskChange,
			"files that make no account":         testKioskCardRefused,
			"files that make one":                testKioskCardOpens,
			"one account by all ways at once":    testKioskAndOthers,
			"a card forgets when it comes out":   testKioskCardForgotten,
			"another card ends the session":      testKioskOtherCard,
			"health is kept, and calls":          testKioskHealth,
			"silence calls, once":                testKioskSilence,
			"what is over is swept":              testKioskSweep,
			"revoked during heartbeats":          testKioskRevokedMeanwhile,
			"two leases at the same moment":      testKioskTwoLeases,
			"what is printed is counted":         testKioskPrints,
			"one kiosk is not another":           testKioskNeighbour,
			"nor that of another mutuality":      testKioskOfAnother,
			"each kiosk calls for itself":        testKioskCalls,
		} {
			t.Run(engine+" "+name, func(t *testing.T) { test(t, newBed(t, open)) })
		}
	}
}

const silence = 15 * time.Second

// machine is a kiosk as its agent speaks.
type machine struct {
	b       *bed
	db      *store.DB
	id      string
	key     string
	lease   string
	counter uint64
	card    kiosk.Card // what its files say, when one is put in
}

func (b *bed) admin() auth.Officer { return b.hire("Ines", inesNumber, auth.Administrator) }

func (m *machine) say(kind api.KioskKind, change ...func(*api.KioskMessage)) error {
	m.counter++
	message := api.KioskMessage{Kind: kind, Key: m.key, Lease: m.lease, Counter: m.counter}
	for _, c := range change {
		c(&message)
	}
	now := m.b.clock.Now()
	_, err := m.db.Hear(m.b.t.Context(), "141", kiosk.Heard{Message: message, NonceAt: now, At: now, Silence: silence, Card: m.card})
	return err
}

// paired is a kiosk with a lease and a card in it.
func (b *bed) paired(o auth.Officer, name string) *machine {
	b.t.Helper()
	ctx := b.t.Context()
	code := strings.ToUpper((name + "000000000000")[:12])
	id, err := b.AddKiosk(ctx, o, kiosk.Kiosk{Name: name, Branch: "Liège", CodeEnds: b.clock.Now().Add(time.Minute)}, code)
	if err != nil {
		b.t.Fatal(err)
	}
	m := &machine{b: b, db: b.DB, id: id, key: "key-" + name, lease: "lease-" + name}
	m.counter++
	_, err = b.PairKiosk(ctx, "141", kiosk.Heard{At: b.clock.Now(), NonceAt: b.clock.Now(),
		Message: api.KioskMessage{Kind: api.KioskPair, Key: m.key, Code: code, PublicKey: []byte(name), Counter: m.counter}})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, kind := range []api.KioskKind{api.KioskStart, api.KioskCardIn} {
		if err := m.say(kind); err != nil {
			b.t.Fatal(err)
		}
	}
	return m
}

// enter signs Claire in at the kiosk.
func (m *machine) enter(name string) ([32]byte, error) {
	now := m.b.clock.Now()
	login := m.b.claire
	login.Kiosk, login.Session = m.id, ""
	hash := sha256.Sum256([]byte(name))
	err := m.db.StartSession(m.b.t.Context(), hash, [32]byte{}, signin.Session{Login: login, Created: now, LastSeen: now,
		Idle: 65 * time.Second, Ends: now.Add(10 * time.Minute), Silence: silence})
	return hash, err
}

func (m *machine) mustEnter(name string) [32]byte {
	m.b.t.Helper()
	hash, err := m.enter(name)
	if err != nil {
		m.b.t.Fatal(err)
	}
	return hash
}

func (m *machine) open(hash [32]byte) error {
	_, err := m.db.Session(m.b.t.Context(), hash, m.b.clock.Now())
	return err
}

func (m *machine) state() kiosk.Kiosk {
	m.b.t.Helper()
	k, err := m.db.KioskOfKey(m.b.t.Context(), "141", m.key)
	if err != nil {
		m.b.t.Fatal(err)
	}
	return k
}

func testKioskPair(t *testing.T, b *bed) {
	o, ctx := b.admin(), t.Context()
	id, err := b.AddKiosk(ctx, o, kiosk.Kiosk{Name: "Borne 1", Branch: "Liège", CodeEnds: noon.Add(15 * time.Minute)}, "CODE00000001")
	if err != nil {
		t.Fatal(err)
	}
	pair := func(key, code string) error {
		_, err := b.PairKiosk(ctx, "141", kiosk.Heard{At: b.clock.Now(), NonceAt: b.clock.Now(),
			Message: api.KioskMessage{Kind: api.KioskPair, Key: key, Code: code, PublicKey: []byte(key), Counter: 1}})
		return err
	}
	wantErr(t, "another code", pair("k1", "CODE00000002"), kiosk.ErrUnknown)
	b.clock.add(15 * time.Minute)
	wantErr(t, "code whose time is over", pair("k1", "CODE00000001"), kiosk.ErrUnknown)
	if err := b.InviteKiosk(ctx, o, id, "CODE00000003", b.clock.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "code before the last", pair("k1", "CODE00000001"), kiosk.ErrUnknown)
	if err := pair("k1", "CODE00000003"); err != nil {
		t.Fatalf("pairing: %v", err)
	}
	wantErr(t, "code used twice", pair("k2", "CODE00000003"), kiosk.ErrUnknown)
	if err := b.InviteKiosk(ctx, o, id, "CODE00000004", b.clock.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "a key again", pair("k1", "CODE00000004"), kiosk.ErrUnknown)
	second := kiosk.Kiosk{Name: "Borne 2", Branch: "Liège", CodeEnds: b.clock.Now().Add(time.Minute)}
	twice := together(2, func(i int) error {
		_, err := b.AddKiosk(ctx, o, second, fmt.Sprint("CODE0000001", i))
		return err
	})
	last, err := b.AddKiosk(ctx, o, second, "CODE00000012")
	if err != nil || errors.Join(twice...) != nil {
		t.Fatal(err, twice)
	}
	for _, code := range []string{"CODE00000010", "CODE00000011"} {
		wantErr(t, "a code of the same form, sent before", pair("k2", code), kiosk.ErrUnknown)
	}
	if err := pair("k2", "CODE00000012"); err != nil {
		t.Fatalf("pairing with the last code: %v", err)
	}
	if other, err := b.AddKiosk(ctx, o, second, "CODE00000013"); err != nil || other == last {
		t.Errorf("a kiosk that has its machine is given to another: %v", err)
	}
	if _, err := b.AddKiosk(ctx, o, kiosk.Kiosk{Name: " ", Branch: "x"}, "C"); !errors.Is(err, kiosk.ErrKiosk) {
		t.Errorf("kiosk without a name: %v", err)
	}
	if list, err := b.Kiosks(ctx, o); err != nil || len(list) != 3 || list[2].Name != "Borne 2" {
		t.Errorf("Kiosks = %+v, %v", list, err)
	}
	other := o
	other.Mutuality = "142"
	if list, err := b.Kiosks(ctx, other); err != nil || len(list) != 0 {
		t.Errorf("kiosks of another mutuality: %v, %v", list, err)
	}
}

func testKioskSession(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	hash := m.mustEnter("a")
	for range 5 {
		b.clock.add(10 * time.Second)
		if err := errors.Join(m.say(api.KioskBeat), m.open(hash)); err != nil {
			t.Fatalf("with heartbeats: %v", err)
		}
	}
	b.clock.add(16 * time.Second)
	wantErr(t, "16 s without a heartbeat", m.open(hash), signin.ErrNoSession)
	_, err := m.enter("b")
	wantErr(t, "sign-in at a silent kiosk", err, kiosk.ErrUnknown)

	if err := m.say(api.KioskStart); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "the agent began again", m.open(hash), signin.ErrNoSession)
	_, err = m.enter("c")
	wantErr(t, "sign-in without a card", err, kiosk.ErrNoCard)
	if err := m.say(api.KioskCardIn); err != nil {
		t.Fatal(err)
	}
	hash = m.mustEnter("d")
	for range 8 {
		b.clock.add(8 * time.Second)
		if err := m.say(api.KioskBeat); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.open(hash); err != nil {
		t.Errorf("64 s without a touch: %v", err)
	}
	for range 9 {
		b.clock.add(8 * time.Second)
		if err := m.say(api.KioskBeat); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "72 s without a touch", m.open(hash), signin.ErrNoSession)
	b.clock.add(-time.Hour)
	wantErr(t, "clock set back", m.open(hash), signin.ErrNoSession)
}

func testKioskCard(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	hash := m.mustEnter("a")
	elsewhere := b.session("elsewhere", b.claire)
	if err := m.say(api.KioskCardOut); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "session after its card", m.open(hash), signin.ErrNoSession)
	if err := m.open(elsewhere); err != nil {
		t.Errorf("her session at home: %v", err)
	}
	rows := b.rows()
	if last := rows[len(rows)-1]; last.Action != audit.SignOut || last.Reason != "card taken out of the kiosk" {
		t.Errorf("last row %+v", last)
	}
}

func testKioskCounter(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	hash := m.mustEnter("a")
	m.counter -= 2
	wantErr(t, "counter back", m.say(api.KioskBeat), kiosk.ErrSuspended)
	wantErr(t, "session of a suspended kiosk", m.open(hash), signin.ErrNoSession)
	if k := m.state(); k.State != kiosk.Suspended || k.Why != kiosk.WhyCounter {
		t.Errorf("kiosk is %s (%s)", k.State, k.Why)
	}
	m.counter += 100
	wantErr(t, "right counter afterwards", m.say(api.KioskStart), kiosk.ErrSuspended)
	b.oneTask(office.KioskTrouble)
}

// oneTask checks that staff were called once.
func (b *bed) oneTask(kind office.Kind) {
	b.t.Helper()
	o := b.hire("Bram", bramStaff, auth.Advisor)
	if list, err := b.Queue(b.t.Context(), o, office.Filter{Kind: kind}, 10); err != nil || len(list) != 1 {
		b.t.Errorf("tasks of kind %s: %v, %v, want one", kind, list, err)
	}
}

var bramStaff = number("88061421789")

func testKioskLeases(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	b.clock.add(5 * time.Second)
	if err := m.say(api.KioskBeat); err != nil {
		t.Fatal(err)
	}
	thief := *m
	thief.lease, thief.counter = "lease-of-a-copy", m.counter+5000
	wantErr(t, "second lease", thief.say(api.KioskStart), kiosk.ErrSuspended)
	wantErr(t, "the first lease", m.say(api.KioskBeat), kiosk.ErrSuspended)
	b.oneTask(office.KioskTrouble)
}

func testKioskStopped(t *testing.T, b *bed) {
	o, ctx := b.admin(), t.Context()
	m := b.paired(o, "one")
	hash := m.mustEnter("a")
	if err := b.StopKiosk(ctx, o, m.id, kiosk.Revoked); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "session of a revoked kiosk", m.open(hash), signin.ErrNoSession)
	wantErr(t, "message of a revoked kiosk", m.say(api.KioskBeat), kiosk.ErrRevoked)
	_, err := m.enter("b")
	wantErr(t, "sign-in at a revoked kiosk", err, kiosk.ErrRevoked)
	wantErr(t, "code for a revoked kiosk", b.InviteKiosk(ctx, o, m.id, "X", b.clock.Now()), kiosk.ErrRevoked)
	wantErr(t, "stopping it again", b.StopKiosk(ctx, o, m.id, kiosk.Suspended), kiosk.ErrChanged)
	wantErr(t, "unknown key", (&machine{b: b, db: b.DB, key: "nobody"}).say(api.KioskBeat), kiosk.ErrUnknown)
}

func testKioskBrowser(t *testing.T, b *bed) {
	o, ctx := b.admin(), t.Context()
	one, two := b.paired(o, "one"), b.paired(o, "two")
	mark := sha256.Sum256([]byte("cookie"))
	bind := func(m *api.KioskMessage) { m.Browser = base64.RawURLEncoding.EncodeToString(mark[:]) }
	if err := one.say(api.KioskBind, bind); err != nil {
		t.Fatal(err)
	}
	if k, err := b.KioskOfBrowser(ctx, "141", mark); err != nil || k.ID != one.id {
		t.Errorf("KioskOfBrowser = %s, %v", k.ID, err)
	}
	if err := two.say(api.KioskBind, bind); err != nil {
		t.Fatal(err)
	}
	if k, err := b.KioskOfBrowser(ctx, "141", mark); err != nil || k.ID != two.id {
		t.Errorf("after the other claimed it: %s, %v", k.ID, err)
	}
	b.clock.add(time.Minute)
	two.lease = "lease-new"
	if err := two.say(api.KioskStart); err != nil {
		t.Fatal(err)
	}
	_, err := b.KioskOfBrowser(ctx, "141", mark)
	wantErr(t, "browser of a lease that is over", err, kiosk.ErrUnknown)
}

func testKioskLonger(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	hash := m.mustEnter("a")
	for range 10 {
		if err := b.ExtendKioskSession(t.Context(), hash, b.clock.Now().Add(time.Hour), 10); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "eleventh time", b.ExtendKioskSession(t.Context(), hash, b.clock.Now().Add(time.Hour), 10), kiosk.ErrNoMore)
	wantErr(t, "unknown session", b.ExtendKioskSession(t.Context(), [32]byte{1}, b.clock.Now(), 10), kiosk.ErrNoMore)
}

// Two servers on one database: a revocation on one holds on the other at once, and of two
// messages with one counter exactly one is taken.
func TestKioskOnTwoServers(t *testing.T) {
	t.Parallel()
	c := &clock{now: noon}
	a, other := storetest.Pair(t, func(cfg *store.Config) { cfg.Now = c.Now })
	b := &bed{DB: a, t: t, clock: c}
	b.claire = b.join(claire, claireAccount)
	o := b.admin()
	m := b.paired(o, "one")
	hash := m.mustEnter("a")
	far := *m
	far.db = other
	if err := far.open(hash); err != nil {
		t.Fatalf("session on the other server: %v", err)
	}
	if err := other.StopKiosk(t.Context(), o, m.id, kiosk.Revoked); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "session on the first server", m.open(hash), signin.ErrNoSession)
	wantErr(t, "message to the first server", m.say(api.KioskBeat), kiosk.ErrRevoked)

	m = b.paired(o, "two")
	copies := [2]machine{*m, *m}
	copies[1].db = other
	var errs [2]error
	var both sync.WaitGroup
	for i := range copies {
		both.Go(func() { errs[i] = copies[i].say(api.KioskBeat) })
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs[:]...), kiosk.ErrSuspended) {
		t.Errorf("one counter on two servers: %v, want one taken and the key suspended", errs)
	}
}
