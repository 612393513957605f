package portal_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/kiosk"
	"guichet.example/reader/api"
)

// booth is a kiosk whose agent is played: its messages are believed, as after their check.
type booth struct {
	t       *testing.T
	c       *counter
	counter uint64
}

func (b *booth) says(kind api.KioskKind, change ...func(*api.KioskMessage)) {
	b.t.Helper()
	b.counter++
	m := api.KioskMessage{Kind: kind, Key: "key", Lease: "lease", Counter: b.counter}
	for _, c := range change {
		c(&m)
	}
	now := b.c.now()
	_, err := b.c.store.Hear(b.t.Context(), "test", kiosk.Heard{Message: m, NonceAt: now, At: now, Silence: 15 * time.Second})
	ok(b.t, err)
}

// atBooth is a browser that the agent of a kiosk with a card in it has bound.
func (c *counter) atBooth(t *testing.T) (*booth, *visitor) {
	t.Helper()
	b, v := &booth{t: t, c: c, counter: 1}, c.visitor(t)
	now := c.now()
	_, err := c.store.AddKiosk(t.Context(), auth.Officer{Mutuality: "test", ID: "ines"},
		kiosk.Kiosk{Name: "Hall", Branch: "Liège", CodeEnds: now.Add(time.Minute)}, "ABCDEFGHJKMN")
	ok(t, err)
	_, err = c.store.PairKiosk(t.Context(), "test", kiosk.Heard{At: now, NonceAt: now, Message: api.KioskMessage{
		Kind: api.KioskPair, Key: "key", Code: "ABCDEFGHJKMN", PublicKey: []byte("key"), Counter: 1}})
	ok(t, err)
	b.says(api.KioskStart)
	b.says(api.KioskCardIn)
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
