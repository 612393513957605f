package saml_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/saml"
)

// served is metadata behind an address, which a test can change.
type served struct {
	*httptest.Server
	handler atomic.Pointer[http.HandlerFunc]
}

func serve(t *testing.T, doc []byte) *served {
	s := &served{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*s.handler.Load())(w, r) }))
	t.Cleanup(s.Close)
	s.give(doc)
	return s
}

func (s *served) give(doc []byte) {
	s.do(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(doc) })
}

func (s *served) do(h http.HandlerFunc) { s.handler.Store(&h) }

func metadataOf(t *testing.T, idp *federationtest.SAML) []byte {
	t.Helper()
	doc, err := idp.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The old metadata stays in use whatever comes in its place, and the log has an alarm.
func TestBadMetadataLeavesTheOldInUse(t *testing.T) {
	idp, err := federationtest.NewSAML("https://idp.example/saml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(metadataOf(t, idp))
	server := serve(t, []byte(good))
	w := newWorld(t, func(s *saml.Settings) { s.Metadata, s.EntityID = server.URL, idp.EntityID() })
	w.idp = idp
	w.open(t)
	if err := w.provider.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := federationtest.NewSAML("https://other.example/saml")
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(s)) }
	}
	until := func(s string) string {
		at := strings.Index(good, `validUntil="`) + len(`validUntil="`)
		return good[:at] + s + good[at+strings.Index(good[at:], `"`):]
	}
	role := good[strings.Index(good, "<IDPSSODescriptor") : strings.Index(good, "</IDPSSODescriptor>")+len("</IDPSSODescriptor>")]
	for name, h := range map[string]http.HandlerFunc{
		"gone":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"an error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"redirected": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/elsewhere" {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
				return
			}
			_, _ = w.Write([]byte(good))
		},
		"empty":                text(""),
		"a page":               text("<html></html>"),
		"of another":           text(string(metadataOf(t, other))),
		"too long":             text(good + strings.Repeat(" ", saml.MaxMetadata)),
		"endless":              endless,
		"with a DOCTYPE":       text(strings.Replace(good, "<EntityDescriptor", "<!DOCTYPE x><EntityDescriptor", 1)),
		"nested":               text(strings.Repeat("<a>", 100_000)),
		"expired":              text(until("2020-01-01T00:00:00Z")),
		"without a key":        text(strings.ReplaceAll(good, `use="signing"`, `use="encryption"`)),
		"with a broken key":    text(strings.Replace(good, "<X509Certificate xmlns=\"http://www.w3.org/2000/09/xmldsig#\">MII", "<X509Certificate xmlns=\"http://www.w3.org/2000/09/xmldsig#\">AAA", 1)),
		"in the clear":         text(strings.ReplaceAll(good, "https://idp.example/saml/sso", "http://idp.example/saml/sso")),
		"without sign-on":      text(strings.ReplaceAll(good, "HTTP-Redirect", "HTTP-Artifact")),
		"of another protocol":  text(strings.ReplaceAll(good, "SAML:2.0:protocol", "SAML:1.1:protocol")),
		"with another entity":  text(strings.Replace(good, `entityID="https://idp.example/saml/metadata"`, `entityID="https://idp.example/saml/metadata/"`, 1)),
		"with two roles":       text(strings.Replace(good, role, role+role, 1)),
		"cut short":            text(good[:len(good)/2]),
		"with something after": text(good + good),
	} {
		t.Run(name, func(t *testing.T) {
			server.do(h)
			w.log.Reset()
			if err := w.provider.Refresh(t.Context()); err == nil {
				t.Error("Refresh takes it")
			}
			if !strings.Contains(w.log.String(), "level=ERROR") || !strings.Contains(w.log.String(), "kept=true") {
				t.Errorf("no alarm: %s", w.log)
			}
			f, address := w.begin(t)
			if _, err := w.provider.Finish(t.Context(), f, w.answer(t, address, alice).Values()); err != nil {
				t.Errorf("the old is not in use: %v", err)
			}
		})
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write(make([]byte, 64<<10)); err != nil {
			return
		}
	}
}

// A provider publishes its next key beside the present one, then signs by it.
func TestAProvidersNextKeyIsBelieved(t *testing.T) {
	now, next := mustSAML(t), mustSAML(t)
	both := strings.Replace(string(metadataOf(t, now)), "<KeyDescriptor", keyDescriptor(t, next)+"<KeyDescriptor", 1)
	server := serve(t, metadataOf(t, now))
	w := newWorld(t, func(s *saml.Settings) { s.Metadata, s.EntityID = server.URL, now.EntityID() })
	try := func(idp *federationtest.SAML, bare bool) error {
		w.idp = idp
		ours, err := w.party.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		if err := idp.Trust(ours); err != nil {
			t.Fatal(err)
		}
		f, address := w.begin(t)
		idp.SignAssertionOnly(true)
		a := w.answer(t, address, alice)
		if bare {
			s := a.Find("Signature")
			s.RemoveChild(s.SelectElement("KeyInfo"))
		}
		_, err = w.provider.Finish(t.Context(), f, a.Values())
		return err
	}
	if err := try(next, false); !errors.Is(err, federation.ErrRefused) {
		t.Errorf("Finish(signed by the next key, not published) = %v, want ErrRefused", err)
	}
	server.give([]byte(both))
	if err := w.provider.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, idp := range map[string]*federationtest.SAML{"present": now, "next": next} {
		for _, bare := range []bool{false, true} {
			if err := try(idp, bare); err != nil {
				t.Errorf("Finish(signed by the %s key, none named: %v) = %v", name, bare, err)
			}
		}
	}
	server.give(metadataOf(t, next))
	if err := w.provider.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := try(now, false); !errors.Is(err, federation.ErrRefused) {
		t.Errorf("Finish(signed by the key that was withdrawn) = %v, want ErrRefused", err)
	}
}

func mustSAML(t *testing.T) *federationtest.SAML {
	t.Helper()
	idp, err := federationtest.NewSAML("https://idp.example/saml")
	if err != nil {
		t.Fatal(err)
	}
	return idp
}

func keyDescriptor(t *testing.T, idp *federationtest.SAML) string {
	doc := string(metadataOf(t, idp))
	from := strings.Index(doc, "<KeyDescriptor")
	return doc[from : strings.Index(doc, "</KeyDescriptor>")+len("</KeyDescriptor>")]
}

// Metadata that is signed by the pinned certificate is taken, no other.
func TestMetadataIsSignedByThePinnedCertificate(t *testing.T) {
	idp := mustSAML(t)
	signer, evil := newPair(t), newPair(t)
	file := filepath.Join(t.TempDir(), "signer.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer.Certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	good := sign(t, metadataOf(t, idp), signer, dsig.RSASHA256SignatureMethod)
	for _, tt := range []struct {
		name string
		doc  []byte
		ok   bool
	}{
		{"signed", good, true},
		{"not signed", metadataOf(t, idp), false},
		{"signed by another", sign(t, metadataOf(t, idp), evil, dsig.RSASHA256SignatureMethod), false},
		{"signed by SHA-1", sign(t, metadataOf(t, idp), signer, dsig.RSASHA1SignatureMethod), false},
		{"changed after", []byte(strings.Replace(string(good), "/saml/sso", "/saml/evil", 1)), false},
		{"a key added after", []byte(strings.Replace(string(good), "<KeyDescriptor", keyDescriptor(t, mustSAML(t))+"<KeyDescriptor", 1)), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, tt.doc)
			w := newWorld(t, func(s *saml.Settings) {
				s.Metadata, s.EntityID, s.MetadataSigner = server.URL, idp.EntityID(), file
			})
			if err := w.provider.Refresh(t.Context()); (err == nil) != tt.ok {
				t.Errorf("Refresh = %v", err)
			}
		})
	}
}

func newPair(t *testing.T) saml.KeyPair {
	t.Helper()
	key, cert, err := federationtest.NewKey("signer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return saml.KeyPair{Key: key, Certificate: cert}
}

func sign(t *testing.T, doc []byte, by saml.KeyPair, method string) []byte {
	t.Helper()
	d := etree.NewDocument()
	if err := d.ReadFromBytes(doc); err != nil {
		t.Fatal(err)
	}
	root := d.Root()
	root.CreateAttr("ID", "_metadata")
	ctx, err := dsig.NewSigningContext(by.Key, [][]byte{by.Certificate.Raw})
	if err != nil {
		t.Fatal(err)
	}
	ctx.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if err := ctx.SetSignatureMethod(method); err != nil {
		t.Fatal(err)
	}
	signature, err := ctx.ConstructSignature(root, true)
	if err != nil {
		t.Fatal(err)
	}
	root.InsertChildAt(0, signature)
	out, err := d.WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestInspectSaysWhatIsWrong(t *testing.T) {
	idp := mustSAML(t)
	good := string(metadataOf(t, idp))
	in, err := saml.Inspect([]byte(good), time.Now())
	if err != nil || len(in.Problems) > 0 || in.EntityID != idp.EntityID() || len(in.Keys) != 2 || in.Keys[0].Kind != "RSA 2048" || len(in.SignOn) != 2 || len(in.Logout) != 1 {
		t.Errorf("Inspect = %+v, %v", in, err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: idp.Certificate().SerialNumber, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &weak.PublicKey, weak)
	if err != nil {
		t.Fatal(err)
	}
	inMetadata := func(cert []byte) string {
		return strings.ReplaceAll(good, base64Of(idp.Certificate().Raw), base64Of(cert))
	}
	for name, doc := range map[string]string{
		"no certificate that can verify": inMetadata(der),
		"was valid until":                strings.Replace(good, `validUntil="2`, `validUntil="1`, 1),
		"is not https":                   strings.ReplaceAll(good, "https://idp.example/saml/sso", "http://idp.example/saml/sso"),
		"is not an absolute address":     strings.ReplaceAll(good, "https://idp.example/saml/slo", "https://u:p@idp.example/saml/slo"),
	} {
		in, err := saml.Inspect([]byte(doc), time.Now())
		if err != nil || !strings.Contains(strings.Join(in.Problems, "\n"), name) {
			t.Errorf("Inspect = %q, %v, want %q", in.Problems, err, name)
		}
	}
	later, err := saml.Inspect([]byte(good), time.Now().Add(72*time.Hour))
	if err != nil || len(later.Problems) == 0 {
		t.Errorf("Inspect in three days = %q, %v", later.Problems, err)
	}
}
