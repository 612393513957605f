package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/agent"
	"guichet.example/reader/api"
	"guichet.example/reader/doctor"
	"guichet.example/reader/remote"
)

// examTime is what a module gets for a call before it counts as hanging.
const examTime = 4 * time.Second

var errNoSignIn = errors.New("a sign-in with the card would not work here")

// examine is the command doctor.
func examine(ctx context.Context, env cli.Env, args []string) error {
	set := cli.Flags(env, "doctor", "guichet-reader doctor [-json] [-lang fr|nl|de|en] [-origin URL] [-module PATH]\n       guichet-reader doctor -explain CODE")
	module := set.String("module", "", "`path` of the only PKCS#11 module to look at; empty: all that are installed")
	asJSON := set.Bool("json", false, "print JSON")
	lang := set.String("lang", systemLang(os.Getenv), "`language`: fr, nl, de or en")
	origin := set.String("origin", "", "`URL` of the site that does not work: compare the clock with its, and see whether it may use the card")
	listen := set.String("listen", agent.DefaultListen, "loopback `address` where pages look for the agent")
	explain := set.String("explain", "", "tell what the support `code` says, and look at nothing")
	rest, err := cli.Parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: it takes no arguments", cli.ErrUsage)
	}
	if err := checkLang(*lang); err != nil {
		return err
	}
	if *explain != "" {
		return explainCode(env.Stdout, *explain, *lang)
	}
	if *origin != "" && !isOrigin(*origin) {
		return fmt.Errorf("%w: -origin %.60q is not scheme://host or scheme://host:port", cli.ErrUsage, *origin)
	}
	if err := agent.CheckListen(*listen); err != nil {
		return fmt.Errorf("%w: -listen: %w", cli.ErrUsage, err)
	}
	c := doctor.Config{Lang: *lang, Origin: *origin, Agent: *listen, Browsers: doctor.FindBrowsers()}
	cards, err := remote.Open(remote.Config{Modules: named(*module), Deadline: examTime})
	if err != nil {
		c.CardsErr = err
		if *module != "" { // it is the one to speak of, whatever else is installed
			c.System.Modules = func() []string { return named(*module) }
		}
	} else {
		defer cards.Close()
		c.Cards = cards
	}
	checkup := doctor.Run(ctx, c)
	if err := printCheckup(env.Stdout, checkup, *lang, *asJSON); err != nil {
		return err
	}
	if !doctor.Works(checkup) {
		return errNoSignIn
	}
	return nil
}

func named(module string) []string {
	if module == "" {
		return nil
	}
	return []string{module}
}

// isOrigin accepts a scheme, host and port, with which a page can come.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.Scheme+"://"+u.Host == s
}

func printCheckup(w io.Writer, c api.Checkup, lang string, asJSON bool) error {
	if asJSON {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(c)
	}
	printChecks(w, c.Checks, lang)
	_, err := fmt.Fprintf(w, "\n%s  %s\n", doctor.CodeWord(lang), c.Code)
	return err
}

// signs stand before the words, for eyes that run down the list.
var signs = map[api.CheckOutcome]string{api.CheckPassed: "✔", api.CheckFailed: "✘", api.CheckWarning: "!", api.CheckUnknown: "?"}

// printChecks prints a table: sign, what was looked at, how it is; beneath, what was
// found and what to do.
func printChecks(w io.Writer, checks []api.Check, lang string) {
	width := 0
	for _, c := range checks {
		width = max(width, utf8.RuneCountInString(c.Title))
	}
	for _, c := range checks {
		gap := strings.Repeat(" ", width-utf8.RuneCountInString(c.Title))
		fmt.Fprintf(w, "%s  %s%s  %s\n", signs[c.Outcome], c.Title, gap, doctor.Word(c.Outcome, lang))
		fmt.Fprintf(w, "     %s\n", c.Finding)
		if c.Next != "" {
			fmt.Fprintf(w, "     → %s\n", c.Next)
		}
	}
}

func explainCode(w io.Writer, code, lang string) error {
	report, err := doctor.ParseCode(code)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "guichet-reader %s, %s\n\n", report.Version, report.System)
	printChecks(w, report.Checks(lang), lang)
	return nil
}
