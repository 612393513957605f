package softcard

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"
)

// want fails unless err is that return code; 0 is success.
func want(t *testing.T, what string, err error, code pkcs11.Error) {
	t.Helper()
	if code == 0 && err == nil || code != 0 && errors.Is(err, code) {
		return
	}
	t.Errorf("%s = %v, want %v", what, err, code)
}

func insert(t *testing.T, d *Desk, name string) {
	t.Helper()
	if err := d.Insert(name); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, d *Desk) {
	t.Helper()
	if err := d.Remove(); err != nil {
		t.Fatal(err)
	}
}

func session(t *testing.T, p *pkcs11.Ctx) pkcs11.SessionHandle {
	t.Helper()
	s, err := p.OpenSession(0, pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		t.Fatalf("C_OpenSession: %v", err)
	}
	return s
}

// object finds the one object of that class and label.
func object(t *testing.T, p *pkcs11.Ctx, s pkcs11.SessionHandle, class uint, label string) pkcs11.ObjectHandle {
	t.Helper()
	if err := p.FindObjectsInit(s, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, class), pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
	}); err != nil {
		t.Fatal(err)
	}
	defer p.FindObjectsFinal(s)
	list, _, err := p.FindObjects(s, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d objects %s, %v; want one", len(list), label, err)
	}
	return list[0]
}

func loggedOut(t *testing.T, p *pkcs11.Ctx, s pkcs11.SessionHandle) {
	t.Helper()
	if info, err := p.GetSessionInfo(s); err != nil || info.State != pkcs11.CKS_RO_PUBLIC_SESSION {
		t.Errorf("state of a new session = %d, %v, want the old login gone", info.State, err)
	}
}

func TestEmptyReader(t *testing.T) {
	d := newDesk(t)
	p := load(t, d)
	all, err := p.GetSlotList(false)
	if err != nil || len(all) != 1 {
		t.Fatalf("GetSlotList(false) = %v, %v, want one", all, err)
	}
	if with, err := p.GetSlotList(true); err != nil || len(with) != 0 {
		t.Errorf("GetSlotList(true) = %v, %v, want none", with, err)
	}
	_, err = p.GetTokenInfo(0)
	want(t, "GetTokenInfo of an empty reader", err, pkcs11.CKR_TOKEN_NOT_PRESENT)
	_, err = p.OpenSession(0, pkcs11.CKF_SERIAL_SESSION)
	want(t, "OpenSession on an empty reader", err, pkcs11.CKR_TOKEN_NOT_PRESENT)
	_, err = p.GetTokenInfo(1)
	want(t, "GetTokenInfo of no slot", err, pkcs11.CKR_SLOT_ID_INVALID)
	_, err = p.GetSlotInfo(1)
	want(t, "GetSlotInfo of no slot", err, pkcs11.CKR_SLOT_ID_INVALID)
}

func TestStrangeCard(t *testing.T) {
	d := newDesk(t)
	p := load(t, d)
	if err := d.InsertStranger(); err != nil {
		t.Fatal(err)
	}
	info, err := p.GetSlotInfo(0)
	if err != nil || info.Flags&pkcs11.CKF_TOKEN_PRESENT == 0 {
		t.Errorf("GetSlotInfo = %x, %v, want a card", info.Flags, err)
	}
	_, err = p.GetTokenInfo(0)
	want(t, "GetTokenInfo of a strange card", err, pkcs11.CKR_TOKEN_NOT_RECOGNIZED)
}

func TestUnpluggedReader(t *testing.T) {
	d := newDesk(t)
	p := load(t, d)
	insert(t, d, "rsa")
	s := session(t, p)
	if err := d.Unplug(); err != nil {
		t.Fatal(err)
	}
	if slots, err := p.GetSlotList(false); err != nil || len(slots) != 0 {
		t.Errorf("GetSlotList = %v, %v, want none", slots, err)
	}
	_, err := p.GetSessionInfo(s)
	want(t, "GetSessionInfo", err, pkcs11.CKR_DEVICE_REMOVED)
	_, err = p.GetSlotInfo(0)
	want(t, "GetSlotInfo", err, pkcs11.CKR_SLOT_ID_INVALID)
	if err := d.Plug(); err != nil {
		t.Fatal(err)
	}
	if slots, err := p.GetSlotList(false); err != nil || len(slots) != 1 {
		t.Errorf("GetSlotList = %v, %v, want the same slot again", slots, err)
	}
}

// A second reader appears while the module is open; each card has its own session.
func TestTwoReaders(t *testing.T) {
	d := newDesk(t)
	p := load(t, d)
	second := d.path("readers/Second Reader")
	if err := os.Mkdir(second, 0o700); err != nil {
		t.Fatal(err)
	}
	insert(t, d, "rsa")
	if err := os.WriteFile(filepath.Join(second, "card"), []byte("ec\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if slots, err := p.GetSlotList(true); err != nil || len(slots) != 2 {
		t.Fatalf("GetSlotList = %v, %v, want two", slots, err)
	}
	first, other := session(t, p), pkcs11.SessionHandle(0)
	other, err := p.OpenSession(1, pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, d)
	_, err = p.GetSessionInfo(first)
	want(t, "session of the card removed", err, pkcs11.CKR_DEVICE_REMOVED)
	info, err := p.GetSessionInfo(other)
	want(t, "session of the other card", err, 0)
	if info.SlotID != 1 {
		t.Errorf("session says slot %d, want 1", info.SlotID)
	}
}

// Cards come and go within 100 ms, seen by a program that has had the module open.
func TestCardsMove(t *testing.T) {
	d := newDesk(t)
	p := load(t, d)
	fastest := time.Hour // a busy machine may be slow now and then
	for _, name := range []string{"rsa", "ec", "rsa", "ec", "rsa"} {
		start := time.Now()
		insert(t, d, name)
		info, err := p.GetTokenInfo(0)
		if err != nil || strings.TrimSpace(info.Label) != name {
			t.Fatalf("GetTokenInfo = %q, %v, want %s", info.Label, err, name)
		}
		remove(t, d)
		_, err = p.GetTokenInfo(0)
		want(t, "GetTokenInfo after removal", err, pkcs11.CKR_TOKEN_NOT_PRESENT)
		fastest = min(fastest, time.Since(start))
	}
	if fastest > 100*time.Millisecond {
		t.Errorf("in and out took %v, want at most 100ms", fastest)
	}
}

// Each step of a signature finds the card gone, and the session stays dead when the
// card is back; the login is gone with it.
func TestRemovalEndsSessions(t *testing.T) {
	digest := sha256.Sum256([]byte("document"))
	mechanism := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil)}
	steps := []struct {
		name string
		do   func(*pkcs11.Ctx, pkcs11.SessionHandle, pkcs11.ObjectHandle) error
	}{
		{"session", func(p *pkcs11.Ctx, s pkcs11.SessionHandle, _ pkcs11.ObjectHandle) error {
			_, err := p.GetSessionInfo(s)
			return err
		}},
		{"login", func(p *pkcs11.Ctx, s pkcs11.SessionHandle, _ pkcs11.ObjectHandle) error {
			return p.Login(s, pkcs11.CKU_USER, pin)
		}},
		{"find", func(p *pkcs11.Ctx, s pkcs11.SessionHandle, _ pkcs11.ObjectHandle) error {
			return p.FindObjectsInit(s, nil)
		}},
		{"sign init", func(p *pkcs11.Ctx, s pkcs11.SessionHandle, key pkcs11.ObjectHandle) error {
			return p.SignInit(s, mechanism, key)
		}},
		{"sign", func(p *pkcs11.Ctx, s pkcs11.SessionHandle, _ pkcs11.ObjectHandle) error {
			_, err := p.Sign(s, digest[:])
			return err
		}},
	}
	for i, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			d := newDesk(t)
			insert(t, d, "ec")
			p := load(t, d)
			s := session(t, p)
			want(t, "login", p.Login(s, pkcs11.CKU_USER, pin), 0)
			key := object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Authentication")
			if i == len(steps)-1 {
				want(t, "sign init", p.SignInit(s, mechanism, key), 0)
			}
			remove(t, d)
			want(t, step.name+" without card", step.do(p, s, key), pkcs11.CKR_DEVICE_REMOVED)
			insert(t, d, "ec")
			want(t, step.name+" with the card back", step.do(p, s, key), pkcs11.CKR_DEVICE_REMOVED)
			again := session(t, p)
			loggedOut(t, p, again)
			want(t, "closing the dead session", p.CloseSession(s), 0)
			want(t, "closing it twice", p.CloseSession(s), pkcs11.CKR_SESSION_HANDLE_INVALID)
			if journal, err := d.Journal(); err != nil || len(journal) != 0 {
				t.Errorf("Journal() = %v, %v, want nothing signed", journal, err)
			}
		})
	}
}

// A card out and in again between two calls is another card to the session.
func TestQuickOutAndIn(t *testing.T) {
	d := newDesk(t)
	insert(t, d, "ec")
	p := load(t, d)
	s := session(t, p)
	want(t, "login", p.Login(s, pkcs11.CKU_USER, pin), 0)
	insert(t, d, "ec")
	fresh := session(t, p)
	loggedOut(t, p, fresh)
	want(t, "login on the old session", p.Login(s, pkcs11.CKU_USER, pin), pkcs11.CKR_DEVICE_REMOVED)
}

func flags(t *testing.T, p *pkcs11.Ctx) uint {
	t.Helper()
	info, err := p.GetTokenInfo(0)
	if err != nil {
		t.Fatal(err)
	}
	return info.Flags & (pkcs11.CKF_USER_PIN_COUNT_LOW | pkcs11.CKF_USER_PIN_FINAL_TRY | pkcs11.CKF_USER_PIN_LOCKED)
}

func TestWrongPINs(t *testing.T) {
	d := newDesk(t)
	insert(t, d, "rsa")
	p := load(t, d)
	s := session(t, p)
	login := func(pin string) error { return p.Login(s, pkcs11.CKU_USER, pin) }
	left := func(n int) {
		t.Helper()
		if got, err := d.Tries("rsa"); err != nil || got != n {
			t.Errorf("Tries = %d, %v, want %d", got, err, n)
		}
	}
	const low, final, locked = pkcs11.CKF_USER_PIN_COUNT_LOW, pkcs11.CKF_USER_PIN_FINAL_TRY, pkcs11.CKF_USER_PIN_LOCKED

	want(t, "wrong PIN", login("0000"), pkcs11.CKR_PIN_INCORRECT)
	if got := flags(t, p); got != low {
		t.Errorf("flags after one wrong PIN = %x, want count low", got)
	}
	left(2)
	want(t, "right PIN", login(pin), 0)
	left(3)
	want(t, "logout", p.Logout(s), 0)

	want(t, "first wrong PIN", login("0000"), pkcs11.CKR_PIN_INCORRECT)
	want(t, "second wrong PIN", login("0000"), pkcs11.CKR_PIN_INCORRECT)
	if got := flags(t, p); got != low|final {
		t.Errorf("flags after two wrong PINs = %x, want final try", got)
	}
	left(1)
	want(t, "third wrong PIN", login("0000"), pkcs11.CKR_PIN_LOCKED)
	if got := flags(t, p); got != low|locked {
		t.Errorf("flags after three wrong PINs = %x, want locked", got)
	}
	want(t, "right PIN on a blocked card", login(pin), pkcs11.CKR_PIN_LOCKED)
	left(0)
	remove(t, d)
	insert(t, d, "rsa")
	s = session(t, p)
	want(t, "right PIN after out and in", login(pin), pkcs11.CKR_PIN_LOCKED)

	if err := d.ResetTries("rsa"); err != nil {
		t.Fatal(err)
	}
	want(t, "right PIN after the town hall", login(pin), 0)
	left(3)
}

// A card is read-only, and nothing but C_Sign signs.
func TestReadOnly(t *testing.T) {
	d := newDesk(t)
	insert(t, d, "rsa")
	p := load(t, d)
	_, err := p.OpenSession(0, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	want(t, "read-write session", err, pkcs11.CKR_TOKEN_WRITE_PROTECTED)
	want(t, "InitToken", p.InitToken(0, "12345678", "rsa"), pkcs11.CKR_TOKEN_WRITE_PROTECTED)
	s := session(t, p)
	want(t, "login as security officer", p.Login(s, pkcs11.CKU_SO, "12345678"), pkcs11.CKR_USER_TYPE_INVALID)
	want(t, "login", p.Login(s, pkcs11.CKU_USER, pin), 0)
	want(t, "SetPIN", p.SetPIN(s, pin, "4321"), pkcs11.CKR_FUNCTION_NOT_SUPPORTED)
	key := object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Authentication")
	want(t, "DestroyObject", p.DestroyObject(s, key), pkcs11.CKR_SESSION_READ_ONLY)
	want(t, "sign init", p.SignInit(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_SHA256_RSA_PKCS, nil)}, key), 0)
	want(t, "SignUpdate", p.SignUpdate(s, []byte("x")), pkcs11.CKR_FUNCTION_NOT_SUPPORTED)
	s = session(t, p)
	decrypt := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS, nil)}
	want(t, "DecryptInit", p.DecryptInit(s, decrypt, key), pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED)
}

// The signature key wants its PIN again; what is signed is in the journal, to the byte.
func TestSignAndJournal(t *testing.T) {
	d := newDesk(t)
	insert(t, d, "ec")
	p := load(t, d)
	s := session(t, p)
	want(t, "login", p.Login(s, pkcs11.CKU_USER, pin), 0)
	mechanism := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil)}
	key := object(t, p, s, pkcs11.CKO_PRIVATE_KEY, "Signature")
	digest := sha256.Sum256([]byte("document"))

	want(t, "sign init", p.SignInit(s, mechanism, key), 0)
	_, err := p.Sign(s, digest[:])
	want(t, "sign without context login", err, pkcs11.CKR_USER_NOT_LOGGED_IN)
	s = session(t, p) // the operation would stay active on the old one
	want(t, "sign init", p.SignInit(s, mechanism, key), 0)
	want(t, "context login, wrong PIN", p.Login(s, pkcs11.CKU_CONTEXT_SPECIFIC, "0000"), pkcs11.CKR_PIN_INCORRECT)
	want(t, "sign init again", p.SignInit(s, mechanism, key), pkcs11.CKR_OPERATION_ACTIVE)
	want(t, "context login", p.Login(s, pkcs11.CKU_CONTEXT_SPECIFIC, pin), 0)
	before := time.Now().Add(-time.Second)
	value, err := p.Sign(s, digest[:])
	want(t, "sign", err, 0)

	cards, _ := issued()
	public := cards["ec"].Signature.Certificate.PublicKey.(*ecdsa.PublicKey)
	if n := len(value) / 2; !ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(value[:n]), new(big.Int).SetBytes(value[n:])) {
		t.Error("the signature does not verify")
	}
	journal, err := d.Journal()
	if err != nil || len(journal) != 1 {
		t.Fatalf("Journal() = %d lines, %v, want one", len(journal), err)
	}
	j := journal[0]
	if j.Card != "ec" || j.Label != "Signature" || j.Mechanism != pkcs11.CKM_ECDSA || !bytes.Equal(j.Data, digest[:]) ||
		j.At.Before(before) || j.At.After(time.Now().Add(time.Second)) {
		t.Errorf("Journal() = %+v", j)
	}
}

// pkcs11-tool, which we did not write, sees the layout of a Belgian card and signs.
func TestOtherProgram(t *testing.T) {
	d := newDesk(t)
	insert(t, d, "rsa")
	tool := func(args ...string) []byte {
		t.Helper()
		out, err := exec.Command("pkcs11-tool", append([]string{"--module", d.Module()}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("pkcs11-tool %v: %v\n%s", args, err, out)
		}
		return out
	}
	shown := string(tool("-O", "-l", "-p", pin))
	for _, line := range []string{
		"Private Key Object; RSA", "label:      Authentication", "label:      Signature", "label:      CA", "label:      Root",
		"ID:         0200000000000000", "ID:         0300000000000000", "always authenticate",
		"DATA_FILE", "ADDRESS_FILE", "PHOTO_FILE", "SIGN_DATA_FILE", "SIGN_ADDRESS_FILE", "CERT_RN_FILE",
	} {
		if !strings.Contains(shown, line) {
			t.Errorf("pkcs11-tool -O does not show %q", line)
		}
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	digest := sha256.Sum256([]byte("document"))
	if err := os.WriteFile(in, digest[:], 0o600); err != nil {
		t.Fatal(err)
	}
	tool("-l", "-p", pin, "--sign", "-m", "RSA-PKCS", "--id", "0200000000000000", "-i", in, "-o", out)
	value, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	cards, _ := issued()
	public := cards["rsa"].Authentication.Certificate.PublicKey.(*rsa.PublicKey)
	if err := rsa.VerifyPKCS1v15(public, crypto.Hash(0), digest[:], value); err != nil {
		t.Errorf("the signature of pkcs11-tool: %v", err)
	}
	if journal, err := d.Journal(); err != nil || len(journal) != 1 || journal[0].Label != "Authentication" {
		t.Errorf("Journal() = %v, %v, want the signature of another process", journal, err)
	}
}
