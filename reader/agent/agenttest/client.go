// Package agenttest plays the page of a portal, and the person in front of it, toward
// the loopback agent: over HTTP only, as a browser would, without PKCS#11. Tests and
// the journeys of the demonstration use it.
//
// [Client.Authenticate], [Client.SigningCertificate] and [Client.Sign] are the three
// calls of a page. While one runs the client follows the agent's events, opens the
// PIN page when told to, reads its form and sends what [Client.PIN] answers.
package agenttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"guichet.example/reader/api"
)

// ErrPressCancel is what Client.PIN returns to press Cancel on the PIN page.
var ErrPressCancel = errors.New("the person presses cancel")

// Client is one page of one origin.
type Client struct {
	Agent  string       // address of the agent, "http://localhost:8081"
	Origin string       // of the page, "http://localhost:8080"
	Lang   string       // "fr", "nl", "de", "en"; "": the agent chooses
	HTTP   *http.Client // nil: http.DefaultClient; its Timeout must leave time for people

	// PIN answers the PIN page each time it asks.
	PIN func(ctx context.Context, page *PINPage) (string, error)
	// Seen, if set, is told every event of the operation, in order, by one goroutine.
	Seen func(api.Event)
}

// FixedPIN answers with pin once and presses cancel when the page asks again, so
// that no second try is burnt.
func FixedPIN(pin string) func(context.Context, *PINPage) (string, error) {
	return func(_ context.Context, page *PINPage) (string, error) {
		if page.Error != "" {
			return "", ErrPressCancel
		}
		return pin, nil
	}
}

// Status asks what answers at the agent's address.
func (c *Client) Status(ctx context.Context) (api.Status, error) {
	var status api.Status
	err := c.call(ctx, http.MethodGet, api.StatusPath, nil, &status)
	return status, err
}

// Authenticate returns the JSON of a Web eID token over the client's origin and the
// nonce. An operation that the agent ended is an api.Error.
func (c *Client) Authenticate(ctx context.Context, nonce string) ([]byte, error) {
	var token json.RawMessage
	err := c.operate(ctx, api.AuthenticatePath, api.AuthenticateRequest{ChallengeNonce: nonce, Lang: c.Lang}, &token)
	return token, err
}

// SigningCertificate returns the signature certificate of the inserted card.
func (c *Client) SigningCertificate(ctx context.Context) (api.SigningCertificate, error) {
	var certificate api.SigningCertificate
	err := c.operate(ctx, api.SigningCertificatePath, api.SigningCertificateRequest{Lang: c.Lang}, &certificate)
	return certificate, err
}

// Sign returns a signature value. The client's language is used if r has none.
func (c *Client) Sign(ctx context.Context, r api.SignRequest) (api.Signature, error) {
	if r.Lang == "" {
		r.Lang = c.Lang
	}
	var signature api.Signature
	err := c.operate(ctx, api.SignPath, r, &signature)
	return signature, err
}

// Cancel ends this origin's operation, if there is one.
func (c *Client) Cancel(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, api.CancelPath, struct{}{}, nil)
}

// operate posts a request and plays the person until the answer is there.
func (c *Client) operate(ctx context.Context, path string, request, answer any) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events, err := c.Events(ctx)
	if err != nil {
		return err
	}
	play := &play{client: c}
	var wait sync.WaitGroup
	wait.Go(func() { play.follow(ctx, events) })
	err = c.call(ctx, http.MethodPost, path, request, answer)
	play.awaitEnd(err)
	cancel()
	wait.Wait()
	if err != nil && play.failed != nil {
		return errors.Join(err, play.failed)
	}
	return err
}

// play is what happens beside a request.
type play struct {
	client *Client

	mu     sync.Mutex
	latest api.State
	failed error // of the person at the PIN page
}

// follow tells of the events and answers the PIN pages they name.
func (p *play) follow(ctx context.Context, events <-chan api.Event) {
	var pages sync.WaitGroup
	defer pages.Wait()
	for event := range events {
		if p.client.Seen != nil {
			p.client.Seen(event)
		}
		p.mu.Lock()
		p.latest = event.State
		p.mu.Unlock()
		if event.State != api.PINPage || p.client.PIN == nil {
			continue
		}
		pages.Go(func() {
			err := p.client.answer(ctx, event.PINURL)
			p.mu.Lock()
			defer p.mu.Unlock()
			if err != nil && ctx.Err() == nil {
				p.failed = err
			}
		})
	}
}

// awaitEnd gives the last event, which was sent before the answer but on another
// connection, a moment to arrive.
func (p *play) awaitEnd(err error) {
	last := api.Idle
	var failure api.Error
	switch {
	case err == nil:
	case errors.As(err, &failure) && failure.Code != api.ActionPending && failure.Code != api.InvalidArgument && failure.Code != api.MissingParameter:
		last = failure.State
	default:
		return // there was no operation
	}
	for range 50 {
		p.mu.Lock()
		latest := p.latest
		p.mu.Unlock()
		if latest == last {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// answer is one person on one PIN page.
func (c *Client) answer(ctx context.Context, url string) error {
	page, err := c.OpenPIN(ctx, url)
	for err == nil && page.Asks {
		var pin string
		pin, err = c.PIN(ctx, page)
		switch {
		case errors.Is(err, ErrPressCancel):
			_, err = page.Cancel(ctx)
			return err
		case err == nil:
			page, err = page.Submit(ctx, pin)
		}
	}
	return err
}

// maxAnswer is the longest answer read, in bytes.
const maxAnswer = 64 << 10

func (c *Client) call(ctx context.Context, method, path string, request, answer any) error {
	var body io.Reader
	if request != nil {
		text, err := json.Marshal(request)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Agent, "/")+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Origin", c.Origin)
	if request != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http().Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return failure(path, res.StatusCode, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

func failure(path string, status int, body []byte) error {
	var f api.Failure
	if err := json.Unmarshal(body, &f); err != nil || f.Error.Code == "" {
		return fmt.Errorf("agent answered %s with status %d", path, status)
	}
	return f.Error
}

func (c *Client) http() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return http.DefaultClient
}
