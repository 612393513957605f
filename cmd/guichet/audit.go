package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/audit"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
)

// errAuditBroken is the verdict of `guichet audit verify`; the lines above it say
// which rows.
var errAuditBroken = errors.New("the audit trail does not hold")

// runAudit reads the trail of a store, or an export of one, without writing to it.
func runAudit(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "audit", "guichet audit verify|export (-config FILE | -db FILE|ADDRESS | -database-file FILE | -export FILE) [-heads FILE] [-keys FOLDER]")
	config := flags.String("config", "", "settings `file`, JSON: they say where the database is, and its heads and keys where -heads and -keys do not")
	db := flags.String("db", "", "SQLite file of the counter, or postgres:// address without a password; it may be in use")
	addressFile := flags.String("database-file", "", "file that holds the postgres:// address of the database")
	export := flags.String("export", "", "file written by guichet audit export")
	heads := flags.String("heads", "", "file of chain heads, kept apart from the database")
	keyFolder := flags.String("keys", "", "`folder` of the counter's keys, under which the chains in the database are marked")
	rest, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || !oneOf(*config, *db, *addressFile, *export) {
		return fmt.Errorf("%w: say verify or export, and -config, -db, -database-file or -export", cli.ErrUsage)
	}
	if rest[0] != "verify" && rest[0] != "export" {
		return fmt.Errorf("%w: %q is neither verify nor export", cli.ErrUsage, rest[0])
	}
	var trail auditTrail
	if *keyFolder != "" {
		if trail.keys, err = vault.LoadKeys(*keyFolder); err != nil {
			return err
		}
	}
	if *config != "" {
		settings, err := loadSettings(*config)
		if err != nil {
			return err
		}
		*db, *addressFile = auditSource(settings)
		*heads = cmp.Or(*heads, settings.auditHeads())
		if trail.keys == nil { // an auditor may read all but the keys
			trail.keys, trail.noKeys = vault.LoadKeys(settings.Keys)
		}
	}
	if err := trail.open(ctx, *db, *addressFile, *export); err != nil {
		return err
	}
	defer trail.close()
	if rest[0] == "export" {
		return audit.Export(ctx, env.Stdout, trail.rows)
	}
	return trail.verify(ctx, env, *heads)
}

// auditSource is where the settings say that the trail is: the file or address of the
// database, or the file that holds the address.
func auditSource(s *Settings) (db, addressFile string) {
	switch {
	case s.DatabaseFile != "":
		return "", s.DatabaseFile
	case s.Database != "":
		return s.Database, ""
	}
	return filepath.Join(s.Data, "guichet.db"), ""
}

// oneOf tells whether exactly one text is given.
func oneOf(texts ...string) bool {
	given := 0
	for _, text := range texts {
		if text != "" {
			given++
		}
	}
	return given == 1
}

// auditTrail is where the rows come from.
type auditTrail struct {
	keys   *vault.Keys // nil: marks are not looked at
	noKeys error       // why there are none
	db     *store.DB   // nil with an export
	export *os.File
	rows   audit.Rows
}

func (a *auditTrail) open(ctx context.Context, db, addressFile, export string) (err error) {
	if export != "" {
		if a.export, err = os.Open(export); err != nil {
			return err
		}
		a.rows = audit.ReadExport(a.export)
		return nil
	}
	cfg := store.Config{Path: db, ReadOnly: true, Keys: a.keys}
	if addressFile != "" {
		if cfg.Database, err = addressIn(addressFile); err != nil {
			return err
		}
	} else if strings.Contains(db, "://") {
		if err := checkAddress(db, false); err != nil {
			return fmt.Errorf("%w: -db %w", cli.ErrUsage, err)
		}
		cfg.Path, cfg.Database = "", db
	}
	if a.db, err = store.Open(ctx, cfg); err != nil {
		return err
	}
	a.rows = a.db.AuditRows
	return nil
}

func (a *auditTrail) close() {
	if a.db != nil {
		a.db.Close()
		return
	}
	a.export.Close()
}

func (a *auditTrail) verify(ctx context.Context, env cli.Env, headsFile string) error {
	var anchors []audit.Anchor
	var err error
	if headsFile != "" {
		if anchors, err = audit.ReadAnchors(headsFile); err != nil {
			return fmt.Errorf("reading heads: %w", err)
		}
	}
	var report audit.Report
	marked := false
	if a.db != nil {
		report, marked, err = a.db.VerifyAudit(ctx, anchors)
	} else {
		report, err = audit.Verify(ctx, a.rows, anchors)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%d rows in %d chains, %d anchors\n", report.Rows, report.Chains, report.Anchors)
	for _, head := range report.Heads {
		fmt.Fprintf(env.Stdout, "head %s %d %x\n", head.Chain, head.Seq, head.Hash)
	}
	for _, chain := range report.Unnamed {
		fmt.Fprintf(env.Stdout, "no head names chain %s: it is another server's, or made by nobody of ours\n", chain)
	}
	fmt.Fprintln(env.Stdout, "marks: "+a.marks(report, marked))
	for _, chain := range report.Vouched.Unmarked {
		fmt.Fprintf(env.Stdout, "chain %s has no mark: it is an older program's, and holds up to its last head\n", chain)
	}
	for _, fault := range report.Faults {
		fmt.Fprintln(env.Stdout, fault.Error())
	}
	if !report.Valid() {
		return errAuditBroken
	}
	fmt.Fprintln(env.Stdout, "the audit trail holds")
	return nil
}

// marks says what of the trail is bound to the key.
func (a *auditTrail) marks(report audit.Report, marked bool) string {
	vouched := report.Vouched
	switch {
	case a.db == nil:
		return "none in an export, its rows are held against heads alone"
	case a.keys == nil && a.noKeys != nil:
		return "not looked at, as the keys are not at hand: " + a.noKeys.Error()
	case a.keys == nil:
		return "not looked at, -keys says where the keys are"
	case !marked:
		return "none, the database is as an older program left it"
	case vouched.From == "":
		return "no chain is bound to the key"
	}
	return fmt.Sprintf("%d chains are bound to the key, from %s of %s on; %d chains are not", vouched.Chains, vouched.From,
		vouched.Since.Format(time.RFC3339), report.Chains-vouched.Chains)
}
