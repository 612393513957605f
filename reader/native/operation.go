package native

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
)

// operation is one command that needs a card.
type operation struct {
	Config
	request request
	text    *text
	dialog  dialog
	cards   Cards
	agreed  []byte // certificate for whose use, or name, the person has agreed
}

func (o *operation) run(ctx context.Context) (any, error) {
	work, fits := o.token, o.authenticates
	switch o.request.command {
	case getCertificate:
		work, fits = o.certificate, o.signs
	case sign:
		work, fits = o.signature, o.isWanted
	}
	w := o.watch(ctx)
	defer w.end()
	for {
		card, err := w.card(ctx, fits)
		if err != nil {
			return nil, err
		}
		answer, err := work(ctx, card)
		_ = card.Close()
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, reader.ErrCardRemoved):
			w.removed = true
			continue
		case errors.Is(err, reader.ErrCardBusy):
			if err := o.dialog.Confirm(ctx, o.text.waiting(o.request.origin, api.CardBusy), o.text.again, o.text.cancel); err != nil {
				return nil, err
			}
			continue
		}
		return answer, err
	}
}

// errOtherCard means the inserted card is not the one whose certificate is to sign.
var errOtherCard = errors.New("another card is inserted")

func (o *operation) authenticates(c Card) error {
	_, err := c.Certificate(certs.Authentication)
	return err
}

func (o *operation) signs(c Card) error {
	_, err := c.Certificate(certs.Signature)
	return err
}

// isWanted compares byte for byte: the site has prepared a document for that certificate.
func (o *operation) isWanted(c Card) error {
	has, err := c.Certificate(certs.Signature)
	if errors.Is(err, reader.ErrNoSignatureCertificate) || err == nil && !bytes.Equal(has.Raw, o.request.certificate.Raw) {
		return errOtherCard
	}
	return err
}

// valid returns the card's certificate, if its time is not over.
func (o *operation) valid(card Card, p certs.Purpose) (*x509.Certificate, error) {
	return reader.ValidCertificate(card, p, o.Now())
}

// token makes a Web eID token over the origin and the nonce.
func (o *operation) token(ctx context.Context, card Card) (any, error) {
	certificate, err := o.valid(card, certs.Authentication)
	if err != nil {
		return nil, err
	}
	return reader.WebEIDToken(certificate, o.request.origin, o.request.nonce, func(digest []byte, hash crypto.Hash) ([]byte, error) {
		return o.value(ctx, card, certs.Authentication, certificate, digest, hash)
	})
}

// certificate hands out the signature certificate, which holds a name and a national
// number: only when the person agrees.
func (o *operation) certificate(ctx context.Context, card Card) (any, error) {
	certificate, err := o.valid(card, certs.Signature)
	if err != nil {
		return nil, err
	}
	algorithms, err := reader.WebEIDAlgorithms(certificate.PublicKey)
	if err != nil {
		return nil, err
	}
	if err := o.agree(ctx, certificate, o.text.consent(o.request.origin, certificate), o.text.handOut); err != nil {
		return nil, err
	}
	return api.SigningCertificate{
		Certificate:                  base64.StdEncoding.EncodeToString(certificate.Raw),
		SupportedSignatureAlgorithms: algorithms,
	}, nil
}

func (o *operation) signature(ctx context.Context, card Card) (any, error) {
	certificate, err := o.valid(card, certs.Signature)
	if err != nil {
		return nil, err
	}
	return reader.WebEIDSignature(certificate, o.request.hash, func() ([]byte, error) {
		return o.value(ctx, card, certs.Signature, certificate, o.request.digest, o.request.hash)
	})
}

// value has the card sign, as the person types the PIN in one place: on the keypad or in
// the middleware's window, which do not name the site, so that is asked before; else in
// pinentry or on the page of the child, which do.
func (o *operation) value(ctx context.Context, card Card, p certs.Purpose, c *x509.Certificate, digest []byte, hash crypto.Hash) ([]byte, error) {
	state, err := card.PINState(ctx)
	if err != nil {
		return nil, err
	}
	if state.Tries == 0 {
		return nil, reader.ErrPINBlocked
	}
	short := ""
	if p == certs.Signature {
		short = api.ShortDigest(digest)
	}
	if state.Place != reader.Typed {
		if err := o.agree(ctx, c, o.text.before(o.request.origin, p, short, state.Place), o.text.goOn); err != nil {
			return nil, err
		}
	}
	entry := o.dialog.entry()
	entry.Site, entry.Digest, entry.Lang = o.request.origin, short, o.text.lang
	opened := ""
	return card.Sign(ctx, remote.SignRequest{Purpose: p, Digest: digest, Hash: hash, Entry: entry,
		Tell: func(now remote.Progress) {
			if now.URL == "" || now.URL == opened || o.Browse == nil {
				return
			}
			opened = now.URL
			if err := o.Browse(now.URL); err != nil {
				o.Log.Error("opening the page for the PIN in a browser", "cause", err)
			}
		}})
}

// agree asks once for each certificate, however often its card is put back.
func (o *operation) agree(ctx context.Context, c *x509.Certificate, question, yes string) error {
	if bytes.Equal(o.agreed, c.Raw) {
		return nil
	}
	if err := o.dialog.Confirm(ctx, question, yes, o.text.cancel); err != nil {
		return err
	}
	o.agreed = c.Raw
	return nil
}
