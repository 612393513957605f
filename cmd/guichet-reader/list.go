package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"flag"
	"fmt"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
)

var listCommand = command{
	name: "list", args: "[-module PATH]",
	summary: "Lists the card readers, the cards in them and their certificates",
	run:     list,
}

func list(ctx context.Context, p *program, set *flag.FlagSet, args []string) error {
	var f cardFlags
	f.add(set)
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageError{"it takes no arguments"}
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	module, err := f.openModule()
	if err != nil {
		return err
	}
	defer module.Close()
	readers, err := module.Readers(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "module          %s\n", module.Path())
	for _, r := range readers {
		if f.reader != "" && f.reader != r.Name {
			continue
		}
		if err := p.listReader(ctx, module, r); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) listReader(ctx context.Context, module *reader.Module, r reader.Reader) error {
	fmt.Fprintf(p.stdout, "reader          %s\n", r.Name)
	if !r.Present {
		fmt.Fprintln(p.stdout, "  card          none")
		return nil
	}
	card, err := module.CardIn(ctx, r.Name)
	if errors.Is(err, reader.ErrUnknownCard) || errors.Is(err, reader.ErrCardRemoved) || errors.Is(err, reader.ErrNoCard) {
		fmt.Fprintf(p.stdout, "  card          %v\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer card.Close()
	fmt.Fprintf(p.stdout, "  card          %s, serial %s\n", r.Label, r.Serial)
	for _, purpose := range []certs.Purpose{certs.Authentication, certs.Signature} {
		name := map[certs.Purpose]string{certs.Authentication: "signs in", certs.Signature: "signs"}[purpose]
		cert, err := card.Certificate(purpose)
		if err != nil {
			fmt.Fprintf(p.stdout, "  %-13s no certificate\n", name)
			continue
		}
		fmt.Fprintf(p.stdout, "  %-13s %s, %s, until %s\n", name, cert.Subject.CommonName,
			keyName(cert.PublicKey), cert.NotAfter.UTC().Format(time.DateOnly))
	}
	return nil
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
