package signing

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"guichet.example/certs"
	"guichet.example/signing/internal/cms"
	"guichet.example/signing/internal/tsp"
)

// ErrNoTimestamp means no timestamping authority gave a token that holds. The wrapping
// error says what each of them did.
var ErrNoTimestamp = errors.New("no timestamp")

// TSAConfig says which timestamping authorities to ask and whom to believe.
type TSAConfig struct {
	// URLs are asked in this order until one gives a token that holds. At least one.
	URLs []string
	// Client fetches; redirects are refused whatever it says. Nil: a client of its own.
	Client *http.Client
	// Anchors end the path of the authority's certificate. Required.
	Anchors *certs.TrustAnchors
	// Now is the clock that genTime is compared with. Nil: time.Now.
	Now func() time.Time
	// Rand makes the nonce. Nil: crypto/rand.
	Rand io.Reader
	// Timeout is for one authority. Zero: 5 seconds.
	Timeout time.Duration
	// Skew is how far genTime may be from Now, either way. Zero: 5 minutes.
	Skew time.Duration
}

// TSA asks timestamping authorities (RFC 3161). Safe for concurrent use.
type TSA struct {
	config TSAConfig
	paths  servicePaths
}

// NewTSA checks the configuration and fills in what is left out.
func NewTSA(c TSAConfig) (*TSA, error) {
	if len(c.URLs) == 0 || c.Anchors == nil {
		return nil, errors.New("a timestamping authority and its trust anchors are needed")
	}
	for _, raw := range c.URLs {
		if u, err := url.Parse(raw); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("timestamping authority %q is no http or https address", raw)
		}
	}
	c.URLs = slices.Clone(c.URLs)
	if c.Client == nil {
		c.Client = &http.Client{}
	}
	client := *c.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Client = &client
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	c.Timeout = cmp.Or(c.Timeout, 5*time.Second)
	c.Skew = cmp.Or(c.Skew, 5*time.Minute)
	return &TSA{config: c}, nil
}

// Stamp returns a DER timestamp token over the digest, made with SHA-256, and its time.
// The authorities are asked in order; the first whose token holds is taken. A token
// holds if it answers this request (imprint, nonce), verifies, comes from a certificate
// that may stamp and leads to an anchor at genTime, and genTime is near our clock.
//
// Error: ErrNoTimestamp, which wraps what each authority did.
func (t *TSA) Stamp(ctx context.Context, digest [32]byte) ([]byte, time.Time, error) {
	token, err := t.stamp(ctx, digest, nil)
	if err != nil {
		return nil, time.Time{}, err
	}
	return token.Raw, token.Time, nil
}

// stamp is Stamp. What it finds out about the token is remembered in k, which may be nil.
func (t *TSA) stamp(ctx context.Context, digest [32]byte, k *cms.Known) (*tsp.Token, error) {
	var failures []error
	for _, address := range t.config.URLs {
		token, err := t.ask(ctx, address, digest, k)
		if err == nil {
			return token, nil
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrNoTimestamp, errors.Join(failures...))
}

// ask gets one token from one authority and checks it.
func (t *TSA) ask(ctx context.Context, address string, digest [32]byte, k *cms.Known) (*tsp.Token, error) {
	var nonce [8]byte
	if _, err := io.ReadFull(t.config.Rand, nonce[:]); err != nil {
		return nil, fmt.Errorf("making a nonce: %w", err)
	}
	request := tsp.Request{Digest: digest, Nonce: new(big.Int).SetBytes(nonce[:])}
	answer, err := t.post(ctx, address, request.Marshal())
	if err != nil {
		return nil, err
	}
	raw, err := tsp.ParseResponse(answer)
	if err != nil {
		return nil, err
	}
	token, err := tsp.Parse(raw)
	if err != nil {
		return nil, err
	}
	if err := request.Answered(token); err != nil {
		return nil, err
	}
	signer, others, err := token.Verify(k)
	if err != nil {
		return nil, fmt.Errorf("timestamp token: %w", err)
	}
	if _, err := t.paths.path(t.config.Anchors, signer, token.Time, others...); err != nil {
		return nil, fmt.Errorf("path of the timestamping authority: %w", err)
	}
	if off := token.Time.Sub(t.config.Now()).Abs(); off > t.config.Skew {
		return nil, fmt.Errorf("clock of the timestamping authority is off by %v", off.Round(time.Second))
	}
	return token, nil
}

// post sends the request and reads an answer of bounded size (RFC 3161, 3.4).
func (t *TSA) post(ctx context.Context, address string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, t.config.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/timestamp-query")
	response, err := t.config.Client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking a timestamping authority: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("timestamping authority answered %s", response.Status)
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind != "application/timestamp-reply" {
		return nil, errors.New("timestamping authority answered with another content type")
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, tsp.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading a timestamp: %w", err)
	}
	return answer, nil
}
