package bench

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/digitorus/timestamp"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
)

// completeLT compares completing a card's signature at B-LT - the value verified and built
// in, a timestamp and an answer on the card fetched, lists embedded, each file read again
// and its signatures verified - with what it cannot do without: the value, the certificates
// of signer and authority, the timestamp and the answer on the card, each verified once,
// and the round trips that fetch the last two from services of this process.
//
// The checker's caches are warm: what they hold is on neither side. That is the lists on
// the CAs and on the authority, and that the responder may answer. It is not the answer on
// the card, which must be given to the moment of the signature (Checker.Evidence). An
// earlier form of this measurement had both wrong: the bare side verified the lists too,
// which no completion does, and left out the round trip that each does.
//
// Ours does less in one place, where it knows the path of the authority from before, and
// more in another: it verifies the value when it comes from the card and again when the
// file is read to be raised, since both may happen in different processes.
func completeLT(ctx context.Context) (Result, error) {
	s, err := openLastings(ctx)
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	a, b, err := compare(ctx, 100*time.Millisecond,
		func() error { _, err := s.complete(ctx); return err },
		func() error { return errors.Join(s.bareSignatures(), s.bareStamp(ctx), s.bareAnswer(ctx)) })
	return against(a, b), err
}

// lastings is a letter prepared for a card, its value, and all that its evidence rests on.
type lastings struct {
	services *certstest.Server
	extender *signing.Extender
	prepared *signing.Prepared
	value    signing.SignatureValue
	card     *certstest.Card

	token  []byte // a response of the timestamping authority
	signer certs.Path
	// responder answers on the signer.
	responder *x509.Certificate
	links     [][2]*x509.Certificate
	answers   []heldAnswer
}

// heldAnswer is an answer and what it is on.
type heldAnswer struct {
	answer       revocation.Answer
	cert, issuer *x509.Certificate
}

func openLastings(ctx context.Context) (*lastings, error) {
	s := &lastings{}
	if err := s.open(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *lastings) open(ctx context.Context) (err error) {
	if s.services, err = certstest.Listen(certstest.Config{}, ""); err != nil {
		return err
	}
	if s.card, err = s.services.Issue(benchPerson(certstest.P384)); err != nil {
		return err
	}
	anchors := s.services.Anchors()
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{s.services.TSAURL()}, Anchors: anchors})
	if err != nil {
		return err
	}
	checker, err := revocation.New(revocation.Config{Hosts: s.services.Hosts(), Rand: rand.Reader, MaxAge: time.Hour})
	if err != nil {
		return err
	}
	s.extender = &signing.Extender{TSA: tsa, Revocation: checker, Anchors: anchors}
	if err := s.prepare(anchors); err != nil {
		return err
	}
	return s.gather(ctx, checker, anchors)
}

func (s *lastings) prepare(anchors *certs.TrustAnchors) error {
	letter, err := benchLetter()
	if err != nil {
		return err
	}
	path, err := anchors.Path(s.card.Signature.Certificate, certs.Signature, time.Now())
	if err != nil {
		return err
	}
	s.signer = path
	if s.prepared, err = signing.Prepare(signing.Request{PDF: letter, Path: path, At: time.Now()}); err != nil {
		return err
	}
	s.value, err = s.card.Signature.Key.Sign(rand.Reader, s.prepared.Digest, crypto.SHA384)
	return err
}

// gather warms the cache, and holds what the bare side verifies.
func (s *lastings) gather(ctx context.Context, checker *revocation.Checker, anchors *certs.TrustAnchors) error {
	if err := s.bareStamp(ctx); err != nil {
		return err
	}
	stamp, err := timestamp.ParseResponse(s.token)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(stamp.Certificates, func(c *x509.Certificate) bool { return certs.Timestamping.Check(c) == nil })
	if i < 0 {
		return errors.New("the token carries no certificate of its authority")
	}
	for cert, purpose := range map[*x509.Certificate]certs.Purpose{
		s.card.Signature.Certificate: certs.Signature, stamp.Certificates[i]: certs.Timestamping,
	} {
		path, err := anchors.Path(cert, purpose, time.Now())
		if err != nil {
			return err
		}
		answers, err := checker.Evidence(ctx, path)
		if err != nil {
			return err
		}
		s.links = append(s.links, [2]*x509.Certificate{path[0], path[1]})
		for j := range path[1:] {
			k := slices.IndexFunc(answers, func(a revocation.Answer) bool { return verifyAnswer(a, path[j], path[j+1]) == nil })
			if k < 0 {
				return fmt.Errorf("no answer on %s", path[j].Subject.CommonName)
			}
			s.answers = append(s.answers, heldAnswer{answers[k], path[j], path[j+1]})
			if answers[k].Source == revocation.OCSP {
				s.responder = answers[k].Certificates[0]
			}
		}
	}
	return nil
}

// complete is the counter's way, without its store.
func (s *lastings) complete(ctx context.Context) ([]byte, error) {
	signed, err := s.prepared.Complete(s.value)
	if err != nil {
		return nil, err
	}
	out, level, err := s.extender.Extend(ctx, signed, signing.LevelLT)
	if err == nil && level != signing.LevelLT {
		err = fmt.Errorf("reached %v", level)
	}
	return out, err
}

// bareVerify verifies the value, and each certificate and answer once.
func (s *lastings) bareVerify() error {
	if err := s.bareSignatures(); err != nil {
		return err
	}
	for _, a := range s.answers {
		if err := verifyAnswer(a.answer, a.cert, a.issuer); err != nil {
			return err
		}
	}
	return nil
}

func verifyAnswer(a revocation.Answer, cert, issuer *x509.Certificate) (err error) {
	if a.Source == revocation.CRL {
		_, err = revocation.VerifyCRL(a.Raw, cert, issuer, time.Now(), time.Hour)
	} else {
		_, err = revocation.VerifyOCSP(a.Raw, cert, issuer, nil, time.Now(), time.Hour)
	}
	return err
}

func (s *lastings) close() {
	if s.services != nil {
		s.services.Close()
	}
}
