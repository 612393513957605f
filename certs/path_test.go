package certs_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

// ca is a certificate of a small PKI made for one test.
type ca struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// issue makes a certificate with a P-256 key; by nil makes it self-signed.
func (by *ca) issue(t testing.TB, change func(*x509.Certificate)) *ca {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return by.certify(t, key, change)
}

func (by *ca) certify(t testing.TB, key crypto.Signer, change func(*x509.Certificate)) *ca {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &ca{cert, key}
}

func named(cn string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.Subject.CommonName = cn }
}

// leaf is a template for an authentication certificate.
func leaf(c *x509.Certificate) {
	c.Subject = pkix.Name{Country: []string{"BE"}, CommonName: "Leaf", SerialNumber: "01050399864"}
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = false, false, x509.KeyUsageDigitalSignature
}

func TestPathRefuses(t *testing.T) {
	now := time.Now()
	root := (*ca)(nil).issue(t, named("Root"))
	issuing := root.issue(t, named("Issuing"))
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	and := func(list ...func(*x509.Certificate)) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			for _, f := range list {
				f(c)
			}
		}
	}
	mail := root.issue(t, and(named("Mail"), func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	}))
	stranger := (*ca)(nil).issue(t, named("Issuing"))
	stranger.cert.SubjectKeyId = issuing.cert.SubjectKeyId
	forged := stranger.issue(t, leaf).cert
	changed := *issuing.issue(t, leaf).cert
	changed.Signature = append([]byte(nil), changed.Signature...)
	changed.Signature[len(changed.Signature)-1] ^= 1
	mobile, _ := x509.OIDFromInts([]uint64{1, 3, 6, 1, 4, 1, 10015, 1, 3, 1})

	for _, c := range []struct {
		name    string
		leaf    *x509.Certificate
		anchors []*x509.Certificate
		more    []*x509.Certificate
		want    error
	}{
		{"unknown CA", stranger.issue(t, leaf).cert, []*x509.Certificate{root.cert}, nil, certs.ErrNotTrusted},
		{"CA of the same name and key id, another key", forged, []*x509.Certificate{root.cert, issuing.cert}, nil, certs.ErrNotTrusted},
		{"the same with itself along", forged, []*x509.Certificate{root.cert, issuing.cert}, []*x509.Certificate{stranger.cert}, certs.ErrNotTrusted},
		{"signature changed by a bit", &changed, []*x509.Certificate{root.cert, issuing.cert}, nil, certs.ErrNotTrusted},
		{"intermediate missing", issuing.issue(t, leaf).cert, []*x509.Certificate{root.cert}, nil, certs.ErrNotTrusted},
		{"the issuer behind eight that have its name", issuing.issue(t, leaf).cert, []*x509.Certificate{root.cert}, append(impostors(t, issuing, 8), issuing.cert), certs.ErrNotTrusted},
		{"self-signed", (*ca)(nil).issue(t, leaf).cert, []*x509.Certificate{root.cert}, nil, certs.ErrNotTrusted},
		{"issued by a person", root.issue(t, leaf).issue(t, leaf).cert, []*x509.Certificate{root.cert}, []*x509.Certificate{root.issue(t, leaf).cert}, certs.ErrNotTrusted},
		{"wrong purpose", issuing.issue(t, and(leaf, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment })).cert, []*x509.Certificate{issuing.cert}, nil, certs.ErrWrongPurpose},
		{"no purpose", issuing.issue(t, and(leaf, func(c *x509.Certificate) { c.KeyUsage = 0 })).cert, []*x509.Certificate{issuing.cert}, nil, certs.ErrMissingPurpose},
		{"CA as the leaf", issuing.cert, []*x509.Certificate{root.cert}, nil, certs.ErrWrongPurpose},
		{"refused policy", issuing.issue(t, and(leaf, func(c *x509.Certificate) { c.Policies = []x509.OID{mobile} })).cert, []*x509.Certificate{issuing.cert}, nil, certs.ErrDisallowedPolicy},
		{"RSA of 1024 bits", issuing.certify(t, weak, leaf).cert, []*x509.Certificate{issuing.cert}, nil, certs.ErrWeakKey},
		{"P-224", issuing.certify(t, p224, leaf).cert, []*x509.Certificate{issuing.cert}, nil, certs.ErrWeakKey},
		{"weak intermediate", root.certify(t, weak, named("Weak")).issue(t, leaf).cert, []*x509.Certificate{root.cert}, []*x509.Certificate{root.certify(t, weak, named("Weak")).cert}, certs.ErrNotTrusted},
		{"critical extension", issuing.issue(t, and(leaf, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: asn1.NullBytes}}
		})).cert, []*x509.Certificate{issuing.cert}, nil, certs.ErrNotTrusted},
		{"CA for e-mail only", mail.issue(t, leaf).cert, []*x509.Certificate{root.cert, mail.cert}, nil, certs.ErrNotTrusted},
	} {
		anchors, err := certs.NewTrustAnchors(c.anchors...)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		path, err := anchors.Path(c.leaf, certs.Authentication, now, c.more...)
		if !errors.Is(err, c.want) || path != nil {
			t.Errorf("Path(%s) = %v, %v, want nil, %v", c.name, path, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "01050399864") {
			t.Errorf("Path(%s): the error tells the number: %v", c.name, err)
		}
	}
}

// impostors are self-signed certificates of the name and key id of a CA.
func impostors(t testing.TB, of *ca, n int) (list []*x509.Certificate) {
	for range n {
		list = append(list, (*ca)(nil).issue(t, func(c *x509.Certificate) { c.Subject, c.SubjectKeyId = of.cert.Subject, of.cert.SubjectKeyId }).cert)
	}
	return list
}

// What else a file holds, be it much or for mischief, keeps no path from being found.
func TestPathAmongManyCertificates(t *testing.T) {
	root := (*ca)(nil).issue(t, named("Root"))
	upper := root.issue(t, named("Upper"))
	issuing := upper.issue(t, named("Issuing"))
	other := root.issue(t, named("Other"))
	many := impostors(t, issuing, 6)
	for i := range 40 {
		many = append(many, other.issue(t, named("Other "+strconv.Itoa(i))).cert)
	}
	many = append(many, issuing.cert, upper.cert, issuing.cert)
	anchors, err := certs.NewTrustAnchors(root.cert)
	if err != nil {
		t.Fatal(err)
	}
	path, err := anchors.Path(issuing.issue(t, leaf).cert, certs.Authentication, time.Now(), many...)
	if err != nil || len(path) != 4 {
		t.Errorf("Path among %d certificates = %d long, %v", len(many), len(path), err)
	}
}

func TestPathLength(t *testing.T) {
	root := (*ca)(nil).issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "Root"; c.MaxPathLenZero = true })
	issuing := root.issue(t, named("Issuing"))
	cert := issuing.issue(t, leaf).cert
	for name, list := range map[string][]*x509.Certificate{"above a known issuer": {root.cert, issuing.cert}, "through a candidate": {root.cert}} {
		anchors, err := certs.NewTrustAnchors(list...)
		if err != nil {
			t.Fatal(err)
		}
		if path, err := anchors.Path(cert, certs.Authentication, time.Now(), issuing.cert); !errors.Is(err, certs.ErrNotTrusted) {
			t.Errorf("Path past a path length of 0 %s = %v, %v", name, path, err)
		}
	}
}

func TestPathValidity(t *testing.T) {
	card := issue(t, func(p *certstest.Person) {
		p.NotBefore, p.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(48*time.Hour)
	})
	cert := card.Authentication.Certificate
	for _, c := range []struct {
		name string
		at   time.Time
		want error
	}{
		{"zero time", time.Time{}, certs.NotYetValidError{NotBefore: cert.NotBefore}},
		{"a second early", cert.NotBefore.Add(-time.Second), certs.NotYetValidError{NotBefore: cert.NotBefore}},
		{"first second", cert.NotBefore, nil},
		{"last second", cert.NotAfter, nil},
		{"a second late", cert.NotAfter.Add(time.Second), certs.ExpiredError{NotAfter: cert.NotAfter}},
		{"ten years late", cert.NotAfter.AddDate(10, 0, 0), certs.ExpiredError{NotAfter: cert.NotAfter}},
	} {
		_, err := world().Anchors().Path(cert, certs.Authentication, c.at)
		if !errors.Is(err, c.want) {
			t.Errorf("Path at %s = %v, want %v", c.name, err, c.want)
		}
	}
}

func TestPathExpiredCA(t *testing.T) {
	old := func(cn string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.Subject.CommonName = cn
			c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Minute)
		}
	}
	long := func(c *x509.Certificate) { leaf(c); c.NotBefore = c.NotBefore.Add(-30 * time.Minute) }
	oldRoot, root := (*ca)(nil).issue(t, old("Root")), (*ca)(nil).issue(t, named("Root"))
	belowOld, oldIssuing := oldRoot.issue(t, named("Below")), root.issue(t, old("Issuing"))
	for _, c := range []struct {
		name    string
		issuing *ca
		anchors []*x509.Certificate
	}{
		{"root", belowOld, []*x509.Certificate{oldRoot.cert, belowOld.cert}},
		{"issuing CA", oldIssuing, []*x509.Certificate{root.cert, oldIssuing.cert}},
		{"issuing CA that came along", oldIssuing, []*x509.Certificate{root.cert}},
	} {
		anchors, err := certs.NewTrustAnchors(c.anchors...)
		if err != nil {
			t.Fatal(err)
		}
		cert := c.issuing.issue(t, long).cert
		_, err = anchors.Path(cert, certs.Authentication, time.Now(), c.issuing.cert)
		var expired certs.ExpiredError
		if !errors.Is(err, certs.ErrNotTrusted) || errors.As(err, &expired) {
			t.Errorf("Path below an expired %s = %v, want %v and not the leaf's own expiry", c.name, err, certs.ErrNotTrusted)
		}
		if path, err := anchors.Path(cert, certs.Authentication, time.Now().Add(-30*time.Minute), c.issuing.cert); c.name != "issuing CA" && (err != nil || len(path) != 3) {
			t.Errorf("Path below the %s while it lived = %d certificates, %v", c.name, len(path), err)
		}
	}
}

// Cards of every kind reach their root, by both certificates, and through the nested
// extended key usages at which crypto/x509 would stop.
func TestPathOfCards(t *testing.T) {
	for name, change := range map[string]func(*certstest.Person){
		"RSA":       func(p *certstest.Person) { p.Algorithm = certstest.RSA2048 },
		"re-keyed":  func(p *certstest.Person) { p.Algorithm = certstest.RSA2048; p.ReKeyed = true },
		"P-384":     nil,
		"P-256":     func(p *certstest.Person) { p.Algorithm = certstest.P256 },
		"foreigner": func(p *certstest.Person) { p.Foreigner = true },
		"older":     func(p *certstest.Person) { p.NoExtKeyUsage = true },
	} {
		card := issue(t, change)
		for purpose, cert := range map[certs.Purpose]*x509.Certificate{
			certs.Authentication: card.Authentication.Certificate, certs.Signature: card.Signature.Certificate, certs.Registry: card.Registry,
		} {
			path, err := world().Anchors().Path(cert, purpose, time.Now())
			if err != nil || path[0] != cert || !path[len(path)-1].Equal(card.Root) {
				t.Errorf("Path(%s, %v) = %d certificates, %v, want one to %v", name, purpose, len(path), err, card.Root.Subject)
			}
		}
	}
	for purpose, name := range map[certs.Purpose]string{certs.Timestamping: "tsa", certs.OCSPResponding: "ocsp-citizen-ec"} {
		if path, err := world().Anchors().Path(world().Service(name).Certificate, purpose, time.Now()); err != nil || len(path) != 3 {
			t.Errorf("Path(%s, %v) = %d certificates, %v", name, purpose, len(path), err)
		}
	}
}

func TestPathThroughCandidates(t *testing.T) {
	card := issue(t, nil)
	roots, err := certs.NewTrustAnchors(card.Root)
	if err != nil {
		t.Fatal(err)
	}
	path, err := roots.Path(card.Signature.Certificate, certs.Signature, time.Now(), world().Authority("citizen-rsa").Certificate, card.Issuer)
	if err != nil || len(path) != 3 || !path[1].Equal(card.Issuer) || !path[2].Equal(card.Root) {
		t.Errorf("Path through the candidate = %d certificates, %v", len(path), err)
	}
}

// An issuer trusted in its own right needs no root; where the root is known, the link to
// it is not verified again: a signature spoilt after New goes unseen.
func TestPathCostsOneVerification(t *testing.T) {
	root := (*ca)(nil).issue(t, named("Root"))
	issuing := root.issue(t, named("Issuing"))
	cert := issuing.issue(t, leaf).cert
	alone, err := certs.NewTrustAnchors(issuing.cert)
	if err != nil {
		t.Fatal(err)
	}
	if path, err := alone.Path(cert, certs.Authentication, time.Now()); err != nil || len(path) != 2 {
		t.Errorf("Path to an intermediate anchor = %d certificates, %v", len(path), err)
	}
	both, err := certs.NewTrustAnchors(issuing.cert, root.cert)
	if err != nil {
		t.Fatal(err)
	}
	issuing.cert.Signature[8] ^= 0xff
	if path, err := both.Path(cert, certs.Authentication, time.Now()); err != nil || len(path) != 3 {
		t.Errorf("Path to the root = %d certificates, %v", len(path), err)
	}
}

// Belgium's Root CA4 exists twice, with one name and one key: the path takes the one that
// is still valid.
func TestPathWithTwinRoots(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	first := (*ca)(nil).certify(t, key, func(c *x509.Certificate) { c.Subject.CommonName = "Root"; c.NotAfter = time.Now().Add(-time.Minute) })
	second := (*ca)(nil).certify(t, key, named("Root"))
	issuing := first.issue(t, named("Issuing"))
	anchors, err := certs.NewTrustAnchors(first.cert, second.cert, issuing.cert)
	if err != nil {
		t.Fatal(err)
	}
	cert := issuing.issue(t, leaf).cert
	if path, err := anchors.Path(cert, certs.Authentication, time.Now()); err != nil || !path[2].Equal(second.cert) {
		t.Errorf("Path with twin roots = %v, want one to the valid root", err)
	}
}

// An issuing CA may be certified twice, with one name and one key, below two roots: the
// path goes by the one whose root is still valid.
func TestPathWithTwinIssuers(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old := (*ca)(nil).issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "Old"; c.NotAfter = time.Now().Add(-time.Minute) })
	root := (*ca)(nil).issue(t, named("Root"))
	first, second := old.certify(t, key, named("Issuing")), root.certify(t, key, named("Issuing"))
	cert := first.issue(t, leaf).cert
	for _, list := range [][]*x509.Certificate{{old.cert, root.cert, first.cert, second.cert}, {second.cert, first.cert, root.cert, old.cert}} {
		anchors, err := certs.NewTrustAnchors(list...)
		if err != nil {
			t.Fatal(err)
		}
		if path, err := anchors.Path(cert, certs.Authentication, time.Now()); err != nil || !path[1].Equal(second.cert) {
			t.Errorf("Path with twin issuers = %d certificates, %v, want one by the valid root", len(path), err)
		}
	}
}
