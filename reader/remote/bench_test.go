package remote_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/remote"
)

// Processes that the benchmarks start of the test binary.
const (
	// rawMarker: C_Login … C_Sign with nothing of ours, once, when a line comes in; prints
	// the nanoseconds.
	rawMarker = "GUICHET_TEST_RAW"
	// onceMarker: what guichet-reader sign does; the PIN comes on standard input.
	onceMarker = "GUICHET_TEST_ONCE"
)

// median is what a benchmark reports: the machine has other work too.
func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func report(b *testing.B, name string, d time.Duration) {
	b.ReportMetric(float64(d.Microseconds())/1000, name)
}

// BenchmarkSign is one signature in a child that is up and has the card open, against the
// bare calls in such a process, in turns.
func BenchmarkSign(b *testing.B) {
	for _, name := range []string{"rsa", "p384"} {
		b.Run(name, func(b *testing.B) {
			module := softHSM(b)
			s := openSet(b, remote.Config{Modules: []string{module}})
			c, err := s.CardIn(b.Context(), name)
			if err != nil {
				b.Fatal(err)
			}
			var ours, raw []time.Duration
			for b.Loop() {
				s.Opened() // before raw signs: SoftHSM2 writes where a child would read
				raw = append(raw, rawSign(b, module, name))
				if err := c.Present(b.Context()); err != nil {
					b.Fatal(err)
				}
				r := request(typed(b, goodPIN))
				started := time.Now()
				if _, err := c.Sign(b.Context(), r); err != nil {
					b.Fatal(err)
				}
				ours = append(ours, time.Since(started))
			}
			report(b, "ms/sign", median(ours))
			report(b, "ms/raw", median(raw))
			report(b, "ms/overhead", median(ours)-median(raw))
		})
	}
}

// BenchmarkSignFromStart is a process that opens the card, signs once and ends, against
// the bare calls.
func BenchmarkSignFromStart(b *testing.B) {
	for _, name := range []string{"rsa", "p384"} {
		b.Run(name, func(b *testing.B) {
			module := softHSM(b)
			var ours, raw []time.Duration
			for b.Loop() {
				raw = append(raw, rawSign(b, module, name))
				cmd := self(b, onceMarker, module+"="+name)
				cmd.Stdin = strings.NewReader(goodPIN + "\n")
				started := time.Now()
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				ours = append(ours, time.Since(started))
			}
			report(b, "ms/process", median(ours))
			report(b, "ms/raw", median(raw))
			report(b, "ms/overhead", median(ours)-median(raw))
		})
	}
}

// BenchmarkIdentity is from an insertion noticed to the identity verified, against the
// module in this process.
func BenchmarkIdentity(b *testing.B) {
	for _, name := range []string{"rsa", "p384"} {
		b.Run(name, func(b *testing.B) {
			d := newDesk(b)
			anchors := theWorld(b).pki.Anchors()
			s := openSet(b, remote.Config{Modules: []string{d.Module()}})
			m, err := reader.Open(d.Module())
			if err != nil {
				b.Fatal(err)
			}
			defer m.Close()
			var ours, bare []time.Duration
			for b.Loop() {
				insert(b, d, name)
				started := time.Now()
				if _, err := openCard(b, s).Identity(b.Context(), anchors); err != nil {
					b.Fatal(err)
				}
				ours = append(ours, time.Since(started))
				insert(b, d, name)
				started = time.Now()
				c, err := m.Card(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if _, err := c.IdentityContext(b.Context(), anchors); err != nil {
					b.Fatal(err)
				}
				bare = append(bare, time.Since(started))
				c.Close()
			}
			report(b, "ms/identity", median(ours))
			report(b, "ms/bare", median(bare))
			report(b, "ms/overhead", median(ours)-median(bare))
		})
	}
}

// softHSM is SoftHSM2 itself, without the proxy before it: all cards are in at once, each
// in a reader of its own.
func softHSM(b *testing.B) string {
	b.Helper()
	dir := filepath.Dir(newDesk(b).Module())
	b.Setenv("SOFTHSM2_CONF", filepath.Join(dir, "softhsm2.conf"))
	return filepath.Join(dir, "softhsm2.so")
}

func self(tb testing.TB, marker, value string) *exec.Cmd {
	tb.Helper()
	path, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), marker+"="+value)
	return cmd
}

// signOnce is what guichet-reader sign does.
func signOnce(what string) {
	module, name, _ := strings.Cut(what, "=")
	s, err := remote.Open(remote.Config{Modules: []string{module}})
	if err != nil {
		panic(err)
	}
	c, err := s.CardIn(context.Background(), name)
	if err != nil {
		panic(err)
	}
	if _, err := c.Sign(context.Background(), request(remote.Entry{Kind: remote.Descriptor})); err != nil {
		panic(err)
	}
	if err := s.Close(); err != nil {
		panic(err)
	}
}

// rawSign has a fresh process open the card and then sign with the bare calls.
func rawSign(b *testing.B, module, name string) time.Duration {
	b.Helper()
	cmd := self(b, rawMarker, module+"="+name)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if _, err := lines.ReadString('\n'); err != nil {
		b.Fatal(err)
	}
	if _, err := io.WriteString(in, "go\n"); err != nil {
		b.Fatal(err)
	}
	var n int64
	if _, err := fmt.Fscan(lines, &n); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Duration(n)
}

func beRaw(what string) {
	module, name, _ := strings.Cut(what, "=")
	m, err := reader.Open(module) // so that the session is read as ours is
	must(err)
	c, err := m.CardIn(context.Background(), name)
	must(err)
	cert, err := c.Certificate(certs.Signature)
	must(err)
	input, mechanism := sum("document"), uint(pkcs11.CKM_ECDSA)
	if cert.PublicKeyAlgorithm.String() == "RSA" {
		prefix := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
		input, mechanism = append(prefix, input...), pkcs11.CKM_RSA_PKCS
	}
	p := pkcs11.New(module)
	slots, err := p.GetSlotList(true)
	must(err)
	at := slices.IndexFunc(slots, func(slot uint) bool {
		info, err := p.GetTokenInfo(slot)
		return err == nil && strings.TrimSpace(info.Label) == name
	})
	session, err := p.OpenSession(slots[at], pkcs11.CKF_SERIAL_SESSION)
	must(err)
	fmt.Println("ready")
	_, err = bufio.NewReader(os.Stdin).ReadString('\n')
	must(err)
	started := time.Now()
	must(p.Login(session, pkcs11.CKU_USER, goodPIN))
	must(p.FindObjectsInit(session, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY), pkcs11.NewAttribute(pkcs11.CKA_LABEL, "Signature")}))
	keys, _, err := p.FindObjects(session, 1)
	must(err)
	must(p.FindObjectsFinal(session))
	must(p.SignInit(session, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, keys[0]))
	must(p.Login(session, pkcs11.CKU_CONTEXT_SPECIFIC, goodPIN))
	_, err = p.Sign(session, input)
	must(err)
	must(p.Logout(session))
	fmt.Println(time.Since(started).Nanoseconds())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
