package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing"
)

// newestVersion is the schema of this program.
func newestVersion(t *testing.T, steps fs.FS) string {
	t.Helper()
	names, err := fs.ReadDir(steps, ".")
	if err != nil {
		t.Fatal(err)
	}
	digits, _, _ := strings.Cut(names[len(names)-1].Name(), "_")
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(n)
}

// TestOlderSchema opens stores as earlier versions left them: what is in them stays,
// and what came since works.
func TestOlderSchema(t *testing.T) {
	for version := 1; version <= 3; version++ {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			b := newBed(t, openSQLite)
			id := b.frozen(b.claire)
			_, doc := b.signed(b.claire)
			c := b.completion(b.prepared(b.claire, b.frozen(b.claire)), "pending")
			c.State = requests.Pending
			if _, err := b.Complete(t.Context(), b.claire, c); err != nil {
				t.Fatal(err)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			b.cfg.Path, b.cfg.Anchors = olderCopy(t, b.cfg.Path, version), ""
			if version == 3 {
				t.Run("PostgreSQL", func(t *testing.T) { checkOlderPostgreSQL(t, *b, id, doc, c.Document) })
				failEach(t, liteSchema(peek(t, b.cfg.Path)), version)
			}
			b.DB = b.open(t, b.cfg)
			checkOlder(t, b, id, doc, c.Document, version)
		})
	}
}

// checkOlderPostgreSQL puts what the file of version 3 holds into a database, and goes on
// there.
func checkOlderPostgreSQL(t *testing.T, b bed, id, doc, pending string) {
	b.t, b.open, b.clock = t, openPostgreSQL, &clock{now: b.clock.Now()}
	b.cfg.Now = b.clock.Now
	address := storetest.EmptyDatabase(t)
	databases.Store(b.cfg.Path, address)
	s := postSchema(peekDatabase(t, address))
	if err := s.migrate(t.Context(), s.pool, until(t, s.steps, 3)); err != nil {
		t.Fatal(err)
	}
	copyRows(t, peek(t, b.cfg.Path), s.pool)
	failEach(t, s, 3)
	b.DB = b.open(t, b.cfg)
	checkOlder(t, &b, id, doc, pending, 3)
}

// copyRows copies every table from SQLite to PostgreSQL, whatever refers to what.
func copyRows(t *testing.T, from, to *sql.DB) {
	t.Helper()
	conn, err := to.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), `SET session_replication_role = replica`); err != nil {
		t.Fatal(err)
	}
	for _, table := range texts(t, from, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`) {
		columns := texts(t, from, fmt.Sprintf(`SELECT name FROM pragma_table_info('%s')`, table))
		rows, err := from.Query(fmt.Sprintf(`SELECT %s FROM %s`, strings.Join(columns, ", "), table))
		if err != nil {
			t.Fatal(err)
		}
		values, into, marks := make([]any, len(columns)), make([]any, len(columns)), make([]string, len(columns))
		for i := range columns {
			into[i], marks[i] = &values[i], fmt.Sprintf("$%d", i+1)
		}
		insert := fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, table, strings.Join(columns, ", "), strings.Join(marks, ", "))
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.ExecContext(t.Context(), insert, values...); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func checkOlder(t *testing.T, b *bed, id, doc, pending string, version int) {
	ctx := t.Context()
	r, err := b.Request(ctx, b.claire, id)
	if err != nil || r.State != requests.ToSign || !slices.Equal(r.Sheet.Texts(), r.Act.Sheet().Texts()) {
		t.Errorf("request of before is %s, %q, %v", r.State, r.Sheet.Texts(), err)
	}
	b.session("a", b.claire)
	if err := b.PutDraft(ctx, b.claire, "f", "d", []byte("typed")); err != nil {
		t.Errorf("PutDraft = %v", err)
	}
	// Documents that waited for their level still do, with all that it takes.
	b.clock.add(time.Minute)
	due, err := b.due(10)
	if err != nil || len(due) != 2 {
		t.Fatalf("%d documents are due after version %d, %v, want 2", len(due), version, err)
	}
	for _, d := range due {
		if d.Pending != (d.Document == pending) || len(d.Signer) != 2 || d.Version != 1 || len(d.PDF) == 0 || d.Attempts != 3 {
			t.Errorf("carried over: %+v", d)
		}
		raised := requests.Raised{Raise: d, PDF: append(d.PDF, "evidence"...), Level: signing.LevelLT}
		if d.Pending {
			raised.State = requests.Signed
		}
		if err := b.Raised(ctx, raised); err != nil {
			t.Errorf("Raised = %v", err)
		}
	}
	for _, d := range []string{doc, pending} {
		if d, err := b.Document(ctx, b.claire, d); err != nil || d.Level != signing.LevelLT || d.Version != 2 {
			t.Errorf("Document = %+v, %v", d, err)
		}
	}
	if s, err := b.Stats(ctx); err != nil || s.Raises != 0 {
		t.Errorf("%d raises are left, %v", s.Raises, err)
	}
}

// olderCopy is a store with the schema of an earlier version and what a newer one
// holds, as far as it had room for that.
func olderCopy(t *testing.T, from string, version int) string {
	t.Helper()
	path := t.TempDir() + "/older.db"
	pool := peek(t, path)
	pool.SetMaxOpenConns(1) // attached to one connection
	steps := until(t, store.Migrations(), version)
	if err := store.Migrate(t.Context(), pool, steps); err != nil {
		t.Fatal(err)
	}
	mustExec(t, pool, fmt.Sprintf(`ATTACH '%s' AS newer`, from))
	for _, table := range texts(t, pool, `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`) {
		if table == "raises" {
			mustExec(t, pool, `
				INSERT INTO main.raises (mutuality, member, document, request, signer_sealed, pending, attempts, due_at, leased_until)
				SELECT mutuality, member, document, request, signer_sealed, status = 'checking', 3, created_at + 30000000, 0
				FROM newer.raises JOIN newer.documents USING (mutuality, member, document)`)
			continue
		}
		columns := strings.Join(texts(t, pool, fmt.Sprintf(`
			SELECT name FROM pragma_table_info('%s', 'main') WHERE name IN (SELECT name FROM pragma_table_info('%[1]s', 'newer'))`, table)), ", ")
		mustExec(t, pool, fmt.Sprintf(`INSERT INTO main.%s (%s) SELECT %[2]s FROM newer.%[1]s`, table, columns))
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func texts(t testing.TB, pool *sql.DB, query string) []string {
	t.Helper()
	rows, err := pool.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
