package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
)

// errUnfit means that this set-up cannot serve members; the rows say why.
var errUnfit = errors.New("this set-up is not fit to go live")

// fitness is how a row of the check stands.
type fitness string

const (
	fit     fitness = "ok"
	doubt   fitness = "warn" // it can serve, and somebody should look
	failing fitness = "fail" // members could not finish what they begin, or it could be lost
)

// row is one line of the check: what it is about, how it stands, a sentence, and what to do.
type row struct {
	Row   string  `json:"row"`
	State fitness `json:"state"`
	Says  string  `json:"says"`
	Do    string  `json:"do,omitempty"`
}

func good(format string, args ...any) row { return row{State: fit, Says: fmt.Sprintf(format, args...)} }
func weak(do, format string, args ...any) row {
	return row{State: doubt, Do: do, Says: fmt.Sprintf(format, args...)}
}
func bad(do, format string, args ...any) row {
	return row{State: failing, Do: do, Says: fmt.Sprintf(format, args...)}
}

// about is the row under another name than that of the part that wrote it.
func (r row) about(name string) row {
	r.Row = name
	return r
}

// Bounds of the check.
const (
	clockApart = 60 * time.Second    // from the timestamp service: more, and nothing is signed
	endsSoon   = 60 * 24 * time.Hour // of a certificate that somebody must order anew
	onePart    = 25 * time.Second
)

// checkup looks at one set-up.
type checkup struct {
	s       *Settings
	log     *slog.Logger
	anchors *certs.TrustAnchors // nil if they cannot be read
}

// part is a few rows that belong together.
type part struct {
	name string
	look func(context.Context) []row
}

func runCheck(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "check", "guichet check [-json] -config FILE")
	asJSON := flags.Bool("json", false, "one JSON object a line")
	s, _, err := settingsOf(flags, args, 0)
	if err != nil {
		return err
	}
	rows := checkAll(ctx, s, slog.New(slog.DiscardHandler))
	encoder := json.NewEncoder(env.Stdout)
	failed := false
	for _, r := range rows {
		failed = failed || r.State == failing
		if *asJSON {
			err = errors.Join(err, encoder.Encode(r))
			continue
		}
		fmt.Fprintf(env.Stdout, "%-4s  %-11s %s\n", r.State, r.Row, r.Says)
		if r.Do != "" {
			fmt.Fprintf(env.Stdout, "%-17s %s\n", "", r.Do)
		}
	}
	if err == nil && failed {
		err = errUnfit
	}
	return err
}

// checkAll is every row, in an order in which the first that fails explains most. The
// database is looked at, neither made nor migrated; what is outside is asked at once.
func checkAll(ctx context.Context, s *Settings, log *slog.Logger) []row {
	c := &checkup{s: s, log: log}
	var rows []row
	for _, p := range []part{{"keys", c.keys}, {"database", c.database}, {"audit", c.audit}, {"origin", c.origin}, {"tls", c.tls}, {"connections", c.connections},
		{"profile", c.profile}, {"features", c.features}, {"trust", c.trust}} {
		rows = append(rows, p.rows(ctx)...)
	}
	outside := []part{{"timestamps", c.timestamps}, {"revocation", c.revocation}, {"seal", c.seal}, {"mail", c.mail}, {"federation", c.federation}, {"objects", c.objects}}
	found := make([][]row, len(outside))
	var all sync.WaitGroup
	for i, p := range outside {
		all.Go(func() { found[i] = p.rows(ctx) })
	}
	all.Wait()
	for _, more := range found {
		rows = append(rows, more...)
	}
	return rows
}

func (p part) rows(ctx context.Context) []row {
	ctx, cancel := context.WithTimeout(ctx, onePart)
	defer cancel()
	rows := p.look(ctx)
	for i := range rows {
		if rows[i].Row == "" {
			rows[i].Row = p.name
		}
	}
	return rows
}

// fitToServe refuses to start a live counter that cannot finish what members begin, in the
// words of the check. One that is not live is served as it is, unseen by the check: it may
// have no services at all.
func fitToServe(ctx context.Context, s *Settings, log *slog.Logger) error {
	if !s.Live {
		return nil
	}
	var all strings.Builder
	for _, r := range checkAll(ctx, s, log) {
		switch r.State {
		case failing:
			fmt.Fprintf(&all, "\n  %s: %s %s", r.Row, r.Says, r.Do)
		case doubt:
			log.Warn("this set-up has a weak point", "row", r.Row, "says", r.Says, "do", r.Do)
		}
	}
	if all.Len() == 0 {
		return nil
	}
	return fmt.Errorf("%w; guichet check says this too:%s", errUnfit, all.String())
}
