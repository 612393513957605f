package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/timeid"
)

// maxRejects is how many wrong lines of a file are kept; the others are counted.
const maxRejects = 1000

// importCache is the page cache of SQLite, in KiB, while a file is taken in: rows go all
// over indexes that are larger than what the store holds in memory else.
const importCache = 64 << 10

// widen sets the page cache of the connection that writes.
func (db *DB) widen(t *tx, kib int) error {
	if _, ok := db.engine.(*sqlite); !ok {
		return nil
	}
	return run(t.conn, "PRAGMA cache_size=-"+strconv.Itoa(kib))
}

// BeginImport notes that a file is being taken in. One that was cut short comes back with
// how far it got; one that was taken in to its end begins again, and changes nothing
// unless something else did meanwhile. So does one that was cut short and is complete now:
// what is in of it was not taken for all there is.
func (db *DB) BeginImport(ctx context.Context, mutuality string, i core.Import) (core.Import, error) {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		if err := db.widen(t, importCache); err != nil {
			return err
		}
		had, err := importOf(t.conn, `WHERE mutuality = ? AND kind = ? AND sha256 = ?`, mutuality, string(i.Kind), i.SHA256[:])
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return db.addImport(t, mutuality, &i)
		case err != nil:
			return err
		}
		i.ID = had.ID
		if had.State == core.ImportRunning && had.Complete == i.Complete {
			had.File, had.AsOf = i.File, i.AsOf
			i = had
			_, err := t.exec(`UPDATE imports SET file = ?, as_of = ? WHERE mutuality = ? AND import = ?`,
				i.File, micros(i.AsOf), mutuality, i.ID)
			return err
		}
		if err := remember(t, mutuality, had); err != nil {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM import_rejects WHERE mutuality = ? AND import = ?`, `DELETE FROM imports WHERE mutuality = ? AND import = ?`,
		} {
			if _, err := t.exec(statement, mutuality, i.ID); err != nil {
				return err
			}
		}
		return db.addImport(t, mutuality, &i)
	})
	if err != nil {
		return core.Import{}, fmt.Errorf("beginning import: %w", err)
	}
	return i, nil
}

func (db *DB) addImport(t *tx, mutuality string, i *core.Import) (err error) {
	now := db.cfg.Now()
	if i.ID, err = timeid.New(now, db.cfg.Rand); err != nil {
		return err
	}
	i.State, i.Started = core.ImportRunning, fromMicros(micros(now))
	_, err = t.exec(`
		INSERT INTO imports (mutuality, import, kind, file, sha256, as_of, state, done_bytes, done_lines, added, changed, unchanged, rejected, started_at, complete)
		VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?)`,
		mutuality, i.ID, string(i.Kind), i.File, i.SHA256[:], micros(i.AsOf), string(i.State), micros(now), number(i.Complete))
	return err
}

// LoadPart is Load for the next lines of a file: how far it got is in the same commit.
func (db *DB) LoadPart(ctx context.Context, mutuality, id string, part core.Part) (core.Outcome, error) {
	return db.loadWith(ctx, mutuality, part.Batch, func(t *tx, out core.Outcome) error {
		rejects := part.Rejects
		for _, r := range out.Rejects {
			rejects = append(rejects, core.LineReject{Line: part.LineOf[r.Row], Field: r.Field, Reason: r.Reason})
		}
		return putPart(t, mutuality, id, part, out, rejects)
	})
}

func putPart(t *tx, mutuality, id string, part core.Part, out core.Outcome, rejects []core.LineReject) error {
	var kept int64
	lines := map[int64]bool{}
	for _, r := range rejects {
		lines[r.Line] = true
	}
	n, err := t.exec(`
		UPDATE imports SET done_bytes = ?, done_lines = ?, added = added + ?, changed = changed + ?, unchanged = unchanged + ?, rejected = rejected + ?,
			removed_rows = removed_rows + ?
		WHERE mutuality = ? AND import = ? AND state = 'running' AND done_lines < ?`,
		part.Bytes, part.Lines, int64(out.Added), int64(out.Changed), int64(out.Unchanged), int64(len(lines)), int64(out.Removed), mutuality, id, part.Lines)
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("another process takes in the same file")
	}
	if len(rejects) == 0 {
		return nil
	}
	if err := t.get(`SELECT count(*) FROM import_rejects WHERE mutuality = ? AND import = ?`, []any{mutuality, id}, &kept); err != nil {
		return err
	}
	for _, r := range rejects[:min(len(rejects), int(max(0, maxRejects-kept)))] {
		if _, err := t.exec(`INSERT INTO import_rejects (mutuality, import, line, field, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			mutuality, id, r.Line, r.Field, r.Reason); err != nil {
			return err
		}
	}
	return nil
}

// EndImport notes that a file was taken in, or refused as a whole. Members are told the
// age of data that were taken in.
func (db *DB) EndImport(ctx context.Context, mutuality, id string, state core.ImportState) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		if err := db.widen(t, writerCache); err != nil {
			return err
		}
		i, err := importOf(t.conn, `WHERE mutuality = ? AND import = ?`, mutuality, id)
		if err != nil {
			return err
		}
		if state == core.ImportDone {
			if err := putAge(t, mutuality, i.Kind, i.AsOf); err != nil {
				return err
			}
		}
		_, err = t.exec(`UPDATE imports SET state = ?, ended_at = ? WHERE mutuality = ? AND import = ?`,
			string(state), micros(db.cfg.Now()), mutuality, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("ending import: %w", err)
	}
	if err := db.Analyze(ctx); err != nil { // what came is in
		db.cfg.Log.Warn("plans of the database", "err", err)
	}
	return nil
}

const importColumns = `import, kind, file, sha256, as_of, state, done_bytes, done_lines, added, changed, unchanged, rejected, started_at, ended_at,
	complete, ended_rows, removed_rows`

func scanImport(scan func(...any) error) (i core.Import, err error) {
	var kind, state string
	var sum []byte
	var asOf, started, complete int64
	var ended sql.NullInt64
	err = scan(&i.ID, &kind, &i.File, &sum, &asOf, &state, &i.Bytes, &i.Lines, &i.Added, &i.Changed, &i.Unchanged, &i.Rejected, &started, &ended,
		&complete, &i.EndedRows, &i.RemovedRows)
	i.Complete = complete != 0
	copy(i.SHA256[:], sum)
	i.Kind, i.State, i.AsOf, i.Started, i.Ended = core.Kind(kind), core.ImportState(state), fromMicros(asOf), fromMicros(started), fromMaybe(ended)
	return i, err
}

func importOf(c *conn, where string, args ...any) (core.Import, error) {
	return scanImport(func(dest ...any) error { return c.get(`SELECT `+importColumns+` FROM imports `+where, args, dest...) })
}

// Imports implements imports.Store.
func (db *DB) Imports(ctx context.Context, o auth.Officer, limit int) ([]core.Import, error) {
	var list []core.Import
	err := db.reveal(ctx, db.officerEntry(ctx, o, "", audit.ListImports, ""), func(c *conn) error {
		list = list[:0]
		return c.each(`SELECT `+importColumns+` FROM imports WHERE mutuality = ? ORDER BY import DESC LIMIT ?`,
			[]any{o.Mutuality, bounded(limit)}, func(scan func(...any) error) error {
				i, err := scanImport(scan)
				list = append(list, i)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("listing imports: %w", err)
	}
	return list, nil
}

// ImportRejects implements imports.Store.
func (db *DB) ImportRejects(ctx context.Context, o auth.Officer, id string, limit int) ([]core.LineReject, error) {
	var list []core.LineReject
	err := db.reveal(ctx, db.officerEntry(ctx, o, "", audit.ListImports, object("import", id)), func(c *conn) error {
		list = list[:0]
		return c.each(`SELECT line, field, reason FROM import_rejects WHERE mutuality = ? AND import = ? ORDER BY line, field LIMIT ?`,
			[]any{o.Mutuality, id, limit}, func(scan func(...any) error) error {
				var r core.LineReject
				err := scan(&r.Line, &r.Field, &r.Reason)
				list = append(list, r)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("listing rejects: %w", err)
	}
	return list, nil
}
