package main

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
)

func authenticate(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "authenticate", "guichet-reader authenticate -origin URL -nonce N [-pin-fd N | -pin terminal|pinentry|page]")
	var f cardFlags
	var pin pinFlags
	f.add(set)
	pin.add(set)
	origin := set.String("origin", "", "`URL` of the site: scheme, host and port; http for loopback names only")
	nonce := set.String("nonce", "", "the challenge `text` of the site, 44 to 128 characters")
	rest, err := cli.Parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: it takes no arguments", cli.ErrUsage)
	}
	if *origin == "" {
		return fmt.Errorf("%w: -origin is missing: which site is the token for?", cli.ErrUsage)
	}
	if err := webeid.CheckOrigin(*origin, true); err != nil {
		return fmt.Errorf("%w: -origin: %w", cli.ErrUsage, err)
	}
	if len(*nonce) < reader.MinNonce || len(*nonce) > reader.MaxNonce {
		return fmt.Errorf("%w: -nonce has %d to %d characters", cli.ErrUsage, reader.MinNonce, reader.MaxNonce)
	}
	entry, err := pin.entry(*origin, "")
	if err != nil {
		return err
	}
	return f.withCard(ctx, func(ctx context.Context, card *remote.Card) error {
		token, err := makeToken(ctx, card, entry, guide(env.Stderr, entry, card.Reader().Name), *origin, *nonce)
		if err != nil {
			return err
		}
		return json.NewEncoder(env.Stdout).Encode(token)
	})
}

func makeToken(ctx context.Context, card *remote.Card, entry remote.Entry, tell func(remote.Progress), origin, nonce string) (api.Token, error) {
	cert, err := reader.ValidCertificate(card, certs.Authentication, time.Now())
	if err != nil {
		return api.Token{}, err
	}
	return reader.WebEIDToken(cert, origin, nonce, func(digest []byte, hash crypto.Hash) ([]byte, error) {
		return card.Sign(ctx, remote.SignRequest{
			Purpose: certs.Authentication, Digest: digest, Hash: hash, Entry: entry, Tell: tell,
		})
	})
}
