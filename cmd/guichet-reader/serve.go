package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/agent"
)

// originList is a flag that may be given more than once.
type originList []string

func (l *originList) String() string { return strings.Join(*l, " ") }

func (l *originList) Set(origin string) error {
	*l = append(*l, origin)
	return nil
}

// serve runs the loopback agent until it is interrupted. What it asks of the person it
// asks on its own page, so it needs no terminal.
func serve(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "serve", "guichet-reader serve -origin URL [-origin URL...] [-listen ADDRESS] [-module PATH]")
	var f cardFlags
	var origins originList
	set.StringVar(&f.module, "module", "", "`path` of the PKCS#11 module; empty: the first one installed")
	set.Var(&origins, "origin", "`URL` of a site that may use the card: scheme, host and port; http for loopback names only; may be given more than once")
	listen := set.String("listen", agent.DefaultListen, "loopback `address` to serve; pages must know its port")
	lang := set.String("lang", "fr", "`language` of the PIN page when neither the site nor the browser says: fr, nl, de or en")
	rest, err := cli.Parse(set, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%w: it takes no arguments", cli.ErrUsage)
	case len(origins) == 0:
		return fmt.Errorf("%w: -origin is missing: which site may use the card?", cli.ErrUsage)
	}
	module, err := f.openModule()
	if err != nil {
		return err
	}
	defer module.Close()
	a, err := agent.New(agent.Config{
		Listen: *listen, Origins: origins, Cards: agent.FromModule(module), Lang: *lang,
		Log: slog.New(slog.NewTextHandler(env.Stderr, nil)),
	})
	if err != nil {
		return fmt.Errorf("%w: %w", cli.ErrUsage, err)
	}
	if err := a.Listen(); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "guichet-reader serves %s at %s with %s\n", origins.String(), a.URL(), module.Path())
	return a.Serve(ctx)
}
