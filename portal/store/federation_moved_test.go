package store_test

import (
	"testing"

	"guichet.example/portal/store/storetest"
)

// TestFederationMoved leads a database that members are signed in at, one of them with a
// provider, and one of them on her way to it, over the step that moves all of it.
func TestFederationMoved(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { checkMoved(t, liteSchema(peek(t, t.TempDir()+"/m.db")), "x'%s'", "") })
	t.Run("PostgreSQL", func(t *testing.T) {
		checkMoved(t, postSchema(peekDatabase(t, storetest.EmptyDatabase(t))), `'\x%s'`, "SET session_replication_role = replica")
	})
}

func checkMoved(t *testing.T, s schema, bytes, first string) {
	s.pool.SetMaxOpenConns(1)
	if err := s.migrate(t.Context(), s.pool, until(t, s.steps, 18)); err != nil {
		t.Fatal(err)
	}
	x := func(hex string) string { return bytes[:len(bytes)-3] + hex + "'" }
	for _, statement := range []string{
		first,
		`INSERT INTO sessions VALUES (` + x("01") + `, 'm', 'claire', 's1', ` + x("aa") + `, 1, 2, 3, 4)`,
		`INSERT INTO sessions VALUES (` + x("02") + `, 'm', 'bram', 's2', ` + x("bb") + `, 1, 2, 3, 4)`,
		`INSERT INTO sessions VALUES (` + x("03") + `, 'm', 'hanna', 's3', ` + x("cc") + `, 1, 2, 3, 4)`,
		`INSERT INTO federation_sessions VALUES ('m', 's1', 'claire', ` + x("51") + `, ` + x("61") + `, ` + x("71") + `, 4)`,
		`INSERT INTO federation_sessions VALUES ('m', 's2', 'bram', ` + x("52") + `, ` + x("") + `, ` + x("72") + `, 4)`,
		`INSERT INTO federation_sessions VALUES ('m', 'ended', 'bram', ` + x("53") + `, ` + x("") + `, ` + x("73") + `, 4)`,
		`INSERT INTO federation_flows (flow, browser, sealed, expires_at, session) VALUES (` + x("f1") + `, ` + x("b1") + `, ` + x("dd") + `, 9, NULL)`,
		`INSERT INTO federation_used (answer, ends_at) VALUES (` + x("e1") + `, 86400000000), (` + x("e2") + `, 86399999999)`,
	} {
		if _, err := s.pool.Exec(statement); err != nil && statement != "" {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := s.migrate(t.Context(), s.pool, s.steps); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		`SELECT count(*) FROM sessions`: "3",
		`SELECT member FROM sessions WHERE token_hash = ` + x("01") + ` AND subject = ` + x("51") + ` AND sid = ` + x("61") + ` AND logout_sealed = ` + x("71"): "claire",
		`SELECT member FROM sessions WHERE subject = ` + x("52") + ` AND sid IS NULL AND login_sealed = ` + x("bb") + ` AND seen_at = 2 AND ends_at = 4`:        "bram",
		`SELECT member FROM sessions WHERE subject IS NULL AND sid IS NULL AND logout_sealed IS NULL`:                                                           "hanna",
		`SELECT expires_at FROM federation_flows WHERE browser = ` + x("b1") + ` AND flow = ` + x("f1") + ` AND sealed = ` + x("dd"):                            "9",
		`SELECT day FROM federation_used WHERE answer = ` + x("e1"):                                                                                             "1",
		`SELECT day FROM federation_used WHERE answer = ` + x("e2"):                                                                                             "0",
	} {
		wantText(t, s.pool, query, want)
	}
}
