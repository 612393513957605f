package check

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"guichet.example/signing"
	"guichet.example/signing/document"
)

func seed(word string) func(string) []byte {
	return func(purpose string) []byte {
		sum := sha256.Sum256([]byte(word + purpose))
		return sum[:]
	}
}

func TestKeys(t *testing.T) {
	for _, n := range []int{-1, 0, maxKeys + 1} {
		if _, err := NewKeys(seed("a"), n); err == nil {
			t.Errorf("%d keys are made", n)
		}
	}
	one, err := NewKeys(seed("a"), 1)
	if err != nil {
		t.Fatal(err)
	}
	two, err := NewKeys(seed("a"), 2)
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewKeys(seed("b"), 1)
	if err != nil {
		t.Fatal(err)
	}
	p := document.CheckPayload{Issuer: "test", Date: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Reference: "GC-2026-4K7P-118", Code: 7}
	signed, err := p.Sign(one[0])
	if err != nil {
		t.Fatal(err)
	}
	if !one.Verify(signed) || !two.Verify(signed) {
		t.Error("paper signed under the first key is not good after a change of key")
	}
	if other.Verify(signed) {
		t.Error("another counter's keys verify")
	}
	bent := signed
	bent.Reference = "GC-2026-4K7P-119"
	if one.Verify(bent) {
		t.Error("another reference verifies")
	}
	text, err := two.PEM()
	block, rest := pem.Decode(text)
	if err != nil || block == nil {
		t.Fatalf("PEM: %v", err)
	}
	newest, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil || !two[1].PublicKey.Equal(newest) {
		t.Errorf("the first of the published keys is not the newest: %v", err)
	}
	block, rest = pem.Decode(rest)
	if block == nil || len(rest) > 0 || bytes.Contains(text, []byte("PRIVATE")) {
		t.Fatal("not two public keys")
	}
	if oldest, err := x509.ParsePKIXPublicKey(block.Bytes); err != nil || signed.Verify(oldest.(*ecdsa.PublicKey)) != nil {
		t.Error("paper cannot be checked with the published key alone")
	}
}

// An answer that an older server sealed opens at a newer one, in the middle of an upgrade.
func TestAnswerOfOldServer(t *testing.T) {
	s, err := NewAnswers(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	a, ok := s.open("VlQfN-UadcJryFqEG2h1KaRThnEyCpiT4uvACgmjB_8yuR-0ZcIYODrV65k8PBGFTy0HYQ76FSrE0Pjy03Y0a2hTLNIYjdPI0jSjHYVTT-70QBWMsU29PioGCTNAaIRvdoBe"+
		"5nHSvCNvOCAW_scwCkNYh8JohOx3z44BHXfhyTuM7-Pmy5aeBS5iK7uWu-17uD3pNcNNy0g3rO8EsxHcO4NhXytfpMjV9Ql4n94uT-Kpf3qdnIj6XaIuezjWqpxJi1-ung_S"+
		"YQs_L5JE-mYrIQzdGX4oa6gFWPdfLGpStnEuc8Zjrs2jbp6TXYT19Q0I45u70MiuplzrdFrKOsZbQhqF6LHIRDRuMIv0nUbDnV1alSe7ff6Q5YKwnqlKWw-cbpzUikOrGSQd"+
		"UvsItSh5UnPtXfIykQOk7YgJ_l4BwZbq5J0m117tifz7XYmaKYYOlXbKcBRcjpbNkV1s", time.Unix(1793527200, 0))
	if !ok || !a.Found || a.Reference != "GC-2026-ZGTJ-381" || a.Kind != document.KindBankChange || !bytes.Equal(a.Digest, bytes.Repeat([]byte{1}, 32)) {
		t.Errorf("open = %+v, %v", a, ok)
	}
}

func TestAnswers(t *testing.T) {
	s, err := NewAnswers(seed("a")("answers"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	known := answer{Found: true, At: now.Unix(), Reference: strings.Repeat("R", maxReference), Kind: document.KindBankChange,
		Created: now.Unix(), Digest: make([]byte, 32), Sentence: signing.ValidToday}
	unknown := answer{At: now.Unix(), Reference: "X"}
	long, err := s.seal(known)
	if err != nil {
		t.Fatal(err)
	}
	short, err := s.seal(unknown)
	if err != nil || len(short) != len(long) || len(long) > maxAnswer {
		t.Errorf("addresses of %d and %d characters: %v", len(short), len(long), err)
	}
	if a, ok := s.open(long, now.Add(answerLife-time.Second)); !ok || a.Reference != known.Reference || !a.Found {
		t.Errorf("open = %v, %v", a, ok)
	}
	other, err := NewAnswers(seed("b")("answers"))
	if err != nil {
		t.Fatal(err)
	}
	bent := []byte(long)
	bent[20] ^= 1
	for name, token := range map[string]string{"empty": "", "bent": string(bent), "longer": long + "A", "too long": strings.Repeat("A", 1<<20), "cut": long[:len(long)-4]} {
		if _, ok := s.open(token, now); ok {
			t.Errorf("%s: an answer opens", name)
		}
	}
	if _, ok := other.open(long, now); ok {
		t.Error("another counter's answer opens")
	}
	if _, ok := s.open(long, now.Add(answerLife)); ok {
		t.Error("an old answer opens")
	}
}
