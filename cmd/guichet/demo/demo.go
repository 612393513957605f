// Package demo runs the whole of Guichet on one machine with made-up people: the
// counter, the loopback agent with a reader and cards in SoftHSM2, and the
// authorities that issued the cards (OCSP, CRL, timestamps). It walks named journeys
// over real HTTP and PKCS#11, and it has a desk where a visitor puts cards in and
// takes them out.
//
// Nothing of it is wired by `guichet serve`: it binds loopback addresses only, and
// its keys and PINs are no secret.
package demo

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"guichet.example/portal/feature"
)

// Config of a demo.
type Config struct {
	Listen   string        // address of the counter, loopback: "localhost:8080"
	Agent    string        // address of the agent, loopback: "localhost:8081"
	Provider string        // address of the federal provider's stand-in, loopback; empty: a free port
	Services string        // address of the authorities, loopback; empty: a free port
	TLS      *tls.Config   // serve https with it; nil: http
	Database string        // postgres:// address of the store; empty: a file in Data
	Data     string        // folder to keep things in; empty: a temporary one, removed at the end
	Out      string        // folder for signed documents and trust anchors; empty: none
	Profile  string        // of the mutuality: how members get in; empty: that of the journey, or the default
	Off      feature.Off   // what the mutuality does without; empty: nothing
	Journey  string        // to walk first; empty: "card"
	Once     bool          // end after the journey
	Deadline time.Duration // of one operation of the agent, people included; 0: agent.DefaultDeadline
	Stdout   io.Writer
	Log      *slog.Logger // nil: nothing is logged
}

func (c Config) scheme() string {
	if c.TLS != nil {
		return "https"
	}
	return "http"
}

// Run builds the demo, walks the journey and, unless Once, stays until ctx ends.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Journey == "" {
		cfg.Journey = "card"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Data == "" {
		dir, err := os.MkdirTemp("", "guichet-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		cfg.Data = dir
	}
	if cfg.Out != "" {
		if err := os.MkdirAll(cfg.Out, 0o700); err != nil {
			return err
		}
	}
	if cfg.Once && cfg.Agent == NoAgent {
		return errors.New("a journey needs the agent")
	}
	w, err := build(ctx, cfg, cfg.Log)
	defer w.close()
	if err != nil {
		return err
	}
	if w.agent == nil {
		w.inviteExtension(cfg.Stdout)
		<-ctx.Done()
		return nil
	}
	if err := w.walk(ctx, cfg); err != nil || cfg.Once {
		return err
	}
	w.invite(cfg.Stdout)
	<-ctx.Done()
	fmt.Fprintln(cfg.Stdout, "\nstopped")
	return nil
}

func (w *world) walk(ctx context.Context, cfg Config) error {
	j, err := w.journey(cfg.Stdout, cfg.Out)
	if err != nil {
		return err
	}
	fmt.Fprintf(cfg.Stdout, "journey %s\n", cfg.Journey)
	if err := j.run(ctx, cfg.Journey); err != nil {
		return fmt.Errorf("journey %s: %w", cfg.Journey, err)
	}
	fmt.Fprintf(cfg.Stdout, "journey %s: done\n", cfg.Journey)
	return nil
}

// invite says where to go from here.
func (w *world) invite(out io.Writer) {
	_, port, err := net.SplitHostPort(w.listener.Addr().String())
	_, agentPort, err2 := net.SplitHostPort(hostOf(w.agent.URL()))
	_, providerPort, err3 := net.SplitHostPort(hostOf(w.standIn.address))
	if errors.Join(err, err2, err3) != nil {
		return
	}
	fmt.Fprintf(out, `
The counter is open:      %s
Cards in and out, mail:   %s/desk
A kiosk to try:           %s/desk#kiosk
Card agent and PIN page:  %s
Federal provider:         %s (a stand-in: choose who you are)
The PIN of every card:    %s

From another machine:     ssh -L %s:localhost:%s -L %s:localhost:%s -L %s:%s THIS-MACHINE
Ctrl-C ends it.
`, w.origin, w.origin, w.origin, w.agent.URL(), w.standIn.address, PIN, port, port, agentPort, agentPort, providerPort, hostOf(w.standIn.address))
	w.listPasswords(out)
	if !w.desk.CanMove() {
		fmt.Fprintln(out, "There is no stand-in for a card reader here, so the cards stay in.")
	}
}
