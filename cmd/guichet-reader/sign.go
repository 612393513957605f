package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
)

func sign(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "sign", "guichet-reader sign [-pin-fd N | -pin terminal|pinentry|page] FILE | -hash H -hash-function SHA-384")
	var f cardFlags
	var pin pinFlags
	f.add(set)
	pin.add(set)
	given := set.String("hash", "", "the `hash` to sign, base64 or hexadecimal, instead of a file")
	function := set.String("hash-function", "", "`name` of the hash function: SHA-256, SHA-384 or SHA-512; for a file, empty: what suits the key")
	rest, err := cli.Parse(set, args)
	if err != nil {
		return err
	}
	hash, known := reader.WebEIDHash(*function)
	if *function != "" && !known {
		return fmt.Errorf("%w: -hash-function is SHA-256, SHA-384 or SHA-512", cli.ErrUsage)
	}
	var digest func(crypto.Hash) ([]byte, error)
	switch {
	case *given != "" && len(rest) == 0 && known:
		value, err := decodeHash(*given, hash)
		if err != nil {
			return err
		}
		digest = func(crypto.Hash) ([]byte, error) { return value, nil }
	case *given == "" && len(rest) == 1:
		digest = func(hash crypto.Hash) ([]byte, error) { return hashFile(rest[0], hash) }
	default:
		return fmt.Errorf("%w: give one file, or -hash and -hash-function", cli.ErrUsage)
	}
	if _, err := pin.entry("", ""); err != nil {
		return err
	}
	return f.withCard(ctx, func(ctx context.Context, card *remote.Card) error {
		value, err := signDigest(ctx, env, card, &pin, digest, hash)
		if err != nil {
			return err
		}
		return json.NewEncoder(env.Stdout).Encode(value)
	})
}

// decodeHash reads hexadecimal or base64; their lengths for one hash function differ.
func decodeHash(text string, hash crypto.Hash) ([]byte, error) {
	decode := base64.StdEncoding.DecodeString
	if len(text) == hex.EncodedLen(hash.Size()) {
		decode = hex.DecodeString
	}
	value, err := decode(text)
	if err != nil || len(value) != hash.Size() {
		return nil, fmt.Errorf("%w: -hash is not a hash of %v in base64 or hexadecimal", cli.ErrUsage, hash)
	}
	return value, nil
}

func hashFile(path string, hash crypto.Hash) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	w := hash.New()
	if _, err := io.Copy(w, file); err != nil {
		return nil, err
	}
	return w.Sum(nil), nil
}

// signDigest signs with the signature key only: the authentication key never signs a
// hash that somebody else made. Hash 0: what suits the key.
func signDigest(ctx context.Context, env cli.Env, card *remote.Card, pin *pinFlags, digest func(crypto.Hash) ([]byte, error), hash crypto.Hash) (api.Signature, error) {
	cert, err := reader.ValidCertificate(card, certs.Signature, time.Now())
	if err != nil {
		return api.Signature{}, err
	}
	if hash == 0 {
		hash = hashFor(cert.PublicKey)
	}
	hashed, err := digest(hash)
	if err != nil {
		return api.Signature{}, err
	}
	entry, err := pin.entry("", api.ShortDigest(hashed))
	if err != nil {
		return api.Signature{}, err
	}
	return reader.WebEIDSignature(cert, hash, func() ([]byte, error) {
		return card.Sign(ctx, remote.SignRequest{
			Purpose: certs.Signature, Digest: hashed, Hash: hash,
			Entry: entry, Tell: guide(env.Stderr, entry, card.Reader().Name),
		})
	})
}

// hashFor is the hash function that suits a key.
func hashFor(public crypto.PublicKey) crypto.Hash {
	if ec, ok := public.(*ecdsa.PublicKey); ok && ec.Curve.Params().BitSize == 384 {
		return crypto.SHA384
	}
	return crypto.SHA256
}
