package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
	"guichet.example/reader"
	"guichet.example/reader/remote"
)

func list(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "list", "guichet-reader list [-module PATH]...")
	var f cardFlags
	f.add(set)
	rest, err := cli.Parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: it takes no arguments", cli.ErrUsage)
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	cards, err := remote.Open(remote.Config{Modules: f.modules})
	if err != nil {
		return err
	}
	defer cards.Close()
	readers, err := cards.Readers(ctx)
	if err != nil {
		return err
	}
	if f.reader != "" && !slices.ContainsFunc(readers, func(r reader.Reader) bool { return r.Name == f.reader }) {
		return fmt.Errorf("reader %q: %w", f.reader, reader.ErrNoReader)
	}
	for _, path := range cards.Modules() {
		fmt.Fprintf(env.Stdout, "module          %s\n", path)
	}
	for _, r := range readers {
		if f.reader != "" && f.reader != r.Name {
			continue
		}
		if err := listReader(ctx, env.Stdout, cards, r); err != nil {
			return err
		}
	}
	return nil
}

func listReader(ctx context.Context, w io.Writer, cards *remote.Set, r reader.Reader) error {
	fmt.Fprintf(w, "reader          %s\n", visible(r.Name))
	if !r.Present {
		fmt.Fprintln(w, "  card          none")
		return nil
	}
	card, err := cards.CardIn(ctx, r.Name)
	if errors.Is(err, reader.ErrUnknownCard) || errors.Is(err, reader.ErrCardRemoved) || errors.Is(err, reader.ErrNoCard) {
		fmt.Fprintf(w, "  card          %v\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer card.Close()
	fmt.Fprintf(w, "  card          %s, serial %s\n", visible(r.Label), visible(r.Serial))
	if len(cards.Modules()) > 1 {
		fmt.Fprintf(w, "  through       %s\n", card.Module())
	}
	for _, purpose := range []certs.Purpose{certs.Authentication, certs.Signature} {
		name := map[certs.Purpose]string{certs.Authentication: "signs in", certs.Signature: "signs"}[purpose]
		cert, err := card.Certificate(purpose)
		if err != nil {
			fmt.Fprintf(w, "  %-13s no certificate\n", name)
			continue
		}
		until := "until"
		if time.Now().After(cert.NotAfter) {
			until = "expired on"
		}
		fmt.Fprintf(w, "  %-13s %s, %s, %s %s\n", name, visible(cert.Subject.CommonName),
			keyName(cert.PublicKey), until, cert.NotAfter.UTC().Format(time.DateOnly))
	}
	return nil
}

// visible is a text that a reader or a card chose, without what a terminal would obey.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

func keyName(public crypto.PublicKey) string {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return key.Curve.Params().Name
	}
	return fmt.Sprintf("%T", public)
}
