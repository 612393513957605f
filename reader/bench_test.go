package reader

import (
	"crypto"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
)

// BenchmarkSign is one signature with its PIN, as a page causes it, against the bare
// calls: login, finding the key, SignInit, context login, Sign. own-ns/op is what of it
// was not spent inside the module: our code, the binding apart, and the check of the
// signature; calls/op is how often the module was called.
func BenchmarkSign(b *testing.B) {
	for _, name := range []string{"rsa", "p256", "p384"} {
		_, m, c := inserted(b, name)
		digest := sum("document")
		b.Run(name, func(b *testing.B) {
			k := key(b, c, certs.Signature, FixedPIN([]byte(goodPIN)))
			if _, err := k.Sign(nil, digest, crypto.SHA256); err != nil { // reads the public key, once
				b.Fatal(err)
			}
			clock := &clock{library: m.lib}
			m.lib = clock
			defer func() { m.lib = clock.library }()
			for b.Loop() {
				if _, err := k.Sign(nil, digest, crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed()-clock.inside)/float64(b.N), "own-ns/op")
			b.ReportMetric(float64(clock.calls)/float64(b.N), "calls/op")
		})
		b.Run(name+"-bare", func(b *testing.B) {
			mechanism, input, err := prepare(c.certs[0].cert.PublicKey, digest, crypto.SHA256)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := bareSign(m.lib, c.session, mechanism, input); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// bareSign is the least that makes a signature.
func bareSign(lib library, s pkcs11.SessionHandle, mechanism uint, input []byte) error {
	if err := lib.Login(s, pkcs11.CKU_USER, goodPIN); err != nil {
		return err
	}
	defer lib.Logout(s)
	private, err := onePrivateKey(lib, s)
	if err != nil {
		return err
	}
	if err := lib.SignInit(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, private); err != nil {
		return err
	}
	if err := lib.Login(s, pkcs11.CKU_CONTEXT_SPECIFIC, goodPIN); err != nil {
		return err
	}
	_, err = lib.Sign(s, input)
	return err
}

// clock adds up the time inside the module.
type clock struct {
	library
	inside time.Duration
	calls  int
}

func (c *clock) start() func() {
	c.calls++
	start := time.Now()
	return func() { c.inside += time.Since(start) }
}

func (c *clock) GetSlotList(present bool) ([]uint, error) {
	defer c.start()()
	return c.library.GetSlotList(present)
}

func (c *clock) GetTokenInfo(slot uint) (pkcs11.TokenInfo, error) {
	defer c.start()()
	return c.library.GetTokenInfo(slot)
}

func (c *clock) GetSessionInfo(s pkcs11.SessionHandle) (pkcs11.SessionInfo, error) {
	defer c.start()()
	return c.library.GetSessionInfo(s)
}

func (c *clock) Login(s pkcs11.SessionHandle, user uint, pin string) error {
	defer c.start()()
	return c.library.Login(s, user, pin)
}

func (c *clock) Logout(s pkcs11.SessionHandle) error {
	defer c.start()()
	return c.library.Logout(s)
}

func (c *clock) FindObjectsInit(s pkcs11.SessionHandle, a []*pkcs11.Attribute) error {
	defer c.start()()
	return c.library.FindObjectsInit(s, a)
}

func (c *clock) FindObjects(s pkcs11.SessionHandle, most int) ([]pkcs11.ObjectHandle, bool, error) {
	defer c.start()()
	return c.library.FindObjects(s, most)
}

func (c *clock) FindObjectsFinal(s pkcs11.SessionHandle) error {
	defer c.start()()
	return c.library.FindObjectsFinal(s)
}

func (c *clock) GetAttributeValue(s pkcs11.SessionHandle, o pkcs11.ObjectHandle, a []*pkcs11.Attribute) ([]*pkcs11.Attribute, error) {
	defer c.start()()
	return c.library.GetAttributeValue(s, o, a)
}

func (c *clock) SignInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, key pkcs11.ObjectHandle) error {
	defer c.start()()
	return c.library.SignInit(s, m, key)
}

func (c *clock) Sign(s pkcs11.SessionHandle, input []byte) ([]byte, error) {
	defer c.start()()
	return c.library.Sign(s, input)
}

func onePrivateKey(lib library, s pkcs11.SessionHandle) (pkcs11.ObjectHandle, error) {
	list, err := find(lib, s, pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, "Signature"))
	if err != nil {
		return 0, err
	}
	return list[0], nil
}

// BenchmarkIdentity is from the card noticed to its identity verified.
func BenchmarkIdentity(b *testing.B) {
	_, m, _ := inserted(b, "p384")
	anchors := theWorld(b).pki.Anchors()
	for b.Loop() {
		c, err := m.Card(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Identity(anchors); err != nil {
			b.Fatal(err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
