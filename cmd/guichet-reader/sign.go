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

	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
)

// hashes are the functions that Belgian cards sign, by their Web eID names.
var hashes = map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}

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
	if _, known := hashes[*function]; *function != "" && !known {
		return fmt.Errorf("%w: -hash-function is SHA-256, SHA-384 or SHA-512", cli.ErrUsage)
	}
	var digest func(name string) ([]byte, error)
	switch {
	case *given != "" && len(rest) == 0 && *function != "":
		value, err := decodeHash(*given, hashes[*function])
		if err != nil {
			return err
		}
		digest = func(string) ([]byte, error) { return value, nil }
	case *given == "" && len(rest) == 1:
		digest = func(name string) ([]byte, error) { return hashFile(rest[0], hashes[name]) }
	default:
		return fmt.Errorf("%w: give one file, or -hash and -hash-function", cli.ErrUsage)
	}
	if _, err := pin.entry("", ""); err != nil {
		return err
	}
	return f.withCard(ctx, func(ctx context.Context, card *remote.Card) error {
		value, err := signDigest(ctx, env, card, &pin, digest, *function)
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
// hash that somebody else made.
func signDigest(ctx context.Context, env cli.Env, card *remote.Card, pin *pinFlags, digest func(string) ([]byte, error), function string) (api.Signature, error) {
	cert, err := card.Certificate(certs.Signature)
	if err != nil {
		return api.Signature{}, err
	}
	algorithm := algorithmFor(cert.PublicKey, function)
	hashed, err := digest(algorithm.HashFunction)
	if err != nil {
		return api.Signature{}, err
	}
	entry, err := pin.entry("", api.ShortDigest(hashed))
	if err != nil {
		return api.Signature{}, err
	}
	value, err := card.Sign(ctx, remote.SignRequest{
		Purpose: certs.Signature, Digest: hashed, Hash: hashes[algorithm.HashFunction],
		Entry: entry, Tell: guide(env.Stderr, entry, card.Reader().Name),
	})
	if err != nil {
		return api.Signature{}, err
	}
	if value, err = reader.RawECDSA(value, cert.PublicKey); err != nil {
		return api.Signature{}, err
	}
	return api.Signature{Signature: base64.StdEncoding.EncodeToString(value), SignatureAlgorithm: algorithm}, nil
}

// algorithmFor names the algorithm of a key with a hash function; "": what suits the key.
func algorithmFor(public crypto.PublicKey, function string) api.SignatureAlgorithm {
	algorithm := api.SignatureAlgorithm{CryptoAlgorithm: "RSA", HashFunction: function, PaddingScheme: "PKCS1.5"}
	if ec, ok := public.(*ecdsa.PublicKey); ok {
		algorithm.CryptoAlgorithm, algorithm.PaddingScheme = "ECC", "NONE"
		if function == "" && ec.Curve.Params().BitSize == 384 {
			algorithm.HashFunction = "SHA-384"
		}
	}
	if algorithm.HashFunction == "" {
		algorithm.HashFunction = "SHA-256"
	}
	return algorithm
}
