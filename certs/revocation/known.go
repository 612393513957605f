package revocation

import (
	"bytes"
	"crypto/x509"
	"time"
)

// Known is what is known of the signatures of answers: which are true and which are false.
// Both are facts about bytes and keys. They say nothing of a time, of a certificate asked
// about or of trust, which are looked at each time. The zero value knows nothing, and so
// does nil. Not safe for concurrent use.
type Known struct {
	facts []fact
	read  []readOCSP
}

// readOCSP is a response by its syntax, which is the same each time.
type readOCSP struct {
	raw []byte
	r   *unverifiedOCSP
}

// maxRead bounds the responses that are kept as they were read.
const maxRead = 32

// fact says whether signer signed an answer, and, if it is another than issuer, whether
// issuer let it.
type fact struct {
	raw            []byte
	issuer, signer *x509.Certificate
	err            error
}

// maxKnown bounds the facts; later ones are found out each time.
const maxKnown = 1024

// Remember adds what a [Checker] verified. An answer that nobody verified adds nothing.
func (k *Known) Remember(list ...Answer) {
	for _, a := range list {
		if a.signer != nil {
			k.add(fact{a.Raw, a.issuer, a.signer, nil})
			k.remember(a.Raw, a.read)
		}
	}
}

func (k *Known) remember(raw []byte, r *unverifiedOCSP) {
	if k != nil && r != nil && len(k.read) < maxRead {
		k.read = append(k.read, readOCSP{raw, r})
	}
}

// parse is parseOCSP for a response that may have been read before.
func (k *Known) parse(raw []byte) (*unverifiedOCSP, error) {
	if k != nil {
		for _, known := range k.read {
			if bytes.Equal(known.raw, raw) {
				return known.r, nil
			}
		}
	}
	r, err := parseOCSP(raw)
	if err == nil {
		k.remember(raw, r)
	}
	return r, err
}

func (k *Known) add(f fact) {
	if k != nil && len(k.facts) < maxKnown {
		k.facts = append(k.facts, f)
	}
}

// check runs the public-key operations unless their outcome is known: that of signer's
// permission, where it has one, and that of its signature.
func (k *Known) check(raw []byte, issuer, signer *x509.Certificate, operations func() error) error {
	if f := k.find(raw, issuer, signer); f != nil {
		return f.err
	}
	err := operations()
	k.add(fact{raw, issuer, signer, err})
	return err
}

// trusting is trusted, unless it is known already what became of the answer.
func (k *Known) trusting(raw []byte, trusted func(responder, issuer *x509.Certificate) error) func(responder, issuer *x509.Certificate) error {
	return func(responder, issuer *x509.Certificate) error {
		if f := k.find(raw, issuer, responder); f != nil {
			return f.err
		}
		err := trusted(responder, issuer)
		if err != nil {
			k.add(fact{raw, issuer, responder, err})
		}
		return err
	}
}

func (k *Known) find(raw []byte, issuer, signer *x509.Certificate) *fact {
	if k == nil {
		return nil
	}
	for i := range k.facts {
		f := &k.facts[i]
		if bytes.Equal(f.raw, raw) && bytes.Equal(f.issuer.Raw, issuer.Raw) && bytes.Equal(f.signer.Raw, signer.Raw) {
			return f
		}
	}
	return nil
}

// Len is how many facts are known.
func (k *Known) Len() int {
	if k == nil {
		return 0
	}
	return len(k.facts)
}

// Costs reports whether an answer may cost public-key operations: nothing is known of it yet.
func (k *Known) Costs(raw []byte, issuer *x509.Certificate) bool {
	if k == nil {
		return true
	}
	for _, f := range k.facts {
		if bytes.Equal(f.raw, raw) && bytes.Equal(f.issuer.Raw, issuer.Raw) {
			return false
		}
	}
	return true
}

// VerifyOCSP is [VerifyOCSP] without a nonce, for an answer that may be known.
func (k *Known) VerifyOCSP(raw []byte, cert, issuer *x509.Certificate, at time.Time, skew time.Duration) (Answer, error) {
	answer, err := verifyOCSP(raw, cert, issuer, nil, at, skew, checkResponder, k)
	if err != nil {
		return Answer{}, err
	}
	return answer, answer.verdict()
}

// VerifyCRL is [VerifyCRL] for a list that may be known.
func (k *Known) VerifyCRL(raw []byte, cert, issuer *x509.Certificate, at time.Time, skew time.Duration) (Answer, error) {
	if f := k.find(raw, issuer, issuer); f != nil && f.err != nil {
		return Answer{}, invalid("signature of the list is false: %v", f.err)
	}
	l, err := parseCRL(raw)
	if err != nil {
		return Answer{}, err
	}
	// What costs nothing comes first, and what costs most is done for a list that matters.
	answer, err := l.answer(cert, at, skew)
	if err != nil {
		return Answer{}, err
	}
	if err := l.verify(issuer, k); err != nil {
		return Answer{}, err
	}
	answer.issuer, answer.signer = issuer, issuer // so that who is handed the answer knows too
	return answer, answer.verdict()
}
