package bench

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/reader/api"
)

const benchOrigin = "https://counter.example"

func tokenRSA(ctx context.Context) (Result, error)  { return token(ctx, certstest.RSA2048) }
func tokenP384(ctx context.Context) (Result, error) { return token(ctx, certstest.P384) }

// token compares the whole verification of a Web eID token, revocation answer cached,
// with the two public-key operations it cannot do without: the issuer's signature on
// the card's certificate, and the card's on the challenge.
func token(ctx context.Context, algorithm certstest.Algorithm) (Result, error) {
	services, err := certstest.Listen(certstest.Config{Now: time.Now}, "")
	if err != nil {
		return Result{}, err
	}
	defer services.Close()
	card, err := services.Issue(benchPerson(algorithm))
	if err != nil {
		return Result{}, err
	}
	// The answer is allowed to be an hour old here, so that the run measures no fetch.
	checker, err := revocation.New(revocation.Config{Hosts: services.Hosts(), Rand: rand.Reader, MaxAge: time.Hour})
	if err != nil {
		return Result{}, err
	}
	verifier, err := webeid.New(webeid.Config{Origin: benchOrigin, Anchors: services.Anchors(), Revocation: checker, Now: time.Now})
	if err != nil {
		return Result{}, err
	}
	challenge, err := webeid.NewChallenge(rand.Reader, time.Now())
	if err != nil {
		return Result{}, err
	}
	raw, signature, err := signToken(card.Authentication, benchOrigin, challenge.Nonce)
	if err != nil {
		return Result{}, err
	}
	digest := tokenDigest(algorithm, benchOrigin, challenge.Nonce)
	ours := func() error {
		parsed, err := webeid.ParseToken(raw)
		if err != nil {
			return err
		}
		_, err = verifier.Verify(ctx, parsed, challenge)
		return err
	}
	bare := func() error {
		leaf := card.Authentication.Certificate
		if err := leaf.CheckSignatureFrom(card.Issuer); err != nil {
			return err
		}
		return verifyBare(leaf.PublicKey, digest, signature)
	}
	a, b, err := compare(ctx, 60*time.Millisecond, ours, bare)
	return against(a, b), err
}

func benchPerson(algorithm certstest.Algorithm) certstest.Person {
	return certstest.Person{GivenNames: "Mathieu Jean", Surname: "Delcourt", NationalNumber: "85073003328", Algorithm: algorithm,
		Street: "Rue Hors-Château 28", Postcode: "4000", Municipality: "Liège",
		Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC), BirthPlace: "Verviers", Sex: "M", Nationality: "Belge"}
}

// tokenDigest is what the card signs: the hash of hash(origin) ‖ hash(nonce).
func tokenDigest(algorithm certstest.Algorithm, origin, nonce string) []byte {
	if algorithm == certstest.RSA2048 {
		o, n := sha256.Sum256([]byte(origin)), sha256.Sum256([]byte(nonce))
		d := sha256.Sum256(append(o[:], n[:]...))
		return d[:]
	}
	o, n := sha512.Sum384([]byte(origin)), sha512.Sum384([]byte(nonce))
	d := sha512.Sum384(append(o[:], n[:]...))
	return d[:]
}

// signToken makes the token that the reader would, and returns the signature in DER
// (ECDSA) or as it is (RSA) for the bare side.
func signToken(pair certstest.KeyPair, origin, nonce string) (raw, signature []byte, err error) {
	token := api.Token{UnverifiedCertificate: base64.StdEncoding.EncodeToString(pair.Certificate.Raw),
		Format: api.TokenFormat, AppVersion: "https://web-eid.eu/web-eid-app/releases/v2.8.0"}
	var wire []byte
	switch key := pair.Key.(type) {
	case *rsa.PrivateKey:
		token.Algorithm = "RS256"
		signature, err = key.Sign(rand.Reader, tokenDigest(certstest.RSA2048, origin, nonce), crypto.SHA256)
		wire = signature
	case *ecdsa.PrivateKey:
		token.Algorithm = "ES384"
		digest := tokenDigest(certstest.P384, origin, nonce)
		r, s, err := ecdsa.Sign(rand.Reader, key, digest)
		if err != nil {
			return nil, nil, err
		}
		wire = append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...)
		if signature, err = ecdsa.SignASN1(rand.Reader, key, digest); err != nil {
			return nil, nil, err
		}
	}
	if err != nil {
		return nil, nil, err
	}
	token.Signature = base64.StdEncoding.EncodeToString(wire)
	raw, err = json.Marshal(token)
	return raw, signature, err
}

var errBare = errors.New("bare signature does not verify")

func verifyBare(public crypto.PublicKey, digest, signature []byte) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, signature)
	case *ecdsa.PublicKey:
		if ecdsa.VerifyASN1(key, digest, signature) {
			return nil
		}
	}
	return errBare
}
