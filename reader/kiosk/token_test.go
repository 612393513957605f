package kiosk_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
	"guichet.example/reader/kiosk/kiosktest"
)

// softHSM stands in for a TPM.
const softHSM = "/usr/lib/softhsm/libsofthsm2.so"

// aToken is one with a key of each curve, and two of the same name.
func aToken(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "softhsm2.conf")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "tokens"), 0o700),
		os.WriteFile(conf, []byte("directories.tokendir = "+dir+"/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	run(t, "--init-token", "--free", "--label", "kiosk", "--pin", "4711", "--so-pin", "4711")
	for i, k := range []struct {
		label string
		curve elliptic.Curve
	}{{"machine", elliptic.P256()}, {"wide", elliptic.P384()}, {"twice", elliptic.P256()}, {"twice", elliptic.P256()}} {
		key, err := ecdsa.GenerateKey(k.curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "key.pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "--import", file, "--token", "kiosk", "--label", k.label, "--id", "0"+string(rune('1'+i)), "--pin", "4711")
	}
}

func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("softhsm2-util", args...).CombinedOutput(); err != nil {
		t.Fatalf("softhsm2-util: %v: %s", err, out)
	}
}

func TestTokenRefuses(t *testing.T) {
	aToken(t)
	for name, args := range map[string][4]string{
		"no module":        {filepath.Join(t.TempDir(), "none.so"), "kiosk", "machine", "4711"},
		"no token":         {softHSM, "other", "machine", "4711"},
		"no key":           {softHSM, "kiosk", "other", "4711"},
		"wrong PIN":        {softHSM, "kiosk", "machine", "0815"},
		"no PIN":           {softHSM, "kiosk", "machine", ""},
		"another curve":    {softHSM, "kiosk", "wide", "4711"},
		"two of that name": {softHSM, "kiosk", "twice", "4711"},
	} {
		token, err := kiosk.OpenToken(args[0], args[1], args[2], args[3])
		if err == nil || token != nil {
			t.Errorf("%s: %v, %v", name, token, err)
		}
	}
}

// The key in a token pairs and speaks as one in a file does, and signs for several at once.
func TestToken(t *testing.T) {
	aToken(t)
	token, err := kiosk.OpenToken(softHSM, "kiosk", "machine", "4711")
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("message"))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 25 {
				value, err := token.Sign(rand.Reader, digest[:], crypto.SHA256)
				if err != nil || !ecdsa.VerifyASN1(token.Public().(*ecdsa.PublicKey), digest[:], value) {
					t.Errorf("Sign: %v", err)
				}
			}
		})
	}
	wait.Wait()
	for name, opts := range map[string]crypto.Hash{"another hash": crypto.SHA384, "no hash": 0} {
		if _, err := token.Sign(rand.Reader, digest[:], opts); !errors.Is(err, kiosk.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	portal := kiosktest.Start()
	defer portal.Close()
	portal.Invite("7K4P")
	state, err := kiosk.OpenState(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	line := &kiosk.Line{Portal: portal.Origin(), Key: token, State: state}
	if err := line.Open(); err != nil {
		t.Fatal(err)
	}
	if _, err := line.Pair(t.Context(), "7K4P"); err != nil {
		t.Fatal(err)
	}
	if _, err := line.Send(t.Context(), api.KioskMessage{Kind: api.KioskStart}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(token.Close(), token.Close()); err != nil {
		t.Errorf("Close = %v", err)
	}
	if _, err := token.Sign(rand.Reader, digest[:], crypto.SHA256); !errors.Is(err, kiosk.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := line.Send(t.Context(), api.KioskMessage{Kind: api.KioskBeat}); !errors.Is(err, kiosk.ErrClosed) {
		t.Errorf("a message after Close: %v", err)
	}
}

// A key file that the group or others can read is refused, whatever else they may.
func TestKeyFileModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if _, err := kiosk.NewKey(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a new key: %v, %v", info, err)
	}
	for mode, right := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false, 0o602: false, 0o601: false, 0o644: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := kiosk.LoadKey(path); (err == nil) != right || !right && (!errors.Is(err, kiosk.ErrReadable) || !errors.Is(err, kiosk.ErrKey)) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}
