package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

func TestPostgreSQLRefuses(t *testing.T) {
	t.Parallel()
	base := storetest.Config(t, storetest.SQLite)
	base.Path = ""
	open := func(address string) error {
		cfg := base
		cfg.Database = address
		db, err := store.Open(t.Context(), cfg)
		if err == nil {
			db.Close()
		}
		return err
	}
	for name, tt := range map[string]struct{ address, want string }{
		"no address":             {"postgres://u:sesame@[", "cannot be read"},
		"another machine, plain": {"postgres://u:sesame@db.example/x?sslmode=disable", "sslmode=verify-full"},
		"perhaps encrypted":      {"postgres://u:sesame@db.example/x", "sslmode=verify-full"},
		"encrypted to anybody":   {"postgres://u:sesame@db.example/x?sslmode=require", "sslmode=verify-full"},
		"one of two":             {"postgres://u:sesame@localhost,db.example/x?sslmode=disable", "sslmode=verify-full"},
		"nobody there":           {"postgres://u:sesame@127.0.0.1:1/x", ""},
	} {
		err := open(tt.address)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v, want %q and no password", name, err, tt.want)
		}
	}
	server := storetest.Start(t, false)
	raw := peekDatabase(t, server.Address("postgres"))
	mustExec(t, raw, `CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII'`)
	if err := open(server.Address("ascii")); err == nil || !strings.Contains(err.Error(), "SQL_ASCII") {
		t.Errorf("another encoding: %v", err)
	}
	if _, err := store.Exists(t.Context(), server.Address("ascii")); !errors.Is(err, store.ErrEncoding) {
		t.Errorf("a look at a database with another encoding: %v", err)
	}
	mustExec(t, raw, `CREATE DATABASE newer`)
	if err := open(server.Address("newer")); err != nil {
		t.Fatal(err)
	}
	newer := peekDatabase(t, server.Address("newer"))
	mustExec(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)`)
	if err := open(server.Address("newer")); err != nil {
		t.Errorf("a newer schema that only adds: %v", err)
	}
	mustExec(t, newer, `UPDATE schema_reach SET oldest = 99`)
	for _, readOnly := range []bool{false, true} {
		base.ReadOnly = readOnly
		wantErr(t, "a newer schema", open(server.Address("newer")), store.ErrNewerSchema)
	}
	for _, statement := range []string{`UPDATE audit SET actor = 'x'`, `DELETE FROM audit`, `TRUNCATE audit`} {
		if _, err := newer.Exec(statement); err == nil {
			t.Errorf("%s was done", statement)
		}
	}
}

func TestNumbered(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                            "SELECT 1",
		"a = ? AND b = ?":                     "a = $1 AND b = $2",
		"a = ?2 AND b = ?1":                   "a = $2 AND b = $1",
		"a = '?' AND b = ? AND c = 'it''s ?'": "a = '?' AND b = $1 AND c = 'it''s ?'",
		`"what?" = ?`:                         `"what?" = $1`,
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)":   "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
	} {
		if got := store.Numbered(query); got != want {
			t.Errorf("%s becomes %s, want %s", query, got, want)
		}
	}
}

// Both engines end with the same tables, columns and indexes.
func TestOneSchema(t *testing.T) {
	b := newBed(t, openSQLite)
	lite := texts(t, peek(t, b.cfg.Path), `
		SELECT m.name || '.' || c.name || ' ' || CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'BLOB' THEN 'bytea' ELSE lower(c.type) END
			|| CASE WHEN c."notnull" OR c.pk > 0 THEN ' not null' ELSE '' END || CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END
		FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%'
		UNION ALL
		SELECT 'index ' || m.tbl_name || '.' || m.name || ' ' || (SELECT group_concat(name, ', ') FROM pragma_index_info(m.name))
			|| CASE WHEN l."unique" THEN ' unique' ELSE '' END || CASE WHEN l.partial THEN ' partial' ELSE '' END
		FROM sqlite_schema m JOIN pragma_index_list(m.tbl_name) l ON l.name = m.name WHERE m.type = 'index' AND m.sql IS NOT NULL`)
	post := texts(t, peekDatabase(t, storetest.Database(t)), `
		SELECT c.relname || '.' || a.attname || ' ' || CASE WHEN c.relname = 'refund_lines' AND format_type(a.atttypid, a.atttypmod) IN ('smallint', 'integer') THEN 'bigint' ELSE format_type(a.atttypid, a.atttypmod) END
			|| CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
			|| coalesce(' key ' || array_position((SELECT indkey::int2[] FROM pg_index WHERE indrelid = c.oid AND indisprimary), a.attnum) + 1, '')
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%' AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
		SELECT 'index ' || t.relname || '.' || c.relname || ' ' ||
			(SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, n)
				JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.num)
			|| CASE WHEN i.indisunique THEN ' unique' ELSE '' END || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
		WHERE t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE 'goose%' AND NOT i.indisprimary`)
	slices.Sort(lite)
	slices.Sort(post)
	for _, line := range lite {
		if !slices.Contains(post, line) {
			t.Errorf("only on SQLite:     %s", line)
		}
	}
	for _, line := range post {
		if !slices.Contains(lite, line) {
			t.Errorf("only on PostgreSQL: %s", line)
		}
	}
	if len(lite) < 100 {
		t.Errorf("only %d columns and indexes compared", len(lite))
	}
}

// Servers that start together make the schema once, and each has a chain of its own.
func TestServersStartTogether(t *testing.T) {
	t.Parallel()
	c := &clock{now: noon}
	cfg := newConfig(t, c)
	cfg.Database, cfg.Anchors = storetest.EmptyDatabase(t), ""
	all := make([]*store.DB, 4)
	for i, err := range together(len(all), func(i int) (err error) {
		all[i], err = store.Open(context.Background(), cfg)
		return err
	}) {
		if err != nil {
			t.Fatalf("server %d: %v", i, err)
		}
	}
	for _, db := range all {
		if err := db.AddMember(t.Context(), claire, nil); err != nil {
			t.Error(err)
		}
	}
	for _, db := range all {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	b := bedOf(t, openStore, cfg, c)
	starts := 0
	for _, e := range b.rows() {
		if e.Action == audit.Start {
			starts++
		}
	}
	if starts != len(all)+1 {
		t.Errorf("%d chains, want %d", starts, len(all)+1)
	}
}

// faulty is a bed on a server of its own.
func faulty(t *testing.T, durable bool, change func(*store.Config)) (*bed, *storetest.Server) {
	t.Helper()
	server := storetest.Start(t, durable)
	c := &clock{now: noon}
	cfg := newConfig(t, c)
	cfg.Database = server.Database(t)
	if change != nil {
		change(&cfg)
	}
	return bedOf(t, openStore, cfg, c), server
}

// soon is two seconds for an answer, and room for a machine that is loaded.
const soon = 10 * time.Second

// answers calls f and complains if it takes too long.
func answers(t *testing.T, what string, f func() error) error {
	t.Helper()
	start := time.Now()
	err := f()
	if took := time.Since(start); took > soon {
		t.Errorf("%s took %v", what, took)
	}
	return err
}

// TestDatabaseHangs stops the server in its tracks: reads and acts are refused
// soon, the store is not ready, nothing piles up, and all is well when it goes on.
func TestDatabaseHangs(t *testing.T) {
	b, server := faulty(t, false, nil)
	id := b.frozen(b.claire)
	for range soak(1, 20) {
		prepared := make([]requests.Request, 20)
		for i := range prepared {
			prepared[i] = b.request()
		}
		server.Hang()
		before := runtime.NumGoroutine()
		errs := together(len(prepared), func(i int) error {
			r := prepared[i]
			return answers(t, "a call", func() error {
				if i%2 == 0 {
					_, err := b.Session(context.Background(), [32]byte{byte(i)}, b.clock.Now())
					return err
				}
				_, err := b.PutRequest(context.Background(), b.claire, r, "")
				return err
			})
		})
		for _, err := range errs {
			wantErr(t, "a call", err, store.ErrUnavailable)
		}
		wantErr(t, "Ping", answers(t, "Ping", func() error { return b.Ping(context.Background()) }), store.ErrUnavailable)
		server.Resume()
		b.eventually("the store is ready", func() bool { return b.Ping(context.Background()) == nil })
		b.eventually("no goroutine is left", func() bool { return runtime.NumGoroutine() <= before+10 })
		if s := b.state(b.claire, id); s != requests.ToSign {
			t.Errorf("request is %s", s)
		}
		b.frozen(b.claire)
	}
	b.rows()
}

// TestDatabaseRestarts: while the server is away the answer is that it is; when it is
// back, so is the store, with what was acknowledged and one whole chain.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	b, server := faulty(t, true, nil)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} { // in order, and as a crash does
		id := b.frozen(b.claire)
		server.Signal(signal)
		server.Wait()
		err := answers(t, "an act", func() error {
			_, err := b.PutRequest(context.Background(), b.claire, b.request(), "")
			return err
		})
		wantErr(t, "an act while the server is away", err, store.ErrUnavailable)
		if errors.Is(err, store.ErrInDoubt) {
			t.Errorf("an act that never began is in doubt: %v", err)
		}
		_, err = b.Session(t.Context(), [32]byte{}, b.clock.Now())
		wantErr(t, "a read while the server is away", err, store.ErrUnavailable)
		wantErr(t, "Ping", b.Ping(t.Context()), store.ErrUnavailable)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		b.eventually("the store is ready", func() bool { return b.Ping(context.Background()) == nil })
		if s := b.state(b.claire, id); s != requests.ToSign {
			t.Errorf("request of before is %s", s)
		}
		b.frozen(b.claire)
	}
	b.rows()
}

// TestConnectionCut ends the writer's connection: one that is idle costs nothing, what was
// about to be committed on one is done again; either way the chain goes on.
func TestConnectionCut(t *testing.T) {
	t.Parallel()
	var raw *sql.DB
	var armed atomic.Bool
	b, server := faulty(t, false, func(c *store.Config) {
		c.Fault = func(point string) {
			if point == store.FaultCommit+" "+string(audit.FreezeRequest) && armed.Swap(false) {
				cutWriters(t, raw)
			}
		}
	})
	raw = peekDatabase(t, server.Address("postgres"))
	b.frozen(b.claire)
	cutWriters(t, raw)
	b.frozen(b.claire) // nothing was lost with the connection

	armed.Store(true)
	request := b.request()
	for range 3 { // done again with its key, it is done once
		id, err := b.PutRequest(t.Context(), b.claire, request, "key")
		if err != nil || id != request.ID {
			t.Errorf("PutRequest again = %s, %v", id, err)
		}
	}
	b.rows()
}

// cutWriters ends all connections in which a transaction may write.
func cutWriters(t *testing.T, raw *sql.DB) {
	t.Helper()
	_, err := raw.Exec(`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'guichet'`)
	if err != nil {
		t.Error(err)
	}
}

// TestAnotherHoldsTheTurn: who writes and does not end is waited for a while, and cut by
// the database in the end.
func TestAnotherHoldsTheTurn(t *testing.T) {
	t.Parallel()
	b, server := faulty(t, false, nil)
	id := b.frozen(b.claire)
	raw := peekDatabase(t, b.cfg.Database)
	other, err := raw.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, statement := range []string{`BEGIN`, `SELECT pg_advisory_xact_lock(` + store.WriteLock + `)`} {
		if _, err := other.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	err = answers(t, "an act", func() error {
		_, err := b.PutRequest(context.Background(), b.claire, b.request(), "")
		return err
	})
	wantErr(t, "an act while another server writes", err, store.ErrUnavailable)
	if _, err := b.Session(t.Context(), [32]byte{}, b.clock.Now()); errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a read while another server writes: %v", err)
	}
	if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if s := b.state(b.claire, id); s != requests.ToSign {
		t.Errorf("request is %s", s)
	}
	b.frozen(b.claire)
	// Our own transactions end, should this process hang in the middle of one.
	wantText(t, peekDatabase(t, server.Address("postgres")), `
		SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guichet' AND state = 'idle in transaction'`, "0")
	if got := b.WriterSetting(t, "idle_in_transaction_session_timeout"); got != "5s" {
		t.Errorf("idle_in_transaction_session_timeout = %s", got)
	}
	if got := b.WriterSetting(t, "synchronous_commit"); got != "on" {
		t.Errorf("synchronous_commit = %s", got)
	}
}

// TestDatabaseSays plants what the database may answer to a statement.
func TestDatabaseSays(t *testing.T) {
	t.Parallel()
	b := newBed(t, openPostgreSQL)
	address, _ := databases.Load(b.cfg.Path)
	raw := peekDatabase(t, address.(string))
	mustExec(t, raw, `CREATE SEQUENCE told`)
	plant := func(code string, times int) {
		mustExec(t, raw, `ALTER SEQUENCE told RESTART`)
		mustExec(t, raw, fmt.Sprintf(`
			CREATE OR REPLACE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN
				IF nextval('told') <= %d THEN RAISE EXCEPTION 'planted' USING ERRCODE = '%s'; END IF;
				RETURN NEW;
			END $$`, times, code))
	}
	plant("XX000", 0)
	mustExec(t, raw, `CREATE TRIGGER planted BEFORE INSERT ON requests FOR EACH ROW EXECUTE FUNCTION planted()`)
	for _, tt := range []struct {
		name, code string
		times      int
		want       error
	}{
		{"disk full", "53100", 1, store.ErrFull},
		{"serialization failure, once", "40001", 1, nil},
		{"deadlock, once", "40P01", 1, nil},
		{"shutting down", "57P01", 1, store.ErrUnavailable},
		{"no longer the primary", "25006", 1, store.ErrUnavailable},
		{"cancelled", "57014", 1, store.ErrUnavailable},
	} {
		plant(tt.code, tt.times)
		r := b.request()
		_, err := b.PutRequest(t.Context(), b.claire, r, "")
		wantErr(t, tt.name, err, tt.want)
		_, err = b.Request(t.Context(), b.claire, r.ID)
		if tt.want == nil && err != nil || tt.want != nil && !errors.Is(err, requests.ErrNotFound) {
			t.Errorf("%s: the request afterwards: %v", tt.name, err)
		}
		plant("XX000", 0)
		b.frozen(b.claire) // and goes on
	}
	plant("40001", 3) // as often as a transaction is begun
	if _, err := b.PutRequest(t.Context(), b.claire, b.request(), ""); err == nil {
		t.Error("a transaction was tried for ever")
	}
	plant("XX000", 1) // of the act alone
	if _, err := b.PutRequest(t.Context(), b.claire, b.request(), ""); err == nil || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("an act that failed by itself: %v", err)
	}
	b.rows()
}

// TestForgedWhileCut: rows are changed or cut off and the connection is ended, so that the
// server asks where its chain ends. It vouches for none of it: it stops, and what was done
// is found after the next start.
func TestForgedWhileCut(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string][]string{
		"rewritten":                 nil,
		"cut off":                   {`DELETE FROM audit WHERE seq > 6`},
		"cut off, the mark told so": {`DELETE FROM audit WHERE seq > 6`, `UPDATE audit_marks SET seq = 6`},
		"taken out":                 {`DELETE FROM audit`},
		"no mark":                   {`DELETE FROM audit_marks`},
		"no marks":                  {`DELETE FROM audit_marks`, `DELETE FROM audit_roll`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, server := faulty(t, false, func(c *store.Config) { c.Anchors = "" })
			raw := peekDatabase(t, server.Address("postgres"))
			databases.Store(b.cfg.Path, b.cfg.Database)
			b.signed(b.claire)
			f := b.forger(t)
			if forge == nil {
				f.rows[3].Actor = "somebody"
				f.rehash()
				f.write()
			}
			for _, statement := range forge {
				f.exec(statement)
			}
			cutWriters(t, raw)
			_, err := b.PutRequest(t.Context(), b.claire, b.request(), "key")
			wantErr(t, "an act after it", err, store.ErrStopped)
			select {
			case <-b.Stopped():
			default:
				t.Error("the store goes on")
			}
			b.Close()
			b.DB = openStore(t, b.cfg)
			b.frozen(b.claire)
			if report := b.verdict(nil); report.Valid() {
				t.Errorf("not found: %+v", report)
			}
		})
	}
}

// TestPutBackWhileCut: an older state of the trail, marks and all, is not gone on from by the
// server that knows a younger one, as where another database takes over that lacks commits.
func TestPutBackWhileCut(t *testing.T) {
	t.Parallel()
	b, server := faulty(t, false, func(c *store.Config) { c.Anchors = "" })
	raw := peekDatabase(t, server.Address("postgres"))
	databases.Store(b.cfg.Path, b.cfg.Database)
	f := b.forger(t)
	b.frozen(b.claire)
	f.write()
	cutWriters(t, raw)
	_, err := b.PutRequest(t.Context(), b.claire, b.request(), "key")
	wantErr(t, "an act after it", err, store.ErrStopped)
}
