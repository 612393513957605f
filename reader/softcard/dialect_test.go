package softcard

import (
	"bytes"
	"crypto/sha256"
	"os"
	"strings"
	"testing"

	"github.com/miekg/pkcs11"
)

// speaking is a desk with a card in its reader, whose module speaks the dialect.
func speaking(t *testing.T, dialect Dialect, card string) (*Desk, *pkcs11.Ctx, pkcs11.SessionHandle) {
	t.Helper()
	d := newDesk(t)
	if err := d.Speak(dialect); err != nil {
		t.Fatal(err)
	}
	insert(t, d, card)
	p := load(t, d)
	return d, p, session(t, p)
}

// objects counts what a search finds.
func count(t *testing.T, p *pkcs11.Ctx, s pkcs11.SessionHandle, template ...*pkcs11.Attribute) int {
	t.Helper()
	if err := p.FindObjectsInit(s, template); err != nil {
		t.Fatal(err)
	}
	defer p.FindObjectsFinal(s)
	list, _, err := p.FindObjects(s, 100)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func class(c uint) *pkcs11.Attribute { return pkcs11.NewAttribute(pkcs11.CKA_CLASS, c) }

var ecdsaMechanism = []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil)}

// signNow begins and makes a signature.
func signNow(p *pkcs11.Ctx, s pkcs11.SessionHandle, key pkcs11.ObjectHandle) error {
	if err := p.SignInit(s, ecdsaMechanism, key); err != nil {
		return err
	}
	digest := sha256.Sum256([]byte("document"))
	_, err := p.Sign(s, digest[:])
	return err
}

func typed(t *testing.T, d *Desk, answers ...string) {
	t.Helper()
	if err := d.Type(answers...); err != nil {
		t.Fatal(err)
	}
}

func TestBelgianDialect(t *testing.T) {
	d, p, s := speaking(t, Belgium, "ec")
	info, err := p.GetInfo()
	if err != nil || info.LibraryDescription != "Belgium eID PKCS#11 interface v2" || info.LibraryVersion.Major != 5 {
		t.Errorf("GetInfo = %+v, %v", info, err)
	}
	slot, err := p.GetSlotInfo(0)
	if err != nil || slot.FirmwareVersion.Major != 0x18 {
		t.Errorf("firmware of the slot = %x, %v, want the applet, 18", slot.FirmwareVersion.Major, err)
	}
	token, err := p.GetTokenInfo(0)
	if err != nil || token.Label != "BELPIC" || token.Model != "Belgium eID" || token.SerialNumber != strings.ToUpper(token.SerialNumber) {
		t.Errorf("GetTokenInfo = %+v, %v", token, err)
	}
	if token.Flags&(pkcs11.CKF_LOGIN_REQUIRED|pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH) != 0 {
		t.Errorf("flags = %x, want neither login nor keypad", token.Flags)
	}
	if n := count(t, p, s, class(pkcs11.CKO_PRIVATE_KEY)); n != 2 {
		t.Errorf("%d private keys before login, want 2", n)
	}
	if all, data := count(t, p, s), count(t, p, s, class(pkcs11.CKO_DATA)); all != 8 || data != 6 {
		t.Errorf("%d objects, %d files asked for; want 8 without the 6 files", all, data)
	}
	key := object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Signature")
	_, err = p.GetAttributeValue(s, key, []*pkcs11.Attribute{{Type: pkcs11.CKA_ALWAYS_AUTHENTICATE}})
	want(t, "CKA_ALWAYS_AUTHENTICATE", err, pkcs11.CKR_ATTRIBUTE_TYPE_INVALID)
	want(t, "any login", p.Login(s, pkcs11.CKU_USER, "0000"), 0)
	want(t, "context login", p.Login(s, pkcs11.CKU_CONTEXT_SPECIFIC, pin), pkcs11.CKR_USER_TYPE_INVALID)

	typed(t, d, Cancelled, "0000", pin)
	want(t, "cancelled", signNow(p, s, key), pkcs11.CKR_FUNCTION_CANCELED)
	want(t, "wrong PIN", signNow(p, s, key), pkcs11.CKR_PIN_INCORRECT)
	want(t, "right PIN", signNow(p, s, key), 0)
	typed(t, d, "0000", "0001", "0002")
	want(t, "first wrong PIN", signNow(p, s, key), pkcs11.CKR_PIN_INCORRECT)
	want(t, "second wrong PIN", signNow(p, s, key), pkcs11.CKR_PIN_INCORRECT)
	if got := flags(t, p); got != 0 {
		t.Errorf("flags before the last try = %x, want none", got)
	}
	want(t, "third wrong PIN", signNow(p, s, key), pkcs11.CKR_PIN_LOCKED)
	want(t, "blocked", signNow(p, s, key), pkcs11.CKR_PIN_LOCKED)
	windows := 0
	events, err := d.Events()
	for _, e := range events {
		if e.Kind == WindowShown {
			windows++
		}
	}
	if err != nil || windows != 6 {
		t.Errorf("%d windows, %v, want 6: none for a blocked card", windows, err)
	}
}

func TestBelgianWithoutWindows(t *testing.T) {
	_, p, s := speaking(t, BelgiumBare, "ec")
	key := object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Authentication")
	want(t, "signature without login", signNow(p, s, key), pkcs11.CKR_FUNCTION_FAILED)
	want(t, "wrong PIN", p.Login(s, pkcs11.CKU_USER, "0000"), pkcs11.CKR_PIN_INCORRECT)
	want(t, "right PIN", p.Login(s, pkcs11.CKU_USER, pin), 0)
	want(t, "wrong PIN that nobody looks at", p.Login(s, pkcs11.CKU_USER, "0000"), 0)
	want(t, "login", signNow(p, s, key), 0)
	want(t, "document", signNow(p, s, object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Signature")), pkcs11.CKR_FUNCTION_FAILED)
}

// With a handle in hand the middleware is vague as long as the card is out.
func TestBelgianRemoval(t *testing.T) {
	d, p, s := speaking(t, BelgiumBare, "ec")
	key := object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Authentication")
	remove(t, d)
	_, err := p.GetTokenInfo(0)
	want(t, "poll", err, pkcs11.CKR_TOKEN_NOT_PRESENT)
	want(t, "find", p.FindObjectsInit(s, nil), pkcs11.CKR_DEVICE_REMOVED)
	want(t, "sign", signNow(p, s, key), pkcs11.CKR_GENERAL_ERROR)
	insert(t, d, "ec")
	want(t, "sign, card back", signNow(p, s, key), pkcs11.CKR_DEVICE_REMOVED)
}

func TestOpenSCDialect(t *testing.T) {
	_, p, s := speaking(t, OpenSC, "ec")
	if slots, err := p.GetSlotList(false); err != nil || len(slots) != 4 {
		t.Errorf("slots = %v, %v, want four", slots, err)
	}
	if slots, err := p.GetSlotList(true); err != nil || len(slots) != 1 || slots[0] != 0 {
		t.Errorf("slots with card = %v, %v, want the first", slots, err)
	}
	_, err := p.GetTokenInfo(1)
	want(t, "the second slot", err, pkcs11.CKR_TOKEN_NOT_PRESENT)
	if n := count(t, p, s, class(pkcs11.CKO_DATA)); n != 0 {
		t.Errorf("%d files, want none", n)
	}
	if n := count(t, p, s, class(pkcs11.CKO_PRIVATE_KEY)); n != 0 {
		t.Errorf("%d private keys before login, want none", n)
	}
	if n := count(t, p, s, pkcs11.NewAttribute(pkcs11.CKA_ID, []byte{2})); n != 2 {
		t.Errorf("%d objects of id 02, want certificate and public key", n)
	}
	if n := count(t, p, s, pkcs11.NewAttribute(pkcs11.CKA_ID, ulong(2))); n != 0 {
		t.Errorf("%d objects of a long id, want none", n)
	}
	cert := object(t, p, s, pkcs11.CKO_CERTIFICATE, "Signature")
	id, err := p.GetAttributeValue(s, cert, []*pkcs11.Attribute{{Type: pkcs11.CKA_ID}})
	if err != nil || !bytes.Equal(id[0].Value, []byte{3}) {
		t.Errorf("CKA_ID = %v, %v, want 03", id, err)
	}
	want(t, "login", p.Login(s, pkcs11.CKU_USER, pin), 0)
	want(t, "second login", p.Login(s, pkcs11.CKU_USER, pin), pkcs11.CKR_USER_ALREADY_LOGGED_IN)
	want(t, "ECDSA", signNow(p, s, object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Authentication")), pkcs11.CKR_MECHANISM_INVALID)
	_, err = p.GetMechanismInfo(0, ecdsaMechanism)
	want(t, "GetMechanismInfo", err, 0) // of SoftHSM2; the list is what counts
	list, err := p.GetMechanismList(0)
	for _, m := range list {
		if m.Mechanism == pkcs11.CKM_ECDSA {
			t.Error("ECDSA is listed")
		}
	}
	want(t, "GetMechanismList", err, 0)
}

func TestOpenSCSignatureKey(t *testing.T) {
	_, p, s := speaking(t, OpenSCNew, "ec")
	want(t, "login", p.Login(s, pkcs11.CKU_USER, pin), 0)
	want(t, "authentication", signNow(p, s, object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Authentication")), 0)
	want(t, "signature", signNow(p, s, object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Signature")), pkcs11.CKR_FUNCTION_NOT_SUPPORTED)
}

// A login outlives its card until the slots are looked at.
func TestOpenSCStaleLogin(t *testing.T) {
	d, p, s := speaking(t, OpenSCNew, "ec")
	want(t, "login", p.Login(s, pkcs11.CKU_USER, pin), 0)
	insert(t, d, "ec")
	want(t, "old session", p.Login(s, pkcs11.CKU_USER, pin), pkcs11.CKR_DEVICE_REMOVED)
	fresh := session(t, p)
	want(t, "new session", p.Login(fresh, pkcs11.CKU_USER, pin), pkcs11.CKR_USER_ALREADY_LOGGED_IN)
	if _, err := p.GetSlotList(true); err != nil {
		t.Fatal(err)
	}
	want(t, "after polling", p.Login(fresh, pkcs11.CKU_USER, pin), 0)
	remove(t, d)
	if _, err := p.GetSlotList(true); err != nil {
		t.Fatal(err)
	}
	_, err := p.GetSessionInfo(fresh)
	want(t, "a session of a card that is out, polled", err, pkcs11.CKR_SESSION_HANDLE_INVALID)
}

// Another program took the right: the keys vanish, and a signature under way is over.
func TestOpenSCRightLost(t *testing.T) {
	d, p, s := speaking(t, OpenSCNew, "ec")
	want(t, "login", p.Login(s, pkcs11.CKU_USER, pin), 0)
	key := object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Authentication")
	if err := d.Fail(Fault{Function: "C_Sign", Once: true, Do: LoseRight}); err != nil {
		t.Fatal(err)
	}
	want(t, "sign", signNow(p, s, key), pkcs11.CKR_USER_NOT_LOGGED_IN)
	if n := count(t, p, s, class(pkcs11.CKO_PRIVATE_KEY)); n != 0 {
		t.Errorf("%d private keys afterwards, want none", n)
	}
	want(t, "context login", p.Login(s, pkcs11.CKU_CONTEXT_SPECIFIC, pin), pkcs11.CKR_OPERATION_NOT_INITIALIZED)
}

func TestKeypad(t *testing.T) {
	d, p, s := speaking(t, SoftHSM2.WithKeypad(), "ec")
	if token, err := p.GetTokenInfo(0); err != nil || token.Flags&pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH == 0 {
		t.Errorf("flags = %x, %v, want a keypad", token.Flags, err)
	}
	login := func() error { return p.Login(s, pkcs11.CKU_USER, "") }
	typed(t, d, Cancelled, TimedOut, "0000")
	want(t, "cancelled", login(), pkcs11.CKR_FUNCTION_CANCELED)
	want(t, "nobody types", login(), pkcs11.CKR_FUNCTION_CANCELED)
	want(t, "wrong PIN", login(), pkcs11.CKR_PIN_INCORRECT)

	waiting := make(chan error)
	go func() { waiting <- login() }()
	for lit := 0; lit < 4; { // the fourth keypad waits
		events, err := d.Events()
		if err != nil {
			t.Fatal(err)
		}
		lit = len(events) - 1 // beside the one login that was read
	}
	if _, err := p.GetSlotList(true); err != nil {
		t.Errorf("the module is not free while the holder types: %v", err)
	}
	typed(t, d, pin)
	want(t, "right PIN", <-waiting, 0)
	want(t, "logout", p.Logout(s), 0)

	go func() { waiting <- login() }()
	remove(t, d)
	want(t, "card pulled out meanwhile", <-waiting, pkcs11.CKR_DEVICE_REMOVED)
	if n, err := d.Untyped(); n != 0 || err != nil {
		t.Errorf("%d answers left, %v", n, err)
	}
}

// What happened is told, and no PIN with it.
func TestEventsTellNoPIN(t *testing.T) {
	d, p, s := speaking(t, SoftHSM2, "ec")
	want(t, "wrong PIN", p.Login(s, pkcs11.CKU_USER, "987654"), pkcs11.CKR_PIN_INCORRECT)
	want(t, "right PIN", p.Login(s, pkcs11.CKU_USER, pin), 0)
	events, err := d.Events()
	if err != nil || len(events) != 2 {
		t.Fatalf("Events = %+v, %v, want two", events, err)
	}
	for i, w := range []Event{
		{Kind: LoggedIn, Card: "ec", User: pkcs11.CKU_USER, Length: 6, Code: pkcs11.CKR_PIN_INCORRECT, Read: true},
		{Kind: LoggedIn, Card: "ec", User: pkcs11.CKU_USER, Length: 4, Read: true},
	} {
		w.At = events[i].At
		if events[i] != w {
			t.Errorf("event %d = %+v, want %+v", i, events[i], w)
		}
	}
	text, err := os.ReadFile(d.path("events"))
	if err != nil || bytes.Contains(text, []byte("987654")) || bytes.Contains(text, []byte(`"`+pin+`"`)) {
		t.Errorf("events tell a PIN, %v:\n%s", err, text)
	}
	if err := d.Forget(); err != nil {
		t.Fatal(err)
	}
	if events, err := d.Events(); err != nil || len(events) != 0 {
		t.Errorf("after Forget: %v, %v", events, err)
	}
}
