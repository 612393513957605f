package portal_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/certs/registry"
	"guichet.example/portal/kiosk"
	"guichet.example/reader/api"
)

// booth is a kiosk whose agent is played: its messages are believed, as after their check.
type booth struct {
	t       *testing.T
	c       *counter
	id      string
	key     string
	counter uint64
}

func (b *booth) says(kind api.KioskKind, change ...func(*api.KioskMessage)) {
	b.t.Helper()
	b.counter++
	m := api.KioskMessage{Kind: kind, Key: b.key, Lease: "lease-" + b.key, Counter: b.counter}
	for _, c := range change {
		c(&m)
	}
	now := b.c.now()
	h := kiosk.Heard{Message: m, NonceAt: now, At: now, Silence: 15 * time.Second}
	if m.Files != nil {
		h.Card = kiosk.ReadCard(*m.Files, b.c.cfg.Anchors, now)
	}
	_, err := b.c.store.Hear(b.t.Context(), "test", h)
	ok(b.t, err)
}

// cardIn puts a card in whose files are these.
func (b *booth) cardIn(f registry.Files) {
	b.t.Helper()
	b.says(api.KioskCardOut)
	b.says(api.KioskCardIn, func(m *api.KioskMessage) { m.Files = &f })
}

// filesOf are those that the module of a card gives out.
func filesOf(c *certstest.Card) registry.Files {
	return registry.Files{Identity: c.Identity, IdentitySignature: c.IdentitySignature, Address: c.Address,
		AddressSignature: c.AddressSignature, Photo: c.Photo, Registry: c.Registry.Raw}
}

// atBooth is a browser that the agent of a kiosk with the member's card in it has bound.
func (c *counter) atBooth(t *testing.T) (*booth, *visitor) {
	t.Helper()
	return c.atBoothOf(t, "one", c.card)
}

// atBoothOf is the same at a kiosk with a name of its own; without a card none is in it.
func (c *counter) atBoothOf(t *testing.T, name string, card *certstest.Card) (*booth, *visitor) {
	t.Helper()
	if c.cfg.Kiosks.Silence == 0 { // an agent that is played sends no heartbeats
		c.freeze()
	}
	b, v := &booth{t: t, c: c, key: "key-" + name, counter: 1}, c.visitor(t)
	now, code := c.now(), "CODE0000000"+strings.ToUpper(name[:1])
	var err error
	b.id, err = c.store.AddKiosk(t.Context(), auth.Officer{Mutuality: "test", ID: "ines"},
		kiosk.Kiosk{Name: "Hall", Branch: "Liège", CodeEnds: now.Add(time.Minute)}, code)
	ok(t, err)
	_, err = c.store.PairKiosk(t.Context(), "test", kiosk.Heard{At: now, NonceAt: now, Message: api.KioskMessage{
		Kind: api.KioskPair, Key: b.key, Code: code, PublicKey: []byte(b.key), Counter: 1}})
	ok(t, err)
	b.says(api.KioskStart)
	if card != nil {
		b.cardIn(filesOf(card))
	}
	v.get("/fr/kiosk")
	cookie, err := base64.RawURLEncoding.DecodeString(v.cookies["__Host-kiosk"])
	ok(t, err)
	mark := sha256.Sum256(cookie)
	b.says(api.KioskBind, func(m *api.KioskMessage) { m.Browser = base64.RawURLEncoding.EncodeToString(mark[:]) })
	return b, v
}

// What a kiosk does not have is refused there, to a member too, and is served elsewhere.
func TestClosedAtKiosk(t *testing.T) {
	c := open(t)
	_, v := c.atBooth(t)
	v.in()
	for _, path := range []string{
		"sign-in/password", "sign-in/federal/csam", "enrol/letter", "recover", "recover/password", "cannot-connect",
		"office", "office/sign-in", "account/password", "documents/06h029gerwqtfcfprcxr1ynme4/file.pdf",
		"requests/06h029gerwqtfcfprcxr1ynme4/prove?provider=csam",
	} {
		if resp, _ := v.get("/fr/" + path); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s at a kiosk: %s", path, resp.Status)
		}
	}
	if resp, _ := c.visitor(t).get("/fr/cannot-connect"); resp.StatusCode != http.StatusOK {
		t.Errorf("at home: %s", resp.Status)
	}
}

// The card page greets there, by the name that the agent tells, and nowhere else.
func TestGreetingAtKiosk(t *testing.T) {
	c := open(t)
	_, v := c.atBooth(t)
	if resp, body := v.get("/en/sign-in/card"); resp.StatusCode != http.StatusOK || !strings.Contains(body, `data-greeting="Hello {name}"`) {
		t.Errorf("the card page of a kiosk greets nobody: %s", resp.Status)
	}
	if _, body := c.visitor(t).get("/en/sign-in/card"); strings.Contains(body, "data-greeting") {
		t.Error("a greeting at home")
	}
}

// The card that comes out ends the session on the server, whatever the browser does.
func TestCardOutAtKiosk(t *testing.T) {
	c := open(t)
	b, v := c.atBooth(t)
	v.in()
	if resp, body := v.get("/fr/home"); resp.StatusCode != http.StatusOK || !strings.Contains(body, `id="kiosk"`) {
		t.Fatalf("signed in at a kiosk: %s", resp.Status)
	}
	b.says(api.KioskCardOut)
	if resp, _ := v.get("/fr/home"); resp.StatusCode == http.StatusOK {
		t.Error("a page after the card came out")
	}
}

// A session that began at a kiosk is one in its browser alone.
func TestKioskSessionStaysThere(t *testing.T) {
	c := open(t)
	_, v := c.atBooth(t)
	v.in()
	stolen := c.visitor(t)
	stolen.cookies["__Host-session"] = v.cookies["__Host-session"]
	if resp, _ := stolen.get("/fr/home"); resp.StatusCode == http.StatusOK {
		t.Error("the session of a kiosk lives in another browser")
	}
}
