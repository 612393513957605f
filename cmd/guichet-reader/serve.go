package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/agent"
	"guichet.example/reader/api"
	"guichet.example/reader/doctor"
	"guichet.example/reader/remote"
)

// several is a flag that may be given more than once.
type several []string

func (s *several) String() string { return strings.Join(*s, " ") }

func (s *several) Set(value string) error {
	*s = append(*s, value)
	return nil
}

// serve runs the loopback agent until it is interrupted. What it asks of the person it
// asks on its own page, so it needs no terminal.
func serve(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "serve", "guichet-reader serve -origin URL [-origin URL...] [-listen ADDRESS] [-module PATH...]")
	var origins, modules several
	set.Var(&modules, "module", "`path` of a PKCS#11 module; without one, all that are installed; may be given more than once, the most trusted first")
	set.Var(&origins, "origin", "`URL` of a site that may use the card: scheme, host and port; http for loopback names only; may be given more than once")
	listen := set.String("listen", agent.DefaultListen, "loopback `address` to serve; pages must know its port")
	lang := set.String("lang", systemLang(os.Getenv), "`language` of the PIN page when neither the site nor the browser says: fr, nl, de or en")
	deadline := set.Duration("deadline", agent.DefaultDeadline, "how long one operation may take, typing included")
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
	if err := agent.CheckListen(*listen); err != nil {
		return fmt.Errorf("%w: -listen: %w", cli.ErrUsage, err)
	}
	log := slog.New(slog.NewTextHandler(env.Stderr, nil))
	cards, err := remote.Open(remote.Config{Modules: modules, Log: log})
	if err != nil {
		return err
	}
	defer cards.Close()
	a, err := agent.New(agent.Config{
		Listen: *listen, Origins: origins, Cards: agent.FromSet(cards), Lang: *lang, Deadline: *deadline, Log: log,
		Doctor: func(ctx context.Context, lang string) api.Checkup {
			return doctor.Run(ctx, doctor.Config{Cards: cards, Lang: lang, Serving: true, Browsers: doctor.FindBrowsers()})
		},
	})
	if err != nil {
		return fmt.Errorf("%w: %w", cli.ErrUsage, err)
	}
	if err := a.Listen(); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "guichet-reader serves %s at %s with %s\n", origins.String(), a.URL(), strings.Join(cards.Modules(), ", "))
	return a.Serve(ctx)
}
