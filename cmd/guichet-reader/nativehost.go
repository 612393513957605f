package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/native"
	"guichet.example/reader/remote"
)

// asHost makes the command line native-host of what a browser starts a host with, so that
// a manifest may name this program itself. Chromium gives "chrome-extension://ID/" (and on
// Windows --parent-window=N), Firefox the manifest's path and its extension's id. Browsers
// in a sandbox (Snap, Flatpak) come through a portal that may give nothing at all: then
// two pipes are what tells.
func asHost(args []string, pipes func() bool) []string {
	const command = "native-host"
	switch {
	case len(args) == 1 && pipes():
		return []string{args[0], command}
	case len(args) > 1 && strings.HasPrefix(args[1], "chrome-extension://"),
		len(args) == 3 && filepath.IsAbs(args[1]) && strings.HasSuffix(args[1], ".json"):
		return append([]string{args[0], command}, args[1:]...)
	}
	return args
}

// betweenPipes reports whether a program reads from us and writes to us.
func betweenPipes() bool {
	for _, file := range []*os.File{os.Stdin, os.Stdout} {
		info, err := file.Stat()
		if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
			return false
		}
	}
	return true
}

// nativeHost serves one command of the Web eID extension. What browsers add to the command
// line is ignored: the extension says in its message which site asks.
func nativeHost(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "native-host", "guichet-reader native-host [-module PATH] [-pinentry PATH] [-lang LANG] [-log PATH]")
	module := set.String("module", "", "`path` of the PKCS#11 module; empty: all that are installed")
	pinentry := set.String("pinentry", "", "`path` of the pinentry to ask with; empty: the best one with windows; none: ask on a page in the browser")
	lang := set.String("lang", systemLang(os.Getenv), "`language` when the site names none that we have: fr, nl, de or en")
	logPath := set.String("log", "", "`file` to log to; empty: guichet-reader/native-host.log in the person's state folder; - for standard error")
	_, err := cli.Parse(set, withoutWindow(args))
	if err != nil {
		return err
	}
	out, err := claimStdout(env.Stdout)
	if err != nil {
		return err
	}
	defer out.Close()
	log, closeLog := hostLog(*logPath, env.Stderr)
	defer closeLog()
	return native.Run(ctx, native.Config{
		In: env.Stdin, Out: out, Lang: *lang, Pinentry: *pinentry, Browse: browser(log), Log: log,
		Open: func() (native.Cards, error) {
			config := remote.Config{Log: log}
			if *module != "" {
				config.Modules = []string{*module}
			}
			cards, err := remote.Open(config)
			if err != nil {
				return nil, err
			}
			return native.FromSet(cards), nil
		},
	})
}

// withoutWindow takes out what Chrome on Windows adds as a flag.
func withoutWindow(args []string) []string {
	var kept []string
	for _, arg := range args {
		if !strings.HasPrefix(arg, "--parent-window=") {
			kept = append(kept, arg)
		}
	}
	return kept
}

// systemLang is the person's language by the locale (POSIX, 8.2), if it is one of ours.
func systemLang(env func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := strings.ToLower(env(name)); value != "" {
			lang := value[:min(2, len(value))]
			if _, ours := languages[lang]; ours {
				return lang
			}
			break
		}
	}
	return "fr"
}

// browser returns what opens an address in the person's browser, nil where nothing can.
func browser(log *slog.Logger) func(address string) error {
	opener := "xdg-open"
	switch {
	case runtime.GOOS == "darwin":
		opener = "open"
	case os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return nil
	}
	path, err := exec.LookPath(opener)
	if err != nil {
		return nil
	}
	return func(address string) error {
		cmd := exec.Command(path, address)
		if err := cmd.Start(); err != nil {
			return err
		}
		go func() {
			if err := cmd.Wait(); err != nil {
				log.Error("opening a page in the browser", "program", path, "cause", err)
			}
		}()
		return nil
	}
}

// maxLog is how long a log grows, in bytes, before it makes way for a new one.
const maxLog = 1 << 20

// hostLog opens the log. Not having one is no reason not to serve: standard error, which
// browsers keep somewhere too, takes its place.
func hostLog(path string, stderr io.Writer) (log *slog.Logger, close func()) {
	to := func(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
	nothing := func() {}
	if path == "-" {
		return to(stderr), nothing
	}
	var err error
	if path == "" {
		path, err = logFile(os.Getenv)
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if info, statErr := os.Stat(path); err == nil && statErr == nil && info.Size() > maxLog {
		_ = os.Rename(path, path+".old")
	}
	var file *os.File
	if err == nil {
		file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	}
	if err != nil {
		log := to(stderr)
		log.Warn("opening the log", "cause", err)
		return log, nothing
	}
	return to(file), func() { _ = file.Close() }
}

func logFile(env func(string) string) (string, error) {
	state := env("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home := env("HOME")
		if !filepath.IsAbs(home) {
			return "", errors.New("there is no home folder")
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "guichet-reader", "native-host.log"), nil
}

// install tells browsers that this program is the host of the Web eID extension.
func install(_ context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "install", "guichet-reader install [-remove] [-all] [-browser NAME]... [-extension ID]... [-program PATH] [-force]")
	var o native.Options
	var browsers, extensions several
	remove := set.Bool("remove", false, "take our manifests away again")
	set.BoolVar(&o.All, "all", false, "for everybody on this machine (as root); else for you")
	set.Var(&browsers, "browser", "`name` of one browser: "+strings.Join(native.Browsers(), ", ")+"; may be given more than once; none: all of them")
	set.Var(&extensions, "extension", "`id` of an extension allowed beside those of the stores; may be given more than once")
	set.StringVar(&o.Program, "program", "", "absolute `path` that browsers start; empty: this program")
	set.BoolVar(&o.Force, "force", false, "write over the manifest of another program (the Web eID app, say)")
	rest, err := cli.Parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: it takes no arguments", cli.ErrUsage)
	}
	o.Browsers, o.Extensions = browsers, extensions
	if err := o.Check(); err != nil {
		return fmt.Errorf("%w: %w", cli.ErrUsage, err)
	}
	if o.Program == "" {
		if o.Program, err = os.Executable(); err != nil {
			return err
		}
	}
	work := native.Install
	if *remove {
		work = native.Remove
	}
	changes, err := work(o)
	for _, c := range changes {
		fmt.Fprintf(env.Stdout, "%-9s %-10s %s\n", c.Browser, c.Done, c.Path)
	}
	return err
}
