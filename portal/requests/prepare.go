package requests

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/portal/locale"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// Algorithm is a signature algorithm that the card offers, in the words of Web eID.
type Algorithm struct {
	CryptoAlgorithm string `json:"cryptoAlgorithm"` // "ECC" or "RSA"
	HashFunction    string `json:"hashFunction"`    // "SHA-384"
	PaddingScheme   string `json:"paddingScheme"`   // "NONE" or "PKCS1.5"
}

// ToCard is what the card is asked to sign.
type ToCard struct {
	Preparation  string
	Digest       []byte
	HashFunction string // "SHA-256", "SHA-384" or "SHA-512"
}

// Prepare checks the card's signature certificate and makes the request ready for it:
// the bytes to be signed are fixed and stored, and the answer is the digest for the
// card. Offered may be empty: not every program says what the card can do.
//
// The error is ErrNotFound or a *Problem.
func (s *Signing) Prepare(ctx context.Context, login auth.Login, id string, certificate []byte, offered []Algorithm) (ToCard, error) {
	c, err := s.prepare(ctx, login, id, certificate, offered)
	return c, s.refuse(ctx, login, id, err)
}

func (s *Signing) prepare(ctx context.Context, login auth.Login, id string, certificate []byte, offered []Algorithm) (ToCard, error) {
	r, err := s.Store.RequestForCard(ctx, login, id)
	if err != nil {
		return ToCard{}, err
	}
	if r.State != ToSign {
		return ToCard{}, early{ErrNotOpen}
	}
	if err := intact(r); err != nil {
		return ToCard{}, early{err}
	}
	now := s.Now()
	path, err := s.signer(login, certificate, now)
	if err != nil {
		return ToCard{}, err
	}
	if _, err := s.Revocation.Check(ctx, path); err != nil {
		return ToCard{}, fmt.Errorf("status before signing: %w", err)
	}
	prepared, err := signing.Prepare(signing.Request{
		PDF: r.PDF, Path: path, At: now.Truncate(time.Second), Mark: markOf(r, path[0], now),
	})
	if err != nil {
		return ToCard{}, fmt.Errorf("preparing: %w", err)
	}
	if err := asFrozen(r, prepared.PDF); err != nil {
		return ToCard{}, early{err}
	}
	if err := offers(offered, path[0], prepared.Hash); err != nil {
		return ToCard{}, err
	}
	pid, err := newPreparationID(s.Rand)
	if err != nil {
		return ToCard{}, err
	}
	err = s.Store.Prepare(ctx, login, Preparation{
		ID: pid, Request: r.ID, Revision: r.Revision, Expires: now.Add(PreparationLife), Prepared: prepared,
	})
	if err != nil {
		return ToCard{}, fmt.Errorf("storing a preparation: %w", err)
	}
	return ToCard{Preparation: pid, Digest: prepared.Digest, HashFunction: prepared.Hash.String()}, nil
}

// signer checks the certificate of a card: its purpose, that it is the card of the
// person who signed in, and its path. What costs nothing comes first; nobody else's
// certificate status is asked for.
func (s *Signing) signer(login auth.Login, der []byte, at time.Time, candidates ...*x509.Certificate) (certs.Path, error) {
	cert, err := certs.Parse(der)
	if err != nil {
		return nil, err
	}
	if err := certs.Signature.Check(cert); err != nil {
		return nil, err
	}
	holder, err := certs.HolderOf(cert)
	if err != nil {
		return nil, err
	}
	if !holder.Is(login.Holder) {
		return nil, ErrWrongPerson
	}
	return s.Anchors.Path(cert, certs.Signature, at, candidates...)
}

// offers reports whether the card can sign with the hash that was prepared.
func offers(list []Algorithm, cert *x509.Certificate, hash crypto.Hash) error {
	if len(list) == 0 {
		return nil
	}
	want := Algorithm{CryptoAlgorithm: "ECC", HashFunction: hash.String(), PaddingScheme: "NONE"}
	if cert.PublicKeyAlgorithm == x509.RSA {
		want = Algorithm{CryptoAlgorithm: "RSA", HashFunction: hash.String(), PaddingScheme: "PKCS1.5"}
	}
	for _, a := range list {
		if a == want {
			return nil
		}
	}
	return fmt.Errorf("%w: %s with %s", ErrAlgorithm, want.CryptoAlgorithm, want.HashFunction)
}

// markOf is the visible signature, in the language of the document; none on what others
// drew, where it could cover something.
func markOf(r Request, cert *x509.Certificate, at time.Time) signing.Mark {
	if OfPaper(r.Act.Kind()) {
		return signing.Mark{}
	}
	holder, _ := certs.HolderOf(cert)
	l := locale.Language(languageOf(r.Act))
	lines := locale.T(l, "requests.mark", locale.A("name", holder.Name()),
		locale.A("date", locale.DateTime(l, at)))
	return signing.Mark{Page: r.Mark.Page, Rect: r.Mark.Rect, Lines: strings.Split(lines, "\n")}
}

func languageOf(act document.Act) document.Language { return act.Head().Language }
