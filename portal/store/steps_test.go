package store_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/store"
)

// firstRelease is the newest step that no released program is older than: no server of
// before it runs beside one of after it.
const firstRelease = 20

// argued are statements that would stop a server of the version before, or keep its writes
// waiting, with the reason why they may be there.
var argued = map[string]string{
	"DROP INDEX CONCURRENTLY IF EXISTS appointments_at": "no program of before has it; it goes where the same step was cut off",
}

// taking is what a step must not do, by what an older program would meet.
var taking = []struct {
	why  string
	what *regexp.Regexp
}{
	{"takes away what an older program reads", regexp.MustCompile(`(?i)\bDROP\s+(TABLE|COLUMN|VIEW|INDEX|CONSTRAINT|DEFAULT)|\bRENAME\b|\bTRUNCATE\b`)},
	{"refuses what an older program writes", regexp.MustCompile(`(?i)\bSET\s+NOT\s+NULL|\bADD\s+(CONSTRAINT|CHECK|UNIQUE|FOREIGN)|ALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE`)},
	{"rewrites rows while others write them", regexp.MustCompile(`(?i)^\s*(UPDATE|DELETE\s+FROM)\b`)},
}

var (
	makesTable = regexp.MustCompile(`(?i)CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)`)
	makesIndex = regexp.MustCompile(`(?i)CREATE\s+(UNIQUE\s+)?INDEX\s+(CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?\w+\s+ON\s+(\w+)`)
	addsColumn = regexp.MustCompile(`(?i)ALTER\s+TABLE\s+(\w+)\s+ADD\s+COLUMN\b`)
	isNotNull  = regexp.MustCompile(`(?i)\bNOT\s+NULL\b`)
	hasDefault = regexp.MustCompile(`(?i)\bDEFAULT\b`)
	asComment  = regexp.MustCompile(`--[^\n]*`)
)

// unfit says what in a step a server of the version before could not live with.
func unfit(engine, script string) (found []string) {
	made := map[string]bool{}
	for _, statement := range strings.Split(asComment.ReplaceAllString(script, ""), ";") {
		statement = strings.TrimSpace(statement)
		tell := func(why string) {
			if argued[statement] == "" {
				found = append(found, why+": "+statement)
			}
		}
		if m := makesTable.FindStringSubmatch(statement); m != nil {
			made[strings.ToLower(m[1])] = true
			continue
		}
		if m := makesIndex.FindStringSubmatch(statement); m != nil && !made[strings.ToLower(m[3])] {
			switch {
			case m[1] != "":
				tell("refuses what an older program writes")
			case engine == "postgres" && m[2] == "":
				tell("keeps writers waiting while it is built (CONCURRENTLY)")
			}
		}
		if m := addsColumn.FindStringSubmatch(statement); m != nil && !made[strings.ToLower(m[1])] &&
			isNotNull.MatchString(statement) && !hasDefault.MatchString(statement) {
			tell("an older program does not fill it")
		}
		for _, t := range taking {
			if t.what.MatchString(statement) {
				tell(t.why)
			}
		}
	}
	return found
}

// TestStepsOnlyAdd: a server of the version before works on after each step.
func TestStepsOnlyAdd(t *testing.T) {
	for engine, steps := range map[string]fs.FS{"sqlite": store.Migrations(), "postgres": store.PostgresMigrations()} {
		names, err := fs.ReadDir(steps, ".")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			var version int
			if _, err := fmt.Sscanf(name.Name(), "%d_", &version); err != nil || version <= firstRelease {
				continue
			}
			script, err := fs.ReadFile(steps, name.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range unfit(engine, string(script)) {
				t.Errorf("%s/%s %s", engine, name.Name(), problem)
			}
		}
	}
}

// The rule goes red.
func TestStepsThatTakeAreFound(t *testing.T) {
	for script, want := range map[string]int{
		"CREATE TABLE a (b TEXT NOT NULL); CREATE UNIQUE INDEX a_b ON a (b); ALTER TABLE a ADD COLUMN c TEXT NOT NULL": 0,
		"ALTER TABLE members ADD COLUMN a TEXT":                     0,
		"ALTER TABLE members ADD COLUMN a TEXT NOT NULL DEFAULT ''": 0,
		"-- DROP TABLE members\nCREATE TABLE dropped (a TEXT)":      0,
		"CREATE INDEX CONCURRENTLY a ON members (surname)":          0,
		"ALTER TABLE members ADD COLUMN a TEXT NOT NULL":            1,
		"ALTER TABLE members DROP COLUMN email":                     1,
		"DROP TABLE members":                                        1,
		"DROP INDEX members_number":                                 1,
		"ALTER TABLE members RENAME TO people":                      1,
		"ALTER TABLE members RENAME COLUMN email TO mail":           1,
		"ALTER TABLE members ALTER COLUMN email TYPE BYTEA":         1,
		"ALTER TABLE members ALTER COLUMN email SET NOT NULL":       1,
		"ALTER TABLE members ADD CONSTRAINT a CHECK (email <> '')":  1,
		"CREATE INDEX a ON members (surname)":                       1,
		"CREATE UNIQUE INDEX CONCURRENTLY a ON members (surname)":   1,
		"UPDATE members SET email = ''":                             1,
		"DELETE FROM members":                                       1,
	} {
		if found := unfit("postgres", script); len(found) != want {
			t.Errorf("%s: %q, want %d", script, found, want)
		}
	}
}

// newerSteps are what a version to come may do to each table that there is: a column that
// may be null, one with a default, a table that refers to it.
func newerSteps(t *testing.T, pool *sql.DB, tables []string) []string {
	t.Helper()
	var steps []string
	for _, table := range tables {
		steps = append(steps, "ALTER TABLE "+table+" ADD COLUMN newer_text TEXT", "ALTER TABLE "+table+" ADD COLUMN newer_count INTEGER NOT NULL DEFAULT 7")
	}
	return append(steps, "CREATE TABLE newer (mutuality TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (mutuality, member), FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member))",
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)")
}

const (
	liteTables = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`
	postTables = `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose%'`
)

// TestOldProgramOnNewerSchema: this program works on a schema that has more than it knows.
func TestOldProgramOnNewerSchema(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runSuite(t, func(t testing.TB, cfg store.Config) *store.DB {
				db := open(t, cfg)
				tt := t.(*testing.T)
				pool, tables := peek(tt, cfg.Path), liteTables
				if address, ok := databases.Load(cfg.Path); ok {
					pool, tables = peekDatabase(t, address.(string)), postTables
				}
				var version int
				if err := pool.QueryRow(`SELECT max(version_id) FROM goose_db_version`).Scan(&version); err != nil || version == 99 {
					return db // opened again
				}
				for _, step := range newerSteps(tt, pool, texts(t, pool, tables)) {
					mustExec(tt, pool, step)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				return open(t, cfg)
			}, "members are imported once", "a session replaces another", "a request comes back as it went in", "completing makes a document",
				"versions stay", "sealing makes a document, once", "a job ends, comes back or is given up", "what ended is swept",
				"the overview shows what is to do")
		})
	}
}

// TestSchemaGrowsUnderLoad: a newer server brings its schema while an older one works: no
// act of it fails, and both work on.
func TestSchemaGrowsUnderLoad(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	pool := peekDatabase(t, b.address(t))
	load := b.signOn(0, 3)
	for len(load.acknowledged()) < 5 {
		time.Sleep(time.Millisecond)
	}
	for _, step := range newerSteps(t, pool, texts(t, pool, postTables)) {
		mustExec(t, pool, step)
	}
	later := len(load.acknowledged())
	for len(load.acknowledged()) < later+5 {
		time.Sleep(time.Millisecond)
	}
	load.end()
	for _, doc := range load.acknowledged() {
		if _, err := other.Open(t.Context(), b.claire, doc, 0); err != nil {
			t.Errorf("on the other server: %v", err)
		}
	}
	b.rows()
}

// address of the database of a bed that newPair made.
func (b *bed) address(t *testing.T) string {
	t.Helper()
	return b.cfg.Database
}
