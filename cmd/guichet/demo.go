package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"strings"

	"guichet.example/cmd/guichet/demo"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/profile"
	"guichet.example/reader/agent"
)

func runDemo(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "demo", "guichet demo [-listen ADDR] [-tls] [-once] [-journey NAME] [-out DIR]")
	cfg := demo.Config{Stdout: env.Stdout}
	flags.StringVar(&cfg.Listen, "listen", "localhost:8080", "address of the counter, loopback only")
	flags.StringVar(&cfg.Agent, "agent", "localhost:8081", "address of the card agent and its PIN page, loopback only; none: members use the Web eID extension (with -tls)")
	flags.StringVar(&cfg.Provider, "provider", "127.0.0.1:8082", "address of the federal provider's stand-in, loopback only")
	flags.StringVar(&cfg.Data, "data", "", "folder to keep the demo in (default: a temporary one, removed at the end)")
	flags.StringVar(&cfg.Database, "database", "", "postgres:// `address` of an empty database, without a password (default: a SQLite file)")
	flags.StringVar(&cfg.Out, "out", "", "folder for the signed documents and, in trust/, the trust anchors")
	flags.StringVar(&cfg.Profile, "profile", "", "how members get in: "+strings.Join(profile.IDs(), ", ")+" (default: that of the journey, or emut)")
	flags.StringVar(&cfg.Journey, "journey", "card", "journey to walk: "+strings.Join(demo.Names(), ", "))
	flags.DurationVar(&cfg.Deadline, "deadline", agent.DefaultDeadline, "how long the card waits for its holder")
	flags.BoolVar(&cfg.Once, "once", false, "end after the journey")
	withTLS := flags.Bool("tls", false, "serve https with a certificate made now, to try the official extension")
	verbose := flags.Bool("v", false, "log requests to standard error")
	rest, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: %q is not a flag", cli.ErrUsage, rest[0])
	}
	if cfg.Database != "" {
		if err := checkAddress(cfg.Database, false); err != nil {
			return fmt.Errorf("%w: -database %w", cli.ErrUsage, err)
		}
	}
	if *withTLS {
		certificate, err := demo.SelfSigned(cfg.Listen)
		if err != nil {
			return err
		}
		cfg.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	if cfg.Once {
		cfg.Listen = portZero(flags, "listen", cfg.Listen)
		cfg.Provider = portZero(flags, "provider", cfg.Provider)
		if cfg.Agent != demo.NoAgent {
			cfg.Agent = portZero(flags, "agent", cfg.Agent)
		}
	}
	if *verbose {
		cfg.Log = slog.New(slog.NewTextHandler(env.Stderr, nil))
	}
	return demo.Run(ctx, cfg)
}
