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
	missing := missingModules(ctx, cards)
	if err != nil {
		return told(err, missing)
	}
	if f.reader != "" && !slices.ContainsFunc(readers, func(r reader.Reader) bool { return r.Name == f.reader }) {
		return told(fmt.Errorf("reader %q: %w", f.reader, reader.ErrNoReader), missing)
	}
	for _, path := range cards.Modules() {
		if slices.Contains(missing, path) {
			path += ": " + reader.ErrModuleMissing.Error()
		}
		fmt.Fprintf(env.Stdout, "module          %s\n", path)
	}
	for _, r := range readers {
		if f.reader != "" && f.reader != r.Name {
			continue
		}
		if err := listReader(ctx, env.Stdout, cards, r); err != nil {
			return told(err, missing)
		}
	}
	return told(nil, missing)
}

// moduleTime is what modules get to say whether they load: by then they have listed their
// readers, and one that hangs is not one that is missing.
const moduleTime = 2 * time.Second

// missingModules are those of which there is no file, or one that does not load.
func missingModules(ctx context.Context, cards *remote.Set) []string {
	ctx, cancel := context.WithTimeout(ctx, moduleTime)
	defer cancel()
	var paths []string
	for _, m := range cards.Health(ctx) {
		if errors.Is(m.Err, reader.ErrModuleMissing) {
			paths = append(paths, m.Path)
		}
	}
	return paths
}

// told is what a list ends with: also where the others saw a card, a module that is
// missing is a mistake or a broken installation.
func told(err error, missing []string) error {
	if len(missing) == 0 || errors.Is(err, reader.ErrModuleMissing) {
		return err
	}
	lost := fmt.Errorf("module %s: %w", strings.Join(missing, ", "), reader.ErrModuleMissing)
	if err == nil {
		return lost
	}
	return fmt.Errorf("%w; %w", err, lost)
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
