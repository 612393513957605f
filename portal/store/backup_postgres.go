package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// copyTo copies every table in one snapshot (REPEATABLE READ), which keeps no writer
// waiting. No program of PostgreSQL is needed, nor more rights than the counter has.
func (p *postgres) copyTo(ctx context.Context, dir string, m *Manifest, told func(Step), object func(string, int64, []byte) error) error {
	m.Engine = "postgres"
	pool := stdlib.OpenDB(*p.patient)
	defer pool.Close()
	raw, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	c := newConn(p, raw)
	c.rewrite = numbered
	defer c.discard()
	if err := p.snapshot(c); err != nil {
		return err
	}
	names, err := inOrder(c)
	if err != nil {
		return err
	}
	if err := m.hold(c, names); err != nil {
		return err
	}
	var size, done int64
	if err := c.get(`SELECT coalesce(sum(pg_table_size(c.oid)), 0)::bigint FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`,
		nil, &size); err != nil {
		return err
	}
	for _, name := range names {
		table := BackupTable{Name: name}
		if table.Columns, err = tablesOf(c, `SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '`+name+`' ORDER BY ordinal_position`); err != nil {
			return err
		}
		m.Tables = append(m.Tables, table)
		err := p.copyTable(ctx, raw, dir, table, m, func(n int) {
			done += int64(n)
			told(Step{"database", min(done, size), size})
		})
		if err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
	}
	return eachObject(c, object)
}

func (t BackupTable) columns() string {
	return `"` + strings.Join(t.Columns, `", "`) + `"`
}

func (p *postgres) copyTable(ctx context.Context, raw *sql.Conn, dir string, table BackupTable, m *Manifest, wrote func(int)) error {
	f, err := newFile(dir, tableFolder+"/"+table.Name)
	if err != nil {
		return err
	}
	defer f.close()
	err = onWire(raw, func(wire *pgconn.PgConn) error {
		_, err := wire.CopyTo(ctx, io.MultiWriter(f, telling(wrote)), `COPY "`+table.Name+`" (`+table.columns()+`) TO STDOUT (FORMAT binary)`)
		return err
	})
	if err != nil {
		return err
	}
	return f.end(m)
}

// telling tells how much was written.
type telling func(n int)

func (t telling) Write(p []byte) (int, error) {
	t(len(p))
	return len(p), nil
}

func onWire(raw *sql.Conn, f func(*pgconn.PgConn) error) error {
	return raw.Raw(func(driver any) error { return f(driver.(*stdlib.Conn).Conn().PgConn()) })
}

// inOrder are the tables, each after those that its rows refer to.
func inOrder(c *conn) ([]string, error) {
	all, err := tablesOf(c, `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose%' ORDER BY relname`)
	if err != nil {
		return nil, err
	}
	needs := map[string][]string{}
	err = c.each(`
		SELECT a.relname, b.relname FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid
		WHERE k.contype = 'f' AND a.oid <> b.oid ORDER BY 1, 2`, nil, func(scan func(...any) error) error {
		var from, to string
		err := scan(&from, &to)
		needs[from] = append(needs[from], to)
		return err
	})
	if err != nil {
		return nil, err
	}
	var list []string
	for len(list) < len(all) {
		before := len(list)
		for _, table := range all {
			ready := !slices.ContainsFunc(needs[table], func(other string) bool { return !slices.Contains(list, other) })
			if ready && !slices.Contains(list, table) {
				list = append(list, table)
			}
		}
		if len(list) == before {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return list, nil
}

// mark is what a database says of itself that was filled from this backup and is not yet
// checked, in a comment on the table of its versions.
func (m Manifest) mark() (string, error) {
	text, err := json.Marshal(m)
	sum := sha256.Sum256(text)
	return "restoring " + hex.EncodeToString(sum[:]), err
}

// unmark is for who has checked it, and for any program that works on it.
const unmark = `
	DO $$ BEGIN
		IF obj_description('goose_db_version'::regclass, 'pg_class') LIKE 'restoring %' THEN
			COMMENT ON TABLE goose_db_version IS NULL;
		END IF;
	END $$`

// isUsed tells whether there is more in a database than what a restore of this backup leaves
// where it is cut off: a schema no newer than the backup's, in which no program has begun its
// trail, or all of the backup, on which none has worked since it was filled.
func (m Manifest) isUsed(ctx context.Context, database string) (used, filled bool, err error) {
	mark, err := m.mark()
	if err != nil {
		return true, false, err
	}
	cfg, err := configOf(database, nil)
	if err != nil {
		return true, false, err
	}
	pool := stdlib.OpenDB(*cfg)
	defer pool.Close()
	var newer, trail bool
	err = pool.QueryRowContext(ctx, `
		SELECT coalesce(max(version_id), 0) > $1, to_regclass('audit') IS NOT NULL,
			coalesce(obj_description('goose_db_version'::regclass, 'pg_class'), '') = $2
		FROM goose_db_version WHERE is_applied`, m.Schema, mark).Scan(&newer, &trail, &filled)
	if err == nil && trail {
		err = pool.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit)`).Scan(&used)
	}
	if err != nil {
		return true, false, fmt.Errorf("looking at database: %w", err)
	}
	return !filled && (newer || used), filled, nil
}

// fill puts a backup into an empty database: the schema as it was, then all tables in one
// transaction, and the mark.
func fill(ctx context.Context, database, dir string, m Manifest, told func(Step)) error {
	mark, err := m.mark()
	if err != nil {
		return err
	}
	if err := makeSchemaAt(ctx, database, m.Schema); err != nil {
		return err
	}
	cfg, err := configOf(database, nil)
	if err != nil {
		return err
	}
	pool := stdlib.OpenDB(*cfg)
	defer pool.Close()
	raw, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer raw.Close()
	if _, err := raw.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	err = fillTables(ctx, raw, dir, m, told)
	if err == nil {
		_, err = raw.ExecContext(ctx, `COMMENT ON TABLE goose_db_version IS '`+mark+`'`)
	}
	if err != nil {
		raw.ExecContext(ctx, `ROLLBACK`)
		return err
	}
	if _, err = raw.ExecContext(ctx, `COMMIT`); err != nil {
		return err
	}
	_, err = raw.ExecContext(ctx, `ANALYZE`) // who plans the first questions knows nothing of the tables yet
	return err
}

func fillTables(ctx context.Context, raw *sql.Conn, dir string, m Manifest, told func(Step)) error {
	var size, done int64
	for _, f := range m.Files {
		size += f.Size
	}
	for _, table := range slices.Backward(m.Tables) { // what migrations put there; of audit rows nothing
		if table.Name == "audit" {
			continue
		}
		if _, err := raw.ExecContext(ctx, `DELETE FROM "`+table.Name+`"`); err != nil {
			return err
		}
	}
	for _, table := range m.Tables {
		f, err := os.Open(filepath.Join(dir, tableFolder, table.Name))
		if err != nil {
			return err
		}
		sum := sha256.New()
		read := io.TeeReader(io.TeeReader(f, sum), telling(func(n int) { done += int64(n); told(Step{"database", done, size}) }))
		err = onWire(raw, func(wire *pgconn.PgConn) error {
			_, err := wire.CopyFrom(ctx, read, `COPY "`+table.Name+`" (`+table.columns()+`) FROM STDIN (FORMAT binary)`)
			return err
		})
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("table %s: %w", table.Name, err)
		}
		if hex.EncodeToString(sum.Sum(nil)) != m.sum(tableFolder+"/"+table.Name) {
			return fmt.Errorf("table %s changed while it was read: %w", table.Name, ErrDamaged)
		}
		var n int64
		if err := raw.QueryRowContext(ctx, `SELECT count(*) FROM "`+table.Name+`"`).Scan(&n); err != nil {
			return err
		}
		if n != m.Counts[table.Name] {
			return fmt.Errorf("table %s has %d rows, want %d: %w", table.Name, n, m.Counts[table.Name], ErrDamaged)
		}
	}
	return nil
}
