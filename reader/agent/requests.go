package agent

import (
	"context"
	"crypto"
	"crypto/x509"
	"net/http"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
)

func (a *Agent) status(w http.ResponseWriter, _ *http.Request, _ string) {
	a.mu.Lock()
	busy := a.current != nil
	a.mu.Unlock()
	reply(w, api.Status{Agent: api.Name, Version: api.Version, Busy: busy}, nil)
}

// cancel ends the operation of the page's own origin. None being there is no error:
// it may just have ended.
func (a *Agent) cancel(w http.ResponseWriter, r *http.Request, origin string) {
	var nothing struct{}
	if err := decode(w, r, &nothing); err != nil {
		reply(w, nil, err)
		return
	}
	a.mu.Lock()
	current := a.current
	a.mu.Unlock()
	if current != nil && current.origin == origin {
		current.cancel(reader.ErrCancelled)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *Agent) authenticate(w http.ResponseWriter, r *http.Request, origin string) {
	var request api.AuthenticateRequest
	err := decode(w, r, &request)
	if err == nil {
		err = checkNonce(request.ChallengeNonce)
	}
	var o *operation
	if err == nil {
		o, err = a.begin(r, "authenticate", origin, request.Lang, certs.Authentication, "")
	}
	if err != nil {
		reply(w, nil, err)
		return
	}
	result, err := o.run(func(ctx context.Context) (any, error) {
		token, err := o.token(ctx, request.ChallengeNonce)
		if err == nil && a.config.Kiosk != nil { // else the portal would take the card for one that is out
			err = a.config.Kiosk.Told(ctx)
		}
		return token, err
	})
	reply(w, result, err)
}

func checkNonce(nonce string) error {
	if nonce == "" {
		return refusal{http.StatusBadRequest, api.Error{
			Code: api.MissingParameter, Message: "challengeNonce is missing", State: api.Technical, Tries: -1}}
	}
	if len(nonce) < reader.MinNonce || len(nonce) > reader.MaxNonce {
		return invalid("challengeNonce is not of 44 to 128 characters")
	}
	for _, b := range []byte(nonce) {
		if b <= ' ' || b > '~' {
			return invalid("challengeNonce is not plain text")
		}
	}
	return nil
}

// token makes a Web eID token over the origin of the page and its nonce.
func (o *operation) token(ctx context.Context, nonce string) (any, error) {
	card, err := o.card(ctx, func(Card) error { return nil })
	if err != nil {
		return nil, err
	}
	defer card.Close()
	certificate, err := o.valid(card)
	if err != nil {
		return nil, err
	}
	return reader.WebEIDToken(certificate, o.origin, nonce, func(digest []byte, hash crypto.Hash) ([]byte, error) {
		return o.signature(ctx, card, digest, hash)
	})
}

// valid returns the card's certificate for the operation, if its time is not over.
func (o *operation) valid(card Card) (*x509.Certificate, error) {
	return reader.ValidCertificate(card, o.purpose, o.agent.config.Now())
}

// signature has the card sign.
func (o *operation) signature(ctx context.Context, card Card, digest []byte, hash crypto.Hash) ([]byte, error) {
	return card.Sign(ctx, remote.SignRequest{
		Purpose: o.purpose, Digest: digest, Hash: hash,
		Entry: remote.Entry{Kind: remote.Page, Site: o.origin, Digest: o.digest, Lang: o.lang, Host: o.host},
		Tell:  o.progress,
	})
}
