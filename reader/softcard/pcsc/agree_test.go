package pcsc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/reader/api"
)

// guichetReader is the built program, run as a client of the rig with OpenSC.
type guichetReader struct {
	path, module string
}

func build(t *testing.T) guichetReader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "guichet-reader")
	if out, err := exec.CommandContext(within(t), "go", "build", "-o", path, "guichet.example/cmd/guichet-reader").CombinedOutput(); err != nil {
		t.Fatalf("building guichet-reader: %v\n%s", err, out)
	}
	return guichetReader{path, openSC(t)}
}

// run types the PIN on descriptor 3.
func (g guichetReader) run(t *testing.T, pin, command string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.CommandContext(within(t), g.path, append([]string{command, "-module", g.module}, args...)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if pin != "" {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		w.WriteString(pin + "\n")
		w.Close()
		cmd.Args = append(cmd.Args, "-pin-fd", "3")
		cmd.ExtraFiles = []*os.File{r}
	}
	err = cmd.Run()
	return out.String(), said.String(), err
}

const nonce = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// guichet-reader and OpenSC's own programs see the same readers, card and certificates.
func TestAgreement(t *testing.T) {
	g := build(t)
	for _, kind := range []string{"rsa", "ec"} {
		t.Run(kind, func(t *testing.T) {
			uncached(t)
			a := insert(t, kind)
			slots := tool(t, rig, "pkcs11-tool", "-L")
			list, said, err := g.run(t, "", "list")
			if err != nil {
				t.Fatalf("guichet-reader list: %v: %s", err, said)
			}
			for _, line := range strings.Split(slots, "\n") {
				if _, name, ok := strings.Cut(line, "): "); ok && strings.HasPrefix(line, "Slot ") {
					wantText(t, "guichet-reader list", list, "reader          "+name)
				}
				if name, value, ok := strings.Cut(line, ": "); ok && (strings.Contains(name, "token label") || strings.Contains(name, "serial num")) {
					wantText(t, "guichet-reader list", list, strings.TrimSpace(value))
				}
			}
			identity, said, err := g.run(t, "", "identity", "-json")
			if err != nil {
				t.Fatalf("guichet-reader identity: %v: %s", err, said)
			}
			wantText(t, "guichet-reader identity", identity, `"surname": "Specimen"`, `"nationalNumber": "01050399864"`, `"source": "certificate`)
			token, said, err := g.run(t, goodPIN, "authenticate", "-origin", "https://portal.test", "-nonce", nonce)
			if kind == "ec" {
				if err == nil || len(a.Journal()) > 0 || a.Tries() != 3 {
					t.Errorf("guichet-reader authenticate with a key on P-384: %v: %s", err, token)
				}
				wantText(t, "guichet-reader authenticate", said, "not supported", "OpenSC")
				return
			}
			if err != nil {
				t.Fatalf("guichet-reader authenticate: %v: %s", err, said)
			}
			var made api.Token
			if err := json.Unmarshal([]byte(token), &made); err != nil {
				t.Fatal(err)
			}
			der := tool(t, rig, "pkcs11-tool", "--read-object", "--type", "cert", "--id", "02")
			if got, _ := base64.StdEncoding.DecodeString(made.UnverifiedCertificate); !strings.HasSuffix(der, string(got)) {
				t.Error("the token has another certificate than pkcs11-tool reads")
			}
			if made.Algorithm != "RS256" || len(a.Journal()) != 1 {
				t.Errorf("the token is of %s, the card signed %d times", made.Algorithm, len(a.Journal()))
			}
			_, said, err = g.run(t, "4321", "authenticate", "-origin", "https://portal.test", "-nonce", nonce)
			if err == nil || a.Tries() != 2 {
				t.Errorf("a wrong PIN: %v, %d tries left", err, a.Tries())
			}
			wantText(t, "guichet-reader with a wrong PIN", said, "PIN is wrong")
		})
	}
}
