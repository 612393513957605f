package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
	"guichet.example/portal/store/storetest"
	"guichet.example/portal/vault"
)

// TestImportKilled kills `guichet import` of a folder again and again, on both engines:
// what was told to be in is in, the same command goes on, and at the end every line is
// there once, to the cent.
func TestImportKilled(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "delivery")
	g, err := seed.New(seed.Config{Seed: 7, Members: 150, Until: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Write(t.Context(), folder, core.NDJSON, func(int) {}); err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		t.Run(engine, func(t *testing.T) {
			dir := storetest.Dir(t)
			driver, address, database := "sqlite", filepath.Join(dir, "data", "guichet.db"), ""
			if engine == "PostgreSQL" {
				database = storetest.Database(t)
				driver, address = "pgx", database
			}
			settings := importSettings(t, dir, database)
			killed := killImports(t, settings, folder)
			out, err := exec.Command("guichet", "import", "-config", settings, folder).CombinedOutput()
			if err != nil {
				t.Fatalf("import: %v\n%s", err, out)
			}
			if out, err = exec.Command("guichet", "import", "-config", settings, "-preview", folder).CombinedOutput(); err != nil || strings.Count(string(out), ": 0 to add, 0 to change, ") != strings.Count(string(out), "\n") {
				t.Errorf("after the end: %v\n%s", err, out)
			}
			db, err := sql.Open(driver, address)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for _, what := range []struct{ file, field, table, column string }{
				{"payment", "cents", "payments", "cents"}, {"line", "refund", "refund_lines", "refund"}, {"line", "own", "refund_lines", "own"},
				{"maf-share", "counted", "maf_shares", "counted"}, {"member", "", "members", "0"},
			} {
				count, sum := sumOf(t, filepath.Join(folder, what.file+".ndjson"), what.field)
				var rows, cents int64
				if err := db.QueryRow("SELECT count(*), sum("+what.column+") FROM "+what.table).Scan(&rows, &cents); err != nil {
					t.Fatal(err)
				}
				if rows != count || cents != sum {
					t.Errorf("%s: %d rows, %d in all, want %d, %d", what.table, rows, cents, count, sum)
				}
			}
			t.Logf("%d imports killed", killed)
		})
	}
}

// killImports kills imports, each a little later than the one before, until one ends by
// itself or some were killed while they wrote.
func killImports(t *testing.T, settings, folder string) (killed int) {
	t.Helper()
	for i := range 8 {
		cmd := exec.Command("guichet", "import", "-config", settings, folder)
		var out bytes.Buffer
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Killed at the i-th word of progress, whatever the machine does meanwhile.
		lines := bufio.NewScanner(stdout)
		for range i / 2 {
			if lines.Scan() {
				out.Write(lines.Bytes())
			}
		}
		time.Sleep(time.Duration(30*(i%2)) * time.Millisecond)
		cmd.Process.Kill()
		if cmd.Wait() != nil {
			killed++
		}
	}
	if killed == 0 {
		t.Error("no import was killed")
	}
	return killed
}

func importSettings(t *testing.T, dir, database string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.NewKeys(filepath.Join(dir, "keys")); err != nil { // the database is there before them
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{
		"listen": "localhost:0", "origin": "https://counter.example", "data": filepath.Join(dir, "data"), "keys": filepath.Join(dir, "keys"),
		"trust": filepath.Join(dir, "trust"), "revocation_hosts": []string{"ocsp.example"}, "database": database,
		"mutuality": map[string]any{"id": "tilleuls", "brand": map[string]any{"name": []string{"Tilleuls"}},
			"letterhead": map[string]any{"name": "Tilleuls", "street": "Quai 14", "postcode": "4020", "city": "Liège"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "settings.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// sumOf counts the lines of a file, and adds up one of their fields.
func sumOf(t *testing.T, file, field string) (count, sum int64) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSpace(raw), []byte("\n")) {
		var record map[string]any
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatal(err)
		}
		count++
		if n, ok := record[field].(float64); ok {
			sum += int64(n)
		}
	}
	return count, sum
}
