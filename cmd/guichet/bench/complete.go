package bench

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/digitorus/timestamp"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
)

// completeLT compares completing a card's signature at B-LT - the value verified and built
// in, a timestamp fetched, revocation data embedded, each file read again and validated as
// its readers will - with what it cannot do without: the value, the timestamp's round trip
// and signature, the certificates of both and each answer embedded, verified once. The
// answers are in the checker's cache; those of OCSP and CRL are fetched on neither side.
func completeLT(ctx context.Context) (Result, error) {
	s, err := openLastings(ctx)
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	a, b, err := compare(ctx, 100*time.Millisecond,
		func() error { _, err := s.complete(ctx); return err },
		func() error { return errors.Join(s.bareStamp(ctx), s.bareVerify()) })
	return against(a, b), err
}

// lastings is a letter prepared for a card, its value, and all that its evidence rests on.
type lastings struct {
	services *certstest.Server
	extender *signing.Extender
	prepared *signing.Prepared
	value    signing.SignatureValue
	card     *certstest.Card

	token   []byte // a response of the timestamping authority
	links   [][2]*x509.Certificate
	answers []heldAnswer
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

// bareStamp fetches a timestamp and verifies its signature.
func (s *lastings) bareStamp(ctx context.Context) error {
	request, err := timestamp.CreateRequest(bytes.NewReader(s.value), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true})
	if err != nil {
		return err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, s.services.TSAURL(), bytes.NewReader(request))
	if err != nil {
		return err
	}
	post.Header.Set("Content-Type", "application/timestamp-query")
	resp, err := http.DefaultClient.Do(post)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if s.token, err = io.ReadAll(resp.Body); err != nil {
		return err
	}
	_, err = timestamp.ParseResponse(s.token)
	return err
}

// bareVerify verifies the value, and each certificate and answer once.
func (s *lastings) bareVerify() error {
	if err := verifyBare(s.card.Signature.Certificate.PublicKey, s.prepared.Digest, s.value); err != nil {
		return err
	}
	for _, link := range s.links {
		if err := link[0].CheckSignatureFrom(link[1]); err != nil {
			return err
		}
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
