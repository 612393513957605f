package store_test

import (
	"context"
	"database/sql"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// schema is a database with the steps that lead it to its newest version.
type schema struct {
	pool    *sql.DB
	steps   fs.FS
	migrate func(ctx context.Context, pool *sql.DB, steps fs.FS) error
	shape   string // a query for all that a schema consists of
}

func liteSchema(pool *sql.DB) schema {
	return schema{pool, store.Migrations(), store.Migrate,
		`SELECT coalesce(group_concat(name || ' ' || coalesce(sql, ''), ';'), '') FROM (SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY name)`}
}

func postSchema(pool *sql.DB) schema {
	return schema{pool, store.PostgresMigrations(), store.MigratePostgres, `
		SELECT coalesce(string_agg(c.relname || '.' || coalesce(a.attname, ''), ';' ORDER BY c.relname, a.attname), '')
		FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%'`}
}

// until are the steps up to a version.
func until(t *testing.T, steps fs.FS, version int) fstest.MapFS {
	t.Helper()
	names, err := fs.ReadDir(steps, ".")
	if err != nil {
		t.Fatal(err)
	}
	some := fstest.MapFS{}
	for _, name := range names[:version] {
		script, err := fs.ReadFile(steps, name.Name())
		if err != nil {
			t.Fatal(err)
		}
		some[name.Name()] = &fstest.MapFile{Data: script}
	}
	return some
}

// TestMigrationFails makes each statement of each migration fail in turn.
func TestMigrationFails(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { failEach(t, liteSchema(peek(t, t.TempDir()+"/m.db")), 0) })
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		failEach(t, postSchema(peekDatabase(t, storetest.EmptyDatabase(t))), 0)
	})
}

// failEach leads a schema from a version to the newest. Before each step it tries it as
// often as it has statements, with one that fails before each and at the end: the schema
// stays as it was. What a crash leaves is the same, for a step is one transaction; one that
// has none stays at its version, and can be made again.
func failEach(t *testing.T, s schema, from int) {
	t.Helper()
	names, err := fs.ReadDir(s.steps, ".")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for version := from; version < len(names); version++ {
		good := until(t, s.steps, version+1)
		name := names[version].Name()
		before := s.look(t)
		for _, broken := range brokenScripts(string(good[name].Data)) {
			steps := until(t, s.steps, version)
			steps[name] = &fstest.MapFile{Data: []byte(broken)}
			if err := s.migrate(t.Context(), s.pool, steps); err == nil {
				t.Fatalf("%s: a statement fails unnoticed", name)
			}
			after, same := s.look(t), before
			if strings.Contains(broken, "+goose NO TRANSACTION") {
				after, _, _ = strings.Cut(after, " ")
				same, _, _ = strings.Cut(before, " ")
			}
			if after != same {
				t.Fatalf("%s: a step that failed leaves\n%s\nwant\n%s", name, after, same)
			}
			tried++
		}
		if err := s.migrate(t.Context(), s.pool, good); err != nil {
			t.Fatalf("%s after its failures: %v", name, err)
		}
	}
	if tried < 40 {
		t.Errorf("only %d statements tried", tried)
	}
	if err := s.migrate(t.Context(), s.pool, s.steps); err != nil {
		t.Fatal(err)
	}
	wantText(t, s.pool, `SELECT max(version_id) FROM goose_db_version`, newestVersion(t, s.steps))
}

// look is the version and the shape of the schema.
func (s schema) look(t *testing.T) string {
	t.Helper()
	var shape string
	if err := s.pool.QueryRow(s.shape).Scan(&shape); err != nil {
		t.Fatal(err)
	}
	var version int
	s.pool.QueryRow(`SELECT max(version_id) FROM goose_db_version`).Scan(&version) // no table yet: 0
	return strconv.Itoa(version) + " " + shape
}

// brokenScripts are the script with a statement that fails before each of its own, and
// after the last.
func brokenScripts(script string) (list []string) {
	parts := strings.SplitAfter(script, ";\n")
	for i := range parts {
		before := strings.Join(parts[:i], "")
		if i == 0 || strings.Count(before, "StatementBegin") != strings.Count(before, "StatementEnd") {
			continue // before the first line of the script, or inside a trigger
		}
		list = append(list, before+"SELECT * FROM nothing;\n"+strings.Join(parts[i:], ""))
	}
	return slices.Compact(list)
}

// TestIndexIsBuiltAnew: what a step left that was cut off while it built an index is not
// taken for the index.
func TestIndexIsBuiltAnew(t *testing.T) {
	t.Parallel()
	s := postSchema(peekDatabase(t, storetest.EmptyDatabase(t)))
	names, err := fs.ReadDir(s.steps, ".")
	if err != nil {
		t.Fatal(err)
	}
	before := slices.IndexFunc(names, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), "0038") })
	if err := s.migrate(t.Context(), s.pool, until(t, s.steps, before)); err != nil {
		t.Fatal(err)
	}
	mustExec(t, s.pool, `CREATE INDEX appointments_at ON appointments (mutuality)`)
	mustExec(t, s.pool, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'appointments_at'::regclass`)
	if err := s.migrate(t.Context(), s.pool, s.steps); err != nil {
		t.Fatal(err)
	}
	wantText(t, s.pool, `SELECT pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ', not valid' END FROM pg_index WHERE indexrelid = 'appointments_at'::regclass`,
		"CREATE INDEX appointments_at ON public.appointments USING btree (mutuality, at)")
}
