package softcard

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"os"
	"sync"

	"github.com/miekg/pkcs11"

	"guichet.example/certs/certstest"
)

// Identifiers of keys and certificates as the Belgian middleware gives them: a
// CK_ULONG in the machine's own order, not one byte.
const (
	idAuthentication = 2
	idSignature      = 3
	idCA             = 4
	idRoot           = 6
)

// making lets one token be made at a time in a process: SoftHSM2 reads where its
// configuration lies from the environment, which all share.
var making sync.Mutex

// AddCard makes the card under that name (lower-case letters, digits, dashes; at most
// 32) with that PIN (4 to 12 digits). All cards are made before the module is opened:
// an open SoftHSM2 does not see new tokens. A name taken is an error.
func (d *Desk) AddCard(name string, card *certstest.Card, pin string) error {
	if !cardName.MatchString(name) {
		return fmt.Errorf("card name %q: want lower-case letters, digits and dashes", name)
	}
	if _, err := d.Tries(name); !errors.Is(err, ErrUnknownName) {
		return fmt.Errorf("card %s is there already", name)
	}
	if len(pin) < 4 || len(pin) > 12 {
		return errors.New("a PIN has 4 to 12 digits")
	}
	making.Lock()
	defer making.Unlock()
	if err := d.makeToken(name, card, pin); err != nil {
		return fmt.Errorf("making card %s: %w", name, err)
	}
	if err := errors.Join(d.writeChip(name, "pin", pin), d.writeChip(name, "applet", applet(card))); err != nil {
		return fmt.Errorf("making card %s: %w", name, err)
	}
	return d.writeTries(name, MaxTries)
}

// applet is the version of the Belgian applet that holds such keys.
func applet(card *certstest.Card) string {
	if _, rsa := card.Authentication.Key.(*rsa.PrivateKey); rsa {
		return "17"
	}
	return "18"
}

// makeToken works through a copy of SoftHSM2 of its own, so that it can be finished
// without finishing the one that is in use.
func (d *Desk) makeToken(name string, card *certstest.Card, pin string) error {
	lib := d.path("maker.so")
	if err := install(d.path("softhsm2.so"), lib); err != nil {
		return err
	}
	before, had := os.LookupEnv("SOFTHSM2_CONF")
	os.Setenv("SOFTHSM2_CONF", d.path("softhsm2.conf"))
	defer func() {
		if had {
			os.Setenv("SOFTHSM2_CONF", before)
		} else {
			os.Unsetenv("SOFTHSM2_CONF")
		}
	}()
	p := pkcs11.New(lib)
	if p == nil {
		return ErrNoSoftHSM
	}
	if err := p.Initialize(); err != nil {
		return err
	}
	defer p.Finalize()
	session, err := newToken(p, name, pin)
	if err != nil {
		return err
	}
	for _, object := range objects(card) {
		if _, err := p.CreateObject(session, object); err != nil {
			return err
		}
	}
	return p.CloseSession(session)
}

// newToken initialises the free slot that SoftHSM2 always keeps and returns a session
// logged in as its user.
func newToken(p *pkcs11.Ctx, label, pin string) (pkcs11.SessionHandle, error) {
	slots, err := p.GetSlotList(true)
	if err != nil {
		return 0, err
	}
	slot := slots[len(slots)-1]
	officer := rand.Text() // nobody needs it again
	if err := p.InitToken(slot, officer, label); err != nil {
		return 0, err
	}
	session, err := p.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		return 0, err
	}
	if err := p.Login(session, pkcs11.CKU_SO, officer); err != nil {
		return 0, err
	}
	if err := p.InitPIN(session, pin); err != nil {
		return 0, err
	}
	if err := p.Logout(session); err != nil {
		return 0, err
	}
	return session, p.Login(session, pkcs11.CKU_USER, pin)
}

// objects lays the card out as the Belgian middleware shows it.
func objects(card *certstest.Card) [][]*pkcs11.Attribute {
	var list [][]*pkcs11.Attribute
	list = append(list, keyPair("Authentication", idAuthentication, card.Authentication, false)...)
	list = append(list, keyPair("Signature", idSignature, card.Signature, true)...)
	for _, c := range []struct {
		label string
		id    uint64
		cert  *x509.Certificate
	}{{"CA", idCA, card.Issuer}, {"Root", idRoot, card.Root}} {
		if c.cert != nil {
			list = append(list, certificate(c.label, c.id, c.cert))
		}
	}
	registry := []byte(nil)
	if card.Registry != nil {
		registry = card.Registry.Raw
	}
	for _, f := range []struct {
		label, id string
		value     []byte
	}{
		{"DATA_FILE", "id", card.Identity},
		{"SIGN_DATA_FILE", "sign_data_file", card.IdentitySignature},
		{"ADDRESS_FILE", "address", card.Address},
		{"SIGN_ADDRESS_FILE", "sign_address_file", card.AddressSignature},
		{"PHOTO_FILE", "photo", card.Photo},
		{"CERT_RN_FILE", "rncert", registry},
	} {
		if len(f.value) > 0 {
			list = append(list, data(f.label, f.id, f.value))
		}
	}
	return list
}

func ulong(v uint64) []byte { return binary.NativeEndian.AppendUint64(nil, v) }

func data(label, id string, value []byte) []*pkcs11.Attribute {
	return []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_DATA),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, false),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
		pkcs11.NewAttribute(pkcs11.CKA_APPLICATION, "guichet"),
		pkcs11.NewAttribute(pkcs11.CKA_OBJECT_ID, id),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE, value),
	}
}

func certificate(label string, id uint64, cert *x509.Certificate) []*pkcs11.Attribute {
	return []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_CERTIFICATE),
		pkcs11.NewAttribute(pkcs11.CKA_CERTIFICATE_TYPE, pkcs11.CKC_X_509),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, false),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
		pkcs11.NewAttribute(pkcs11.CKA_ID, ulong(id)),
		pkcs11.NewAttribute(pkcs11.CKA_SUBJECT, cert.RawSubject),
		pkcs11.NewAttribute(pkcs11.CKA_ISSUER, cert.RawIssuer),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE, cert.Raw),
	}
}

// keyPair is a certificate, its private and its public key; nothing without certificate.
// The signature key wants the PIN before each use (CKA_ALWAYS_AUTHENTICATE).
func keyPair(label string, id uint64, pair certstest.KeyPair, always bool) [][]*pkcs11.Attribute {
	if pair.Certificate == nil {
		return nil
	}
	common := func(class uint) []*pkcs11.Attribute {
		return []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_CLASS, class),
			pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
			pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
			pkcs11.NewAttribute(pkcs11.CKA_ID, ulong(id)),
		}
	}
	private := append(common(pkcs11.CKO_PRIVATE_KEY),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
		pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false),
		pkcs11.NewAttribute(pkcs11.CKA_SIGN, true),
		pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, false), // SoftHSM2's defaults are generous
		pkcs11.NewAttribute(pkcs11.CKA_UNWRAP, false),
		pkcs11.NewAttribute(pkcs11.CKA_ALWAYS_AUTHENTICATE, always))
	public := append(common(pkcs11.CKO_PUBLIC_KEY),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, false),
		pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true),
		pkcs11.NewAttribute(pkcs11.CKA_ENCRYPT, false),
		pkcs11.NewAttribute(pkcs11.CKA_WRAP, false))
	secret, open := material(pair.Key)
	return [][]*pkcs11.Attribute{
		certificate(label, id, pair.Certificate), append(private, secret...), append(public, open...),
	}
}

// material is what makes a key the key it is, private and public.
func material(key crypto.Signer) (private, public []*pkcs11.Attribute) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return rsaMaterial(k)
	case *ecdsa.PrivateKey:
		return ecMaterial(k)
	}
	return nil, nil // SoftHSM2 will refuse the object
}

func rsaMaterial(k *rsa.PrivateKey) (private, public []*pkcs11.Attribute) {
	number := func(attribute uint, n *big.Int) *pkcs11.Attribute {
		return pkcs11.NewAttribute(attribute, n.Bytes())
	}
	public = []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_RSA),
		number(pkcs11.CKA_MODULUS, k.N),
		number(pkcs11.CKA_PUBLIC_EXPONENT, big.NewInt(int64(k.E))),
	}
	k.Precompute()
	private = append(private, public...)
	private = append(private,
		number(pkcs11.CKA_PRIVATE_EXPONENT, k.D),
		number(pkcs11.CKA_PRIME_1, k.Primes[0]),
		number(pkcs11.CKA_PRIME_2, k.Primes[1]),
		number(pkcs11.CKA_EXPONENT_1, k.Precomputed.Dp),
		number(pkcs11.CKA_EXPONENT_2, k.Precomputed.Dq),
		number(pkcs11.CKA_COEFFICIENT, k.Precomputed.Qinv))
	return private, public
}

// Curves by object identifier (RFC 5480, 2.1.1.1).
var curves = map[elliptic.Curve]asn1.ObjectIdentifier{
	elliptic.P256(): {1, 2, 840, 10045, 3, 1, 7},
	elliptic.P384(): {1, 3, 132, 0, 34},
	elliptic.P521(): {1, 3, 132, 0, 35},
}

func ecMaterial(k *ecdsa.PrivateKey) (private, public []*pkcs11.Attribute) {
	parameters, _ := asn1.Marshal(curves[k.Curve])
	secret, err := k.Bytes()
	if err != nil {
		return nil, nil
	}
	uncompressed, err := k.PublicKey.Bytes()
	if err != nil {
		return nil, nil
	}
	point, _ := asn1.Marshal(uncompressed) // an OCTET STRING (PKCS#11 v2.40, 2.3.3)
	curve := []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_EC),
		pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, parameters),
	}
	private = append(append(private, curve...), pkcs11.NewAttribute(pkcs11.CKA_VALUE, secret))
	public = append(append(public, curve...), pkcs11.NewAttribute(pkcs11.CKA_EC_POINT, point))
	return private, public
}
