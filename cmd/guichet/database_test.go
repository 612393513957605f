package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

func TestDatabaseAddressRefused(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := "postgres://guichet:sesame@db.example/guichet?sslmode=verify-full"
	for name, s := range map[string]Settings{
		"password":          {Database: good},
		"password as query": {Database: "postgres://guichet@db.example/guichet?password=sesame"},
		"another scheme":    {Database: "mysql://guichet@db.example/guichet"},
		"words":             {Database: "host=db.example user=guichet password=sesame"},
		"both":              {Database: "postgres://guichet@db.example/guichet", DatabaseFile: file("good", good, 0o600)},
		"no file":           {DatabaseFile: filepath.Join(dir, "none")},
		"read by all":       {DatabaseFile: file("open", good, 0o644)},
		"two lines":         {DatabaseFile: file("two", good+"\n"+good, 0o600)},
		"too long":          {DatabaseFile: file("long", good+strings.Repeat("&", maxAddress), 0o600)},
		"no address":        {DatabaseFile: file("words", "sesame", 0o600)},
	} {
		err := s.checkDatabase()
		if err == nil {
			_, err = s.where()
		}
		if err == nil {
			t.Errorf("%s: taken", name)
		} else if strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
	}
	w, err := (&Settings{DatabaseFile: file("right", good+"\n", 0o600)}).where()
	if err != nil || w.database != good {
		t.Errorf("where = %v", err)
	}
}

// A counter on PostgreSQL: the first start makes the keys, no later one does, and the
// audit trail is read from there too.
func TestStoreOnPostgreSQL(t *testing.T) {
	dir := t.TempDir()
	s := &Settings{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), DatabaseFile: filepath.Join(dir, "address")}
	address := storetest.Database(t) + "\n"
	if err := os.WriteFile(s.DatabaseFile, []byte(address), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if _, err := openStore(t.Context(), s, log); err == nil || !strings.Contains(err.Error(), "keys") {
		t.Errorf("a database that is there, without its keys: %v", err)
	}
	fresh := storetest.EmptyDatabase(t)
	if err := os.WriteFile(s.DatabaseFile, []byte(fresh), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		db, err := openStore(t.Context(), s, log)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(s.Data, "guichet.db")); !os.IsNotExist(err) {
		t.Errorf("a file beside the database: %v", err)
	}
	var out bytes.Buffer
	env := cli.Env{Stdout: &out, Stderr: io.Discard}
	for _, args := range [][]string{{"verify", "-database-file", s.DatabaseFile}, {"verify", "-db", fresh}} {
		if err := runAudit(context.Background(), env, append(args, "-heads", s.auditHeads())); err != nil {
			t.Errorf("audit %q: %v\n%s", args, err, out.Bytes())
		}
	}
	if err := runAudit(context.Background(), env, []string{"verify", "-db", "postgres://a:b@localhost/x"}); err == nil {
		t.Error("a password on the command line was taken")
	}
	if ok, err := store.Exists(t.Context(), fresh); err != nil || !ok {
		t.Errorf("Exists = %v, %v", ok, err)
	}
}
