package oidc

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// What passes the look at the header is compact and in its only spelling, go-jose reads
// it the same way: of the algorithm that was looked at, with one signature, without a key
// of its own.
func FuzzHeader(f *testing.F) {
	b64 := base64.RawURLEncoding.EncodeToString
	for _, h := range []string{`{"alg":"RS256","kid":"a","typ":"JWT"}`, `{"alg":"none"}`, `{"alg":"RS256","crit":["exp"]}`, `{"alg":"RS256","alg":"none"}`,
		`{"alg":"RS256","jwk":{"kty":"RSA"}}`, `{"ALG":"none","alg":"ES256"}`, `{"alg":"RS256","b64":false}`, `[]`, ``, `{"alg":"RS256","typ":"at+jwt"}`} {
		f.Add(b64([]byte(h)) + "." + b64([]byte(`{"sub":"a"}`)) + ".AAAA")
	}
	f.Add(`{"payload":"e30","protected":"e30","signature":""}`)
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		h, err := signed(token, acceptable)
		if err != nil {
			if h != (header{}) {
				t.Errorf("error %v with a header", err)
			}
			return
		}
		all := []jose.SignatureAlgorithm{"none", jose.HS256}
		for _, alg := range acceptable {
			all = append(all, jose.SignatureAlgorithm(alg))
		}
		jws, err := jose.ParseSignedCompact(token, all)
		if err != nil {
			return // stricter than we are
		}
		if len(jws.Signatures) != 1 || jws.Signatures[0].Header.Algorithm != h.alg || jws.Signatures[0].Header.KeyID != h.kid ||
			jws.Signatures[0].Header.JSONWebKey != nil || !slices.Contains(acceptable, h.alg) {
			t.Errorf("go-jose reads %+v, we %+v", jws.Signatures[0].Header, h)
		}
		c, err := takeApart(token, h)
		if err != nil || !bytes.Equal(c.payload, jws.UnsafePayloadWithoutVerification()) || !bytes.Equal(c.signature, jws.Signatures[0].Signature) {
			t.Errorf("go-jose finds another payload or signature; %v", err)
		}
		again, err := jws.CompactSerialize() // go-jose writes the header anew
		if err != nil || again[strings.IndexByte(again, '.'):] != token[strings.IndexByte(token, '.'):] {
			t.Errorf("the token has another spelling, %q", again)
		}
	})
}

// What parseObject accepts, encoding/json into a struct, as go-oidc does it, reads the
// same way: no key of a claim is there twice, in any spelling.
func FuzzObject(f *testing.F) {
	for _, s := range []string{`{"sub":"a","aud":["b"],"exp":1.7e9}`, `{"sub":"a","sub":"b"}`, `{"sub":"a","SUB":"b"}`, `{"a":{"b":[1,{"c":null}]}}`, `{"ſub":"b"}`,
		`{"\u0073ub":"a"}`, `{"sub":"\ud800"}`, `[]`, `{}x`, `{"exp":1e400}`, "{\"a\":\"\xff\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := parseObject(text)
		if err != nil {
			if o != nil {
				t.Error("an object with an error")
			}
			return
		}
		var other struct {
			Sub json.RawMessage `json:"sub"`
			Iss json.RawMessage `json:"iss"`
			Aud json.RawMessage `json:"aud"`
			Acr json.RawMessage `json:"acr"`
		}
		if err := json.Unmarshal(text, &other); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		for name, raw := range map[string]json.RawMessage{"sub": other.Sub, "iss": other.Iss, "aud": other.Aud, "acr": other.Acr} {
			value, there := o[name]
			if there != (raw != nil) {
				t.Fatalf("%s: we have it %v, encoding/json %s", name, there, raw)
			}
			var text string
			if bytes.HasPrefix(raw, []byte(`"`)) && json.Unmarshal(raw, &text) == nil && value != text {
				t.Errorf("%s is %q here and %q there", name, value, text)
			}
		}
		o.audiences()
		if at, _, ok := o.time("exp"); ok && !at.IsZero() && (at.Unix() < minTime || at.Unix() > maxTime) {
			t.Errorf("exp %v", at)
		}
	})
}
