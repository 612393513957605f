package saml

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"guichet.example/auth/federation/saml/internal/shape"
)

var (
	errSignature = errors.New("signature does not verify")
	errXML       = errors.New("message does not parse")
)

// parse builds the tree of a message whose shape was looked at.
func parse(doc []byte) (*etree.Element, error) {
	d := etree.NewDocument()
	if err := d.ReadFromBytes(doc); err != nil || d.Root() == nil {
		return nil, errXML
	}
	return d.Root(), nil
}

// detach copies an element out of its message together with the namespaces in scope.
func detach(el *etree.Element) (*etree.Element, error) {
	ctx, err := etreeutils.NSBuildParentContext(el)
	if err != nil {
		return nil, errXML
	}
	if ctx, err = ctx.SubContext(el); err != nil {
		return nil, errXML
	}
	alone, err := etreeutils.NSDetatch(ctx, el)
	if err != nil {
		return nil, errXML
	}
	return alone, nil
}

// verifyElement verifies the enveloped signature of a detached element by one of the
// certificates and returns the element anew, made of the bytes that the signature
// covers and of nothing else. With a certificate in its KeyInfo, that is the one, and it
// must be of the list; without, each is tried.
func verifyElement(el *etree.Element, certs []*x509.Certificate, now time.Time) (*etree.Element, error) {
	sig := el.SelectElement("Signature")
	if sig == nil {
		return nil, errors.New("signature is missing")
	}
	named := sig.FindElement("./KeyInfo/X509Data/X509Certificate") != nil
	lists := [][]*x509.Certificate{certs}
	if !named && len(certs) > 1 {
		lists = nil
		for _, c := range certs {
			lists = append(lists, []*x509.Certificate{c})
		}
	}
	for _, list := range lists {
		candidate := el.Copy() // the value is rewritten for goxmldsig
		if plainValue(candidate.SelectElement("Signature"), list) != nil {
			continue
		}
		ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: list})
		ctx.IdAttribute = "ID"
		ctx.Clock = dsig.NewFakeClockAt(now)
		if verified, err := ctx.Validate(candidate); err == nil && verified != nil {
			return verified, nil
		}
	}
	return nil, errSignature
}

// plainValue writes the signature value as goxmldsig reads it: without white space and,
// by ECDSA, in DER. XML signatures have r and s one after the other (RFC 6931, 2.3.6).
func plainValue(sig *etree.Element, certs []*x509.Certificate) error {
	value, method := sig.SelectElement("SignatureValue"), sig.FindElement("./SignedInfo/SignatureMethod")
	if value == nil || method == nil {
		return errSignature
	}
	text := strings.Join(strings.Fields(value.Text()), "")
	if strings.Contains(method.SelectAttrValue("Algorithm", ""), "#ecdsa-") {
		der, err := derECDSA(text, certs)
		if err != nil {
			return err
		}
		text = base64.StdEncoding.EncodeToString(der)
	}
	value.SetText(text)
	return nil
}

func derECDSA(text string, certs []*x509.Certificate) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errSignature
	}
	for _, c := range certs {
		if key, ok := c.PublicKey.(*ecdsa.PublicKey); ok {
			if r, s, ok := splitECDSA(raw, key); ok {
				return asn1.Marshal(struct{ R, S *big.Int }{r, s})
			}
		}
	}
	return nil, errSignature
}

// verifyMetadata verifies the signature of metadata and returns what it covers.
func verifyMetadata(doc []byte, signer *x509.Certificate, now time.Time) ([]byte, error) {
	if err := shape.Metadata(doc, true); err != nil {
		return nil, err
	}
	root, err := parse(doc)
	if err != nil {
		return nil, err
	}
	verified, err := verifyElement(root, []*x509.Certificate{signer}, now)
	if err != nil {
		return nil, errors.New("metadata: its signature does not verify by the pinned certificate")
	}
	return serialize(verified), nil
}

// serialize writes an element as a document of its own: one that was detached, or made
// of what a signature covers. Characters are spelled as in the canonical form, so that a
// line end that is a reference stays one: a parser would make another of it.
func serialize(el *etree.Element) []byte {
	var out bytes.Buffer
	el.WriteTo(&out, &etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true})
	return out.Bytes()
}

// capture verifies for the library and keeps what was covered.
type capture struct {
	certs     []*x509.Certificate
	now       time.Time
	response  *etree.Element // covered by the signature of the Response
	assertion *etree.Element // covered by the signature of the Assertion
	evidence  *etree.Element // the assertion with its signature
}

// VerifySignature is crewjam's SignatureVerifier: el is detached and has a signature.
func (c *capture) VerifySignature(_ *dsig.ValidationContext, el *etree.Element) error {
	verified, err := verifyElement(el, c.certs, c.now)
	if err != nil {
		return err
	}
	if el.Tag == "Response" {
		c.response = verified
	} else {
		c.assertion, c.evidence = verified, el
	}
	return nil
}

// own verifies the assertion's own signature, if the library had no need to.
func (c *capture) own(assertion *etree.Element) error {
	if c.assertion != nil {
		return nil
	}
	if assertion == nil {
		return errors.New("assertion is missing")
	}
	alone, err := detach(assertion)
	if err != nil {
		return err
	}
	return c.VerifySignature(nil, alone)
}
