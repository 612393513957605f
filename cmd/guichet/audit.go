package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/audit"
	"guichet.example/portal/store"
)

// errAuditBroken is the verdict of `guichet audit verify`; the lines above it say
// which rows.
var errAuditBroken = errors.New("the audit trail does not hold")

// runAudit reads the trail of a store, or an export of one, without writing to it.
func runAudit(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "audit", "guichet audit verify|export (-config FILE | -db FILE|ADDRESS | -database-file FILE | -export FILE) [-heads FILE]")
	config := flags.String("config", "", "settings `file`, JSON: they say where the database is, and its heads where -heads does not")
	db := flags.String("db", "", "SQLite file of the counter, or postgres:// address without a password; it may be in use")
	addressFile := flags.String("database-file", "", "file that holds the postgres:// address of the database")
	export := flags.String("export", "", "file written by guichet audit export")
	heads := flags.String("heads", "", "file of chain heads, kept apart from the database")
	rest, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || !oneOf(*config, *db, *addressFile, *export) {
		return fmt.Errorf("%w: say verify or export, and -config, -db, -database-file or -export", cli.ErrUsage)
	}
	if *config != "" {
		settings, err := loadSettings(*config)
		if err != nil {
			return err
		}
		*db, *addressFile = auditSource(settings)
		*heads = cmp.Or(*heads, settings.auditHeads())
	}
	rows, done, err := auditRows(ctx, *db, *addressFile, *export)
	if err != nil {
		return err
	}
	defer done()
	switch rest[0] {
	case "verify":
		return verifyAudit(ctx, env, rows, *heads)
	case "export":
		return audit.Export(ctx, env.Stdout, rows)
	}
	return fmt.Errorf("%w: %q is neither verify nor export", cli.ErrUsage, rest[0])
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

// auditRows opens where the rows come from; done closes it.
func auditRows(ctx context.Context, db, addressFile, export string) (rows audit.Rows, done func(), err error) {
	if export != "" {
		f, err := os.Open(export)
		if err != nil {
			return nil, nil, err
		}
		return audit.ReadExport(f), func() { f.Close() }, nil
	}
	cfg := store.Config{Path: db, ReadOnly: true}
	if addressFile != "" {
		if cfg.Database, err = addressIn(addressFile); err != nil {
			return nil, nil, err
		}
	} else if strings.Contains(db, "://") {
		if err := checkAddress(db, false); err != nil {
			return nil, nil, fmt.Errorf("%w: -db %w", cli.ErrUsage, err)
		}
		cfg.Path, cfg.Database = "", db
	}
	opened, err := store.Open(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return opened.AuditRows, func() { opened.Close() }, nil
}

func verifyAudit(ctx context.Context, env cli.Env, rows audit.Rows, headsFile string) error {
	var anchors []audit.Anchor
	if headsFile != "" {
		var err error
		if anchors, err = audit.ReadAnchors(headsFile); err != nil {
			return fmt.Errorf("reading heads: %w", err)
		}
	}
	report, err := audit.Verify(ctx, rows, anchors)
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
	for _, fault := range report.Faults {
		fmt.Fprintln(env.Stdout, fault.Error())
	}
	if !report.Valid() {
		return errAuditBroken
	}
	fmt.Fprintln(env.Stdout, "the audit trail holds")
	return nil
}
