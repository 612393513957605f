package signing

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/signing/document"
	"guichet.example/signing/internal/cms"
)

// signedAt is the claimed signing time of the tests: now, to the second, since the
// services of certstest answer with the clock of the machine.
var signedAt = time.Now().UTC().Truncate(time.Second)

// world is the PKI that all tests share, with one card for each kind of key.
type world struct {
	*certstest.Server
	cards map[certstest.Algorithm]*certstest.Card
}

const nationalNumber = "85073003328"

var shared = sync.OnceValues(func() (*world, error) {
	server, err := certstest.Listen(certstest.Config{}, "")
	if err != nil {
		return nil, err
	}
	w := &world{server, map[certstest.Algorithm]*certstest.Card{}}
	for _, a := range []certstest.Algorithm{certstest.RSA2048, certstest.P384, certstest.P256} {
		card, err := server.Issue(certstest.Person{
			GivenNames: "Mathieu Luc", Surname: "Delcourt", NationalNumber: nationalNumber, Algorithm: a,
		})
		if err != nil {
			return nil, err
		}
		w.cards[a] = card
	}
	return w, nil
})

func theWorld(tb testing.TB) *world {
	tb.Helper()
	w, err := shared()
	if err != nil {
		tb.Fatalf("making a PKI: %v", err)
	}
	return w
}

func (w *world) path(tb testing.TB, cert *x509.Certificate, p certs.Purpose) certs.Path {
	tb.Helper()
	path, err := w.Anchors().Path(cert, p, time.Now())
	if err != nil {
		tb.Fatalf("path of %s: %v", cert.Subject.CommonName, err)
	}
	return path
}

// letter is a bank change as document draws it.
func letter(tb testing.TB) *document.Drawn {
	tb.Helper()
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	drawn, err := document.Draw(document.BankChange{
		Reference: "GC-2026-4K7P-118", Language: document.FR, Date: day,
		Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"},
		Member:    document.Person{Name: "Mathieu Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC)},
		NewIBAN:   "BE68539007547034", BIC: "GKCCBEBB", Bank: "Banque de la Place", Holder: "Mathieu Delcourt",
		From: day.AddDate(0, 0, 11), AccountVersion: 1,
	}, day)
	if err != nil {
		tb.Fatalf("drawing the letter: %v", err)
	}
	return drawn
}

func (w *world) request(tb testing.TB, a certstest.Algorithm) Request {
	tb.Helper()
	drawn := letter(tb)
	return Request{
		PDF:  drawn.PDF,
		Path: w.path(tb, w.cards[a].Signature.Certificate, certs.Signature),
		At:   signedAt,
		Mark: Mark{Page: drawn.Mark.Page, Rect: drawn.Mark.Rect, Lines: []string{"Mathieu Delcourt", "20.11.2026 14:08"}},
	}
}

// value signs the digest as a card does: r‖s for ECDSA.
func value(tb testing.TB, key crypto.Signer, p *Prepared) SignatureValue {
	tb.Helper()
	var opts crypto.SignerOpts = p.Hash
	if p.PSS {
		opts = cms.PSS(p.Hash)
	}
	v, err := key.Sign(rand.Reader, p.Digest, opts)
	if err != nil {
		tb.Fatalf("signing the digest: %v", err)
	}
	public, ok := key.Public().(*ecdsa.PublicKey)
	if !ok {
		return v
	}
	return rawOf(tb, v, public)
}

func rawOf(tb testing.TB, der []byte, public *ecdsa.PublicKey) SignatureValue {
	tb.Helper()
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		tb.Fatalf("reading a signature value: %v", err)
	}
	n := (public.Params().BitSize + 7) / 8
	return append(rs.R.FillBytes(make([]byte, n)), rs.S.FillBytes(make([]byte, n))...)
}

// signed is the letter signed at B-B.
func (w *world) signed(tb testing.TB, a certstest.Algorithm) []byte {
	tb.Helper()
	return w.sign(tb, w.request(tb, a), w.cards[a].Signature.Key)
}

func (w *world) sign(tb testing.TB, r Request, key crypto.Signer) []byte {
	tb.Helper()
	p, err := Prepare(r)
	if err != nil {
		tb.Fatalf("Prepare: %v", err)
	}
	out, err := p.Complete(value(tb, key, p))
	if err != nil {
		tb.Fatalf("Complete: %v", err)
	}
	return out
}

// tool runs a program that we did not write and returns what it printed.
func tool(tb testing.TB, name string, args ...string) (string, error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if _, exit := err.(*exec.ExitError); err != nil && !exit {
		tb.Fatalf("running %s: %v", name, err)
	}
	return string(out), err
}

// mustTool fails the test unless the program succeeds and prints the text.
func mustTool(tb testing.TB, want, name string, args ...string) {
	tb.Helper()
	out, err := tool(tb, name, args...)
	if err != nil || !strings.Contains(out, want) {
		tb.Fatalf("%s %s: %v, want %q in\n%s", name, strings.Join(args, " "), err, want, out)
	}
}

func file(tb testing.TB, name string, data []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
