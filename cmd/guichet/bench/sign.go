package bench

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/portal/requests"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// signStore compares prepare and complete of a signature at B-B, stored durably, with
// what cannot be avoided: the bytes hashed, the issuer's and the card's signatures
// verified, a fresh OCSP answer fetched and verified, and two commits of the same
// sizes. The card's own work is counted on neither side.
func signStore(ctx context.Context) (Result, error) {
	c, err := openCounter(ctx, rand.Reader)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	s, err := c.signer(ctx)
	if err != nil {
		return Result{}, err
	}
	var ours, bare []time.Duration
	const each = 10
	for range turns {
		var a, b time.Duration
		for range each {
			one, size, err := s.sign(ctx)
			if err != nil {
				return Result{}, err
			}
			other, err := s.bare(ctx, size)
			if err != nil {
				return Result{}, err
			}
			a, b = a+one, b+other
		}
		ours, bare = append(ours, a/each), append(bare, b/each)
	}
	slices.Sort(ours)
	slices.Sort(bare)
	return against(ours[turns/2], bare[turns/2]), nil
}

// signer is the member at her card.
type signer struct {
	c     *counter
	login auth.Login
	area  *requests.Signing
}

func (c *counter) signer(ctx context.Context) (*signer, error) {
	number, err := nrn.Parse(c.card.Person.NationalNumber)
	if err != nil {
		return nil, err
	}
	member, err := c.store.MemberByNationalNumber(ctx, benchMutuality, number)
	if err != nil {
		return nil, err
	}
	holder, err := certs.HolderOf(c.card.Signature.Certificate)
	if err != nil {
		return nil, err
	}
	return &signer{c: c,
		login: auth.Login{Mutuality: benchMutuality, Member: member.ID, Name: member.Name, Language: "fr",
			Holder: holder, Method: auth.Card, Assurance: auth.High, At: time.Now(), Session: "bench"},
		area: &requests.Signing{Store: c.store, Anchors: c.services.Anchors(), Revocation: c.checker,
			Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)},
	}, nil
}

// sign freezes an order, which is not counted, then prepares and completes it. It
// returns the time of both without the card's, and the size of the signed file.
func (s *signer) sign(ctx context.Context) (time.Duration, int, error) {
	today := time.Now()
	id, err := s.area.Freeze(ctx, s.login, document.EHICOrder{
		Language: document.FR, Mutuality: benchMutualitySettings().Letterhead, Date: today,
		Member:     document.Person{Name: "Mathieu Delcourt", Birth: s.c.card.Person.Birth},
		ForPersons: []string{"Mathieu Delcourt"}, DeliverTo: []string{"Rue Hors-Château 28", "4000 Liège"},
	}, fmt.Sprint(today.UnixNano()))
	if err != nil {
		return 0, 0, fmt.Errorf("freezing: %w", err)
	}
	start := time.Now()
	toCard, err := s.area.Prepare(ctx, s.login, id, s.c.card.Signature.Certificate.Raw, nil)
	took := time.Since(start)
	if err != nil {
		return 0, 0, fmt.Errorf("preparing: %w", err)
	}
	value, err := s.c.card.Signature.Key.Sign(rand.Reader, toCard.Digest, crypto.SHA384)
	if err != nil {
		return 0, 0, err
	}
	start = time.Now()
	signed, err := s.area.Complete(ctx, s.login, id, toCard.Preparation, signing.SignatureValue(value))
	if err != nil {
		return 0, 0, fmt.Errorf("completing: %w", err)
	}
	took += time.Since(start)
	pdf, err := s.c.store.Open(ctx, s.login, signed.Document, 0)
	return took, len(pdf), err
}

// bare is the same without a counter around it.
func (s *signer) bare(ctx context.Context, size int) (time.Duration, error) {
	content := make([]byte, size)
	leaf, issuer := s.c.card.Signature.Certificate, s.c.card.Issuer
	digest := sha512.Sum384(content)
	value, err := s.c.card.Signature.Key.Sign(rand.Reader, digest[:], crypto.SHA384)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := leaf.CheckSignatureFrom(issuer); err != nil {
		return 0, err
	}
	sha512.Sum384(content)
	if _, err := s.c.bare.Put(ctx, content); err != nil {
		return 0, err
	}
	if err := verifyBare(leaf.PublicKey, digest[:], value); err != nil {
		return 0, err
	}
	if err := askStatus(ctx, leaf, issuer); err != nil {
		return 0, err
	}
	_, err = s.c.bare.Put(ctx, content, content[:200], content[:200])
	return time.Since(start), err
}

// askStatus fetches an OCSP answer and verifies it; no nonce, no cache, no breaker.
func askStatus(ctx context.Context, leaf, issuer *x509.Certificate) error {
	request, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		return err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, leaf.OCSPServer[0], bytes.NewReader(request))
	if err != nil {
		return err
	}
	post.Header.Set("Content-Type", "application/ocsp-request")
	resp, err := http.DefaultClient.Do(post)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	_, err = revocation.VerifyOCSP(raw, leaf, issuer, nil, time.Now(), time.Minute)
	return err
}
