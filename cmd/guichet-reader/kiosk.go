package main

import (
	"bufio"
	"context"
	"crypto"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/agent"
	"guichet.example/reader/api"
	"guichet.example/reader/doctor"
	"guichet.example/reader/kiosk"
	"guichet.example/reader/remote"
)

const kioskUsage = `guichet-reader kiosk pair -portal URL (-key FILE | -module M -token T -label L -state FILE)
       guichet-reader kiosk -portal URL (-key FILE | -module M -token T -label L -state FILE) [-policies FOLDER] [-dry-run]
       guichet-reader kiosk doctor, with the flags that the kiosk has [-json]`

// kioskFlags say which machine this is.
type kioskFlags struct {
	portal, key, module, token, label, pinFile, state string

	listen, lang, policies, browser, profile string
	browserUser, printer, cups               string
	cards                                    several
	noBrowser, dryRun, asJSON, langGiven     bool

	users []int // of browserUser
}

func (f *kioskFlags) add(set *flag.FlagSet) {
	set.StringVar(&f.portal, "portal", "", "origin of the portal: `https://host` (required)")
	set.StringVar(&f.key, "key", "", "`file` of the machine's key, its owner's alone; pair makes it")
	set.StringVar(&f.module, "module", "", "`path` of a PKCS#11 module that has the key, of a TPM for instance, in place of -key")
	set.StringVar(&f.token, "token", "", "`label` of the token in -module")
	set.StringVar(&f.label, "label", "", "`label` of the P-256 key pair on -token")
	set.StringVar(&f.pinFile, "pin-file", "", "`file` with the PIN of -token, its owner's alone; empty: it has none")
	set.StringVar(&f.state, "state", "", "`file` of lease and counter; empty: beside -key; never to be restored from a backup")
	set.StringVar(&f.listen, "listen", agent.DefaultListen, "loopback `address` of the agent; the portal's setting agent names it")
	set.StringVar(&f.lang, "lang", "fr", "`language` of the first screen: fr, nl, de or en")
	set.StringVar(&f.policies, "policies", "", "`folder` of Chromium's managed policies to write ours to; empty: they are there already")
	set.StringVar(&f.browser, "browser", "chromium", "`path` of Chromium")
	set.StringVar(&f.profile, "profile", "", "`folder` of the browser's data, emptied at each start; empty: one below the temporary files")
	set.Var(&f.cards, "card-module", "`path` of a PKCS#11 module of cards; without one, all that are installed; may be given more than once")
	set.StringVar(&f.browserUser, "browser-user", "", "`user` of this machine in whose session Chromium runs; the agent serves that one too; with -no-browser")
	set.StringVar(&f.printer, "printer", "default", "`queue` of CUPS that prints; default: the default one; none: this kiosk has no printer")
	set.StringVar(&f.cups, "cups", kiosk.DefaultCUPS, "`address` of CUPS: the path of its socket, or host:port of this machine")
	set.BoolVar(&f.noBrowser, "no-browser", false, "start the agent alone")
	set.BoolVar(&f.dryRun, "dry-run", false, "print the browser's command line and policies, and start nothing")
	set.BoolVar(&f.asJSON, "json", false, "doctor: print JSON")
}

func (f *kioskFlags) check() error {
	switch {
	case f.portal == "":
		return fmt.Errorf("%w: -portal is missing: whose kiosk is it?", cli.ErrUsage)
	case (f.key == "") == (f.module == ""):
		return fmt.Errorf("%w: either -key or -module: where is the machine's key?", cli.ErrUsage)
	case f.module != "" && (f.token == "" || f.label == "" || f.state == ""):
		return fmt.Errorf("%w: -module needs -token, -label and -state", cli.ErrUsage)
	}
	if f.state == "" {
		f.state = f.key + ".state"
	}
	if f.profile == "" {
		f.profile = filepath.Join(os.TempDir(), fmt.Sprintf("guichet-kiosk-%d", os.Getuid()))
	}
	if err := agent.CheckListen(f.listen); err != nil {
		return fmt.Errorf("%w: -listen: %w", cli.ErrUsage, err)
	}
	if err := kiosk.CheckCUPS(f.cups); err != nil {
		return fmt.Errorf("%w: -cups: %w", cli.ErrUsage, err)
	}
	if err := f.checkUser(); err != nil {
		return fmt.Errorf("%w: -browser-user: %w", cli.ErrUsage, err)
	}
	return checkLang(f.lang)
}

// checkUser looks the browser's user up.
func (f *kioskFlags) checkUser() error {
	if f.browserUser == "" {
		return nil
	}
	if !f.noBrowser && !f.dryRun {
		return errors.New("the agent starts no browser as another user; give -no-browser, and start Chromium in that session with the line that -dry-run prints")
	}
	found, err := user.Lookup(f.browserUser)
	if err != nil {
		return fmt.Errorf("there is no user %.40q on this machine", f.browserUser)
	}
	id, err := strconv.Atoi(found.Uid)
	if err != nil {
		return fmt.Errorf("user %.40q has no number", f.browserUser)
	}
	f.users = []int{id}
	return nil
}

// prints is the kiosk's printer, nil if it has none.
func (f *kioskFlags) prints() kiosk.Printer {
	switch f.printer {
	case "none":
		return nil
	case "default":
		return kiosk.CUPS{Address: f.cups}
	}
	return kiosk.CUPS{Address: f.cups, Name: f.printer}
}

// signer opens the machine's key; may says that one is made where there is none.
func (f *kioskFlags) signer(may bool) (crypto.Signer, func() error, error) {
	nothing := func() error { return nil }
	if f.module == "" {
		key, err := kiosk.LoadKey(f.key)
		if may && errors.Is(err, os.ErrNotExist) {
			key, err = kiosk.NewKey(f.key)
		}
		return key, nothing, err
	}
	pin := ""
	if f.pinFile != "" {
		var err error
		if pin, err = readSecret(f.pinFile); err != nil {
			return nil, nothing, err
		}
	}
	token, err := kiosk.OpenToken(f.module, f.token, f.label, pin)
	if err != nil {
		return nil, nothing, err
	}
	return token, token.Close, nil
}

func (f *kioskFlags) line(may bool) (*kiosk.Line, func() error, error) {
	key, closeKey, err := f.signer(may)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the machine's key: %w", hintAtKey(err))
	}
	line, release, err := f.lineOf(key)
	if err != nil {
		return nil, nil, errors.Join(err, closeKey())
	}
	return line, func() error { return errors.Join(release(), closeKey()) }, nil
}

// lineOf opens the line with a key, for this process alone.
func (f *kioskFlags) lineOf(key crypto.Signer) (*kiosk.Line, func() error, error) {
	release, err := kiosk.Lock(f.state)
	if err != nil {
		return nil, nil, err
	}
	state, err := kiosk.OpenState(f.state)
	line := &kiosk.Line{Portal: f.portal, Key: key, State: state}
	if err == nil {
		err = line.Open()
	}
	if err != nil {
		return nil, nil, errors.Join(err, release())
	}
	return line, release, nil
}

// hintAtKey says what to do about a key that is not there.
func hintAtKey(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w; guichet-reader kiosk pair makes it", err)
	}
	return err
}

// runKiosk makes this machine a kiosk, or pairs it.
func runKiosk(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "kiosk", kioskUsage)
	var f kioskFlags
	f.add(set)
	rest, err := cli.Parse(set, args)
	switch {
	case err != nil:
		return err
	case len(rest) > 1, len(rest) == 1 && rest[0] != "pair" && rest[0] != "doctor":
		return fmt.Errorf("%w: it takes no argument but pair or doctor", cli.ErrUsage)
	}
	what := strings.Join(rest, "")
	set.Visit(func(given *flag.Flag) { f.langGiven = f.langGiven || given.Name == "lang" })
	if err := f.check(); err != nil {
		return err
	}
	browser := kiosk.Chromium{Program: f.browser, Portal: f.portal, Agent: "http://" + f.listen, Lang: f.lang, Profile: f.profile,
		Log: slog.New(slog.NewTextHandler(env.Stderr, nil))}
	if f.dryRun {
		fmt.Fprintf(env.Stdout, "%s\n\n%s/%s:\n%s", strings.Join(browser.Command(), " "), f.policyFolder(), kiosk.PolicyFile, browser.Policies())
		return nil
	}
	if what == "doctor" {
		return f.examine(ctx, env, browser)
	}
	line, done, err := f.line(what == "pair")
	if err != nil {
		return err
	}
	defer done()
	if what == "pair" {
		return pairKiosk(ctx, env, line)
	}
	return f.serve(ctx, env, line, browser)
}

// policyFolder is where Debian's Chromium looks for managed policies, or what was given.
func (f *kioskFlags) policyFolder() string {
	if f.policies != "" {
		return f.policies
	}
	return "/etc/chromium/policies/managed"
}

// maxCodeLine bounds the line with the code, in bytes.
const maxCodeLine = 100

// pairKiosk asks for the administrator's code, on the terminal and never as an argument,
// and sends the key with it.
func pairKiosk(ctx context.Context, env cli.Env, line *kiosk.Line) error {
	fmt.Fprintf(env.Stdout, "Fingerprint of this machine's key: %s\n", api.KioskFingerprint(line.KeyID()))
	fmt.Fprint(env.Stdout, "Code from the page of kiosks at the office: ")
	code, err := bufio.NewReader(io.LimitReader(env.Stdin, maxCodeLine)).ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || code == "") {
		return fmt.Errorf("reading the code: %w", err)
	}
	answer, err := line.Pair(ctx, code)
	if refused := (kiosk.RefusedError{}); errors.As(err, &refused) && refused.State == api.KioskUnknown {
		return errors.New("the portal does not know this code, or it was used, or its time is over, or this key was paired before: make a new code")
	}
	if errors.Is(err, kiosk.ErrOffline) {
		return fmt.Errorf("%w: check -portal and the network; the code was perhaps used: if it is refused next, make a new one", err)
	}
	if err != nil {
		return fmt.Errorf("pairing: %w", err)
	}
	fmt.Fprintf(env.Stdout, "Paired as %q. Compare the fingerprint with the one on the page.\n", answer.Name)
	return nil
}

// serve runs agent, lease and browser until one of them ends for good.
func (f *kioskFlags) serve(ctx context.Context, env cli.Env, line *kiosk.Line, browser kiosk.Chromium) error {
	log := browser.Log
	cards, err := remote.Open(remote.Config{Modules: f.cards, Log: log})
	if err != nil {
		return err
	}
	defer cards.Close()
	machine := &kiosk.Machine{Line: line, Cards: agent.FromSet(cards), Printer: f.prints(), Log: log}
	a, err := agent.New(agent.Config{
		Listen: f.listen, Origins: []string{f.portal}, Cards: agent.FromSet(cards), Kiosk: machine, Users: f.users, Lang: f.lang, Log: log,
		Doctor: func(ctx context.Context, lang string) api.Checkup {
			return doctor.Run(ctx, doctor.Config{Cards: cards, Lang: lang, Serving: true})
		},
	})
	if err != nil {
		return fmt.Errorf("%w: %w", cli.ErrUsage, err)
	}
	if err := a.Listen(); err != nil {
		return err
	}
	if f.policies != "" {
		if err := browser.WritePolicies(f.policies); err != nil {
			return fmt.Errorf("writing the browser's policies: %w", err)
		}
	}
	fmt.Fprintf(env.Stdout, "guichet-reader is the kiosk of %s, agent at %s\n", f.portal, a.URL())
	browser.Agent, browser.Tell = a.URL(), machine.Tell
	parts := []func(context.Context) error{a.Serve, func(ctx context.Context) error { return f.keep(ctx, env, machine) }}
	if !f.noBrowser {
		parts = append(parts, browser.Run)
	}
	return together(ctx, parts)
}

// refusals are what staff are told when the portal ends the lease for good.
var refusals = map[api.KioskState]string{
	api.KioskUnknown:   "the portal does not know this machine's key: pair it with a code from the page of kiosks at the office",
	api.KioskSuspended: "the portal suspended this machine's key, because it was used twice or an administrator stopped it: ask at the office; to go on, make a new key and pair it",
	api.KioskRevoked:   "an administrator revoked this machine's key for good: make a new key and pair it",
}

// keep keeps the lease, and says on the terminal why it ended.
func (f *kioskFlags) keep(ctx context.Context, env cli.Env, machine *kiosk.Machine) error {
	err := machine.Run(ctx)
	if refused := (kiosk.RefusedError{}); errors.As(err, &refused) {
		fmt.Fprintf(env.Stderr, "guichet-reader kiosk: %s\n", refusals[refused.State])
	}
	return err
}

// together runs the parts until one fails or ctx ends, and then ends the others. A lease
// that the portal refuses for good does not end the machine: its screen says so.
func together(ctx context.Context, parts []func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(parts))
	for _, part := range parts {
		go func() { ended <- part(ctx) }()
	}
	var first error
	for range parts {
		err := <-ended
		refused := kiosk.RefusedError{}
		if errors.As(err, &refused) && ctx.Err() == nil {
			continue
		}
		if first == nil {
			first = err
		}
		cancel()
	}
	return first
}
