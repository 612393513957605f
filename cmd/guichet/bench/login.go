package bench

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"guichet.example/certs/certstest"
)

// foreseen is a source of randomness whose n-th 32 bytes are known, so that the
// tokens of the benchmark can be signed before it runs: the card's work is not ours.
type foreseen struct{ n uint64 }

func (f *foreseen) Read(p []byte) (int, error) {
	if len(p) == len(nonceBytes(0)) {
		f.n++
		return copy(p, nonceBytes(f.n)), nil
	}
	clear(p)
	return len(p), nil
}

func nonceBytes(n uint64) []byte {
	b := bytes.Repeat([]byte{0x5a}, 32)
	binary.BigEndian.PutUint64(b, n)
	return b
}

// logins is how many tokens are signed beforehand.
const logins = 4000

// cardLogin compares a whole card login - challenge, token, session, through the
// counter's middleware and store - with its unavoidable operations in a loop: two
// verifications and three commits.
func cardLogin(ctx context.Context) (Result, error) {
	source := &foreseen{}
	c, err := openCounter(ctx, source)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	tokens, signature, digest, err := c.tokens(logins)
	if err != nil {
		return Result{}, err
	}
	ours := func() error { _, err := c.login(ctx, source, tokens); return err }
	row := bytes.Repeat([]byte{1}, 200)
	bare := func() error {
		id, err := c.bare.Put(ctx, row)
		if err != nil {
			return err
		}
		if err := c.bare.Remove(ctx, id); err != nil {
			return err
		}
		leaf := c.card.Authentication.Certificate
		if err := leaf.CheckSignatureFrom(c.card.Issuer); err != nil {
			return err
		}
		if err := verifyBare(leaf.PublicKey, digest, signature); err != nil {
			return err
		}
		_, err = c.bare.Put(ctx, row, row)
		return err
	}
	a, b, err := compare(ctx, 100*time.Millisecond, ours, bare)
	return against(a, b), err
}

// tokens signs a token for each nonce that the counter is going to hand out.
func (c *counter) tokens(count int) (tokens [][]byte, signature, digest []byte, err error) {
	tokens = make([][]byte, count+1)
	for n := uint64(1); n <= uint64(count); n++ {
		nonce := base64.StdEncoding.EncodeToString(nonceBytes(n))
		if tokens[n], signature, err = signToken(c.card.Authentication, benchOrigin, nonce); err != nil {
			return nil, nil, nil, err
		}
		digest = tokenDigest(certstest.P384, benchOrigin, nonce)
	}
	return tokens, signature, digest, nil
}

// login signs in and returns the cookies of the session.
func (c *counter) login(ctx context.Context, source *foreseen, tokens [][]byte) ([]*http.Cookie, error) {
	challenge := c.ask(ctx, http.MethodPost, "/fr/sign-in/card/challenge", "application/json", "{}", nil)
	if challenge.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("challenge: %s", challenge.Status)
	}
	if source.n >= uint64(len(tokens)) {
		return nil, errors.New("no more tokens signed beforehand")
	}
	entered := c.ask(ctx, http.MethodPost, "/fr/sign-in/card", "application/json", string(tokens[source.n]), challenge.Cookies())
	if entered.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(entered.Body)
		return nil, fmt.Errorf("login: %s: %s", entered.Status, body)
	}
	return entered.Cookies(), nil
}
