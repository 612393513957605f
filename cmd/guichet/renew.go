package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/jobs"
	"guichet.example/portal/renewal"
	"guichet.example/portal/rescue"
	"guichet.example/portal/store"
	"guichet.example/signing"
)

// renewLease is how long one document is ours: longer than an attempt takes.
const renewLease = 90 * time.Second

// ArchiveSettings say how what is signed lasts.
type ArchiveSettings struct {
	// Level is what documents are raised to where there is a timestamp service: "B-LT" or
	// "B-LTA". Empty: B-LTA.
	Level string `json:"level"`
	// RenewBefore is how long before its archive timestamp runs out a document gets
	// another. Empty: 4320h, which is 180 days.
	RenewBefore *Duration `json:"renew_before"`
	// PerMinute is how many documents are renewed in a minute at most. Empty: 600.
	PerMinute int `json:"per_minute"`
}

func (a ArchiveSettings) check() error {
	switch {
	case a.Level != "" && a.Level != "B-LT" && a.Level != "B-LTA":
		return errors.New(`"archive.level" is "B-LT" or "B-LTA"`)
	case a.PerMinute < 0:
		return errors.New(`"archive.per_minute" is negative`)
	}
	return nil
}

func (a ArchiveSettings) level() signing.Level {
	if a.Level == "B-LT" {
		return signing.LevelLT
	}
	return signing.LevelLTA
}

// renewReport is the line that a run ends with.
type renewReport struct {
	Renewed int      `json:"renewed"`
	NotDue  int      `json:"not_due"`  // looked at or not
	TooLate int      `json:"too_late"` // nothing shows any more that they were there in time
	Failed  int      `json:"failed"`   // tried again by the server, where that can help
	Busy    int      `json:"busy"`     // somebody else has them
	Seconds float64  `json:"seconds"`
	Causes  []string `json:"causes,omitempty"`
}

// errNotRenewed means that some documents were not renewed; the report says which.
var errNotRenewed = errors.New("some documents were not renewed")

func runRenew(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "renew", "guichet renew [-all] [-dry-run] [-member ID] -config FILE")
	all := flags.Bool("all", false, "documents that are not due too, but for those stamped in the last day")
	dry := flags.Bool("dry-run", false, "only say how many there are")
	member := flags.String("member", "", "documents of the member with that `ID` alone")
	s, _, err := settingsOf(flags, args, 0)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if len(s.Timestamps) == 0 || s.Archive.level() < signing.LevelLTA {
		return errors.New(`nothing is renewed: "timestamps" names no service, or "archive.level" is not B-LTA`)
	}
	db, err := openStore(ctx, s, log)
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := newRenewer(s, db, log)
	if err != nil {
		return err
	}
	window := renewal.Window{Now: time.Now(), Before: r.Margin(), Member: auth.MemberID(*member), All: *all}
	report, err := renewAll(ctx, r, window, *dry, progressTo(env.Stderr))
	if err != nil {
		return err
	}
	if err := json.NewEncoder(env.Stdout).Encode(report); err != nil {
		return err
	}
	if report.Failed+report.TooLate+report.Busy > 0 {
		return errNotRenewed
	}
	return nil
}

func newRenewer(s *Settings, db *store.DB, log *slog.Logger) (*renewal.Renewer, error) {
	outside, err := newServices(s, log)
	if err != nil {
		return nil, err
	}
	return &renewal.Renewer{
		Store: db, Jobs: db, Mutuality: s.Mutuality.ID, Trust: signing.Trust{Anchors: outside.anchors},
		Extender: &signing.Extender{TSA: outside.tsa, Revocation: outside.status, Anchors: outside.anchors},
		Before:   s.Archive.RenewBefore.or(0), PerMinute: s.Archive.PerMinute, Now: time.Now, Log: log,
	}, nil
}

// renewAll takes one document after the other. Killed at any time, it is simply started
// again: what it did is not due any more, what it had in hand is free when its lease ends.
func renewAll(ctx context.Context, r *renewal.Renewer, w renewal.Window, dry bool, progress func(done, of int)) (*renewReport, error) {
	began := time.Now()
	list, err := dueOf(ctx, r, w)
	if err != nil {
		return nil, err
	}
	known, _, err := r.Store.CountRenewals(ctx, r.Mutuality, w.Member)
	if err != nil {
		return nil, err
	}
	report := &renewReport{NotDue: int(known) - len(list)}
	if dry {
		report.Causes = []string{fmt.Sprintf("dry run: %d documents would be renewed", len(list))}
		return report, nil
	}
	for i, n := range list {
		progress(i, len(list))
		if err := renewOne(ctx, r, n, report); err != nil {
			return nil, err
		}
	}
	progress(len(list), len(list))
	report.Seconds = time.Since(began).Round(time.Millisecond).Seconds()
	return report, nil
}

func dueOf(ctx context.Context, r *renewal.Renewer, w renewal.Window) ([]renewal.Name, error) {
	var list []renewal.Name
	var last renewal.Name
	for {
		page, err := r.Store.DueRenewals(ctx, r.Mutuality, w, last, 100)
		if err != nil || len(page) == 0 {
			return list, err
		}
		list, last = append(list, page...), page[len(page)-1]
	}
}

func renewOne(ctx context.Context, r *renewal.Renewer, n renewal.Name, report *renewReport) error {
	j, err := r.Store.LeaseRenewal(ctx, r.Mutuality, n, renewLease)
	var o renewal.Outcome
	if err == nil {
		o, err = r.Renew(ctx, j)
	}
	switch {
	case errors.Is(err, jobs.ErrLeaseLost):
		report.Busy++
		return nil
	case errors.Is(err, jobs.ErrNotFound):
		return nil // gone meanwhile
	case err != nil:
		return err
	case o.Cause == "" && o.PDF != nil:
		report.Renewed++
		return nil
	case o.Cause == "":
		report.NotDue++
		return nil
	}
	if cause, _ := rescue.Split(o.Cause); cause == rescue.Late {
		report.TooLate++
	} else {
		report.Failed++
	}
	report.Causes = append(report.Causes, "document "+o.ID+": "+o.Cause)
	return nil
}

// progressTo draws a bar where that is a terminal, and nothing elsewhere.
func progressTo(w io.Writer) func(done, of int) {
	f, ok := w.(*os.File)
	if ok {
		info, err := f.Stat()
		ok = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if !ok {
		return func(int, int) {}
	}
	const width = 40
	return func(done, of int) {
		full := width
		if of > 0 {
			full = width * done / of
		}
		fmt.Fprintf(f, "\r[%s%s] %d/%d", strings.Repeat("#", full), strings.Repeat(".", width-full), done, of)
		if done == of {
			fmt.Fprintln(f)
		}
	}
}
