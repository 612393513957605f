package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"strings"

	"guichet.example/reader/agent"
)

var serveCommand = command{
	name: "serve", args: "-origin URL [-origin URL...] [-listen ADDRESS] [-module PATH]",
	summary: "Lets web pages of the named sites use the card, over HTTP on this machine",
	run:     serve,
}

// originList is a flag that may be given more than once.
type originList []string

func (l *originList) String() string { return strings.Join(*l, " ") }

func (l *originList) Set(origin string) error {
	*l = append(*l, origin)
	return nil
}

// serve runs the loopback agent until it is interrupted. What it asks of the person it
// asks on its own page, so it needs no terminal.
func serve(ctx context.Context, p *program, set *flag.FlagSet, args []string) error {
	var f cardFlags
	var origins originList
	set.StringVar(&f.module, "module", "", "`path` of the PKCS#11 module; empty: the first one installed")
	set.Var(&origins, "origin", "`URL` of a site that may use the card: scheme, host and port; http for loopback names only; may be given more than once")
	listen := set.String("listen", agent.DefaultListen, "loopback `address` to serve; pages must know its port")
	lang := set.String("lang", "fr", "`language` of the PIN page when neither the site nor the browser says: fr, nl, de or en")
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) > 0:
		return usageError{"it takes no arguments"}
	case len(origins) == 0:
		return usageError{"-origin is missing: which site may use the card?"}
	}
	module, err := f.openModule()
	if err != nil {
		return err
	}
	defer module.Close()
	a, err := agent.New(agent.Config{
		Listen: *listen, Origins: origins, Cards: agent.FromModule(module), Lang: *lang,
		Log: slog.New(slog.NewTextHandler(p.stderr, nil)),
	})
	if err != nil {
		return usageError{err.Error()}
	}
	if err := a.Listen(); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "guichet-reader serves %s at %s with %s\n", origins.String(), a.URL(), module.Path())
	return a.Serve(ctx)
}
