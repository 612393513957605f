package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/doctor"
	"guichet.example/reader/kiosk"
	"guichet.example/reader/remote"
)

var errNotReady = errors.New("this kiosk is not ready")

// examine is kiosk doctor: it looks at the machine that the same flags would run.
func (f *kioskFlags) examine(ctx context.Context, env cli.Env, browser kiosk.Chromium) error {
	lang := f.speaks(os.Getenv)
	c := doctor.Config{Lang: lang, Origin: f.portal, Agent: f.listen, Kiosk: &doctor.Kiosk{
		Key: f.tryKey, Browser: f.browser, Folder: f.policyFolder(), Policy: browser.Policies(), Printer: f.prints(),
	}}
	cards, err := remote.Open(remote.Config{Modules: f.cards, Deadline: examTime})
	if err != nil {
		c.CardsErr = err
	} else {
		defer cards.Close()
		c.Cards = cards
	}
	checkup := doctor.Run(ctx, c)
	if err := printCheckup(env.Stdout, checkup, lang, f.asJSON); err != nil {
		return err
	}
	if !doctor.Ready(checkup) {
		return errNotReady
	}
	return nil
}

// tryKey opens the machine's key and lets it go. Nothing is signed: the counter of the
// kiosk's messages is the agent's.
func (f *kioskFlags) tryKey() error {
	_, done, err := f.signer(false)
	if err != nil {
		return err
	}
	return done()
}

// speaks is the language of whoever reads the terminal: -lang where it was given, as it is
// that of the screen otherwise.
func (f *kioskFlags) speaks(getenv func(string) string) string {
	if f.langGiven {
		return f.lang
	}
	return systemLang(getenv)
}

// readSecret reads a file that is its owner's alone, without the end of its line.
func readSecret(path string) (string, error) {
	text, err := kiosk.ReadPrivate(path)
	if err != nil {
		return "", fmt.Errorf("reading -pin-file: %w", err)
	}
	defer clear(text)
	return string(bytes.TrimRight(text, "\r\n")), nil
}
