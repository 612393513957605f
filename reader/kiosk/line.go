package kiosk

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"guichet.example/reader/api"
)

// RefusedError is the portal's no.
type RefusedError struct{ State api.KioskState }

func (e RefusedError) Error() string { return "the portal says: kiosk " + string(e.State) }

// ErrOffline means that no answer came: whether the message arrived is not known.
var ErrOffline = errors.New("the portal does not answer")

// answerTime is how long an answer may take.
const answerTime = 4 * time.Second

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 4 << 10

// Line is the connection to a portal. Its fields are not changed after first use. It
// sends one message at a time: safe for concurrent use.
type Line struct {
	Portal string        // origin: "https://counter.example"
	Key    crypto.Signer // on P-256
	State  *State
	HTTP   *http.Client // nil: one of its own

	turn  chan struct{}
	nonce string
}

// Open checks the fields and readies the line.
func (l *Line) Open() error {
	u, err := url.Parse(l.Portal)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != l.Portal || u.Scheme != "https" && !loopback(u.Hostname()) {
		return fmt.Errorf("%.60q is not the origin of a portal (https://host)", l.Portal)
	}
	if _, err := public(l.Key); err != nil {
		return err
	}
	if l.HTTP == nil {
		l.HTTP = &http.Client{Timeout: answerTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	l.turn = make(chan struct{}, 1)
	return nil
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// KeyID names the key.
func (l *Line) KeyID() string {
	spki, err := public(l.Key)
	if err != nil {
		return ""
	}
	return api.KioskKeyID(spki)
}

// Pair sends the key with an administrator's code. RefusedError, ErrOffline.
func (l *Line) Pair(ctx context.Context, code string) (api.KioskAnswer, error) {
	spki, err := public(l.Key)
	if err != nil {
		return api.KioskAnswer{}, err
	}
	return l.Send(ctx, api.KioskMessage{Kind: api.KioskPair, Code: strings.TrimSpace(code), PublicKey: spki})
}

// Send signs and sends a message, whose kind and what belongs to the kind are filled in.
// One that is too old for the portal goes once more with a new nonce and a new counter.
// RefusedError, ErrOffline.
func (l *Line) Send(ctx context.Context, m api.KioskMessage) (api.KioskAnswer, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return api.KioskAnswer{}, ctx.Err()
	}
	answer, err := l.once(ctx, m)
	if refused := (RefusedError{}); errors.As(err, &refused) && refused.State == api.KioskStale {
		answer, err = l.once(ctx, m)
	}
	return answer, err
}

func (l *Line) once(ctx context.Context, m api.KioskMessage) (api.KioskAnswer, error) {
	var answer api.KioskAnswer
	if l.nonce == "" {
		var n api.KioskNonce
		if err := l.post(ctx, api.KioskNoncePath, []byte("{}"), &n); err != nil {
			return answer, err
		}
		l.nonce = n.Nonce
	}
	counter, err := l.State.Counter()
	if err != nil {
		return answer, err
	}
	m.Version, m.Origin, m.Key, m.Lease = api.KioskVersion, l.Portal, l.KeyID(), l.State.Lease()
	m.Nonce, m.Counter, l.nonce = l.nonce, counter, ""
	body, err := Sign(l.Key, m)
	if err != nil {
		return answer, err
	}
	if err := l.post(ctx, api.KioskMessagePath, body, &answer); err != nil {
		return answer, err
	}
	l.nonce = answer.Nonce
	return answer, nil
}

// Sign makes the message as it travels.
func Sign(key crypto.Signer, m api.KioskMessage) ([]byte, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	value, err := key.Sign(rand.Reader, api.KioskDigest(text), crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("signing with the key of the kiosk: %w", err)
	}
	return json.Marshal(api.KioskSigned{Message: text, Signature: value})
}

func (l *Line) post(ctx context.Context, path string, body []byte, answer any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Portal+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.GetBody = nil // never sent twice by itself: the second would repeat the counter
	resp, err := l.HTTP.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrOffline, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%w: %v", ErrOffline, err)
	}
	if resp.StatusCode == http.StatusOK {
		return json.Unmarshal(text, answer)
	}
	var refusal api.KioskRefusal
	if json.Unmarshal(text, &refusal) != nil || refusal.State == "" {
		return fmt.Errorf("%w: status %d", ErrOffline, resp.StatusCode)
	}
	l.nonce = refusal.Nonce
	return RefusedError{refusal.State}
}
