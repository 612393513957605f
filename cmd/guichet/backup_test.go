package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/audit"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// TestBackupCommand backs a counter up and restores it elsewhere by the two commands, on
// both engines; what would hold or need the keys is refused.
func TestBackupCommand(t *testing.T) {
	for _, engine := range storetest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			dir := t.TempDir()
			here := place(t, dir, "here", engine, false)
			here.run("serve once", 0, func() error {
				s, err := loadSettings(here.config)
				if err != nil {
					return err
				}
				db, err := openStore(t.Context(), s, slog.New(slog.DiscardHandler))
				if err != nil {
					return err
				}
				return db.Close()
			})
			out := filepath.Join(dir, "backup")
			here.command("into the keys", "folder", runBackup, "-config", here.config, filepath.Join(here.keys, "b"))
			here.command("backup", "", runBackup, "-config", here.config, out)
			here.command("over another", "something already", runBackup, "-config", here.config, out)
			here.command("restore over itself", "something already", runRestore, "-config", here.config, out)

			there := place(t, dir, "there", engine, true)
			there.command("no keys", "put them back", runRestore, "-config", there.config, out)
			if err := os.Rename(here.keys, there.keys); err != nil {
				t.Fatal(err)
			}
			there.command("no backup", "not a whole backup", runRestore, "-config", there.config, dir)
			there.command("restore", "", runRestore, "-config", there.config, out)
			for _, want := range []string{"all checked", "not in it is what was done since, in 0 days, 0 hours"} {
				if !strings.Contains(there.said.String(), want) {
					t.Errorf("it said %q, not %q", there.said.String(), want)
				}
			}
			if err := os.Remove(filepath.Join(out, store.SealFile)); err != nil {
				t.Fatal(err)
			}
			yonder := place(t, dir, "yonder", engine, true)
			yonder.command("no keys", "put them back", runRestore, "-config", yonder.config, out)
			if err := os.Symlink(there.keys, yonder.keys); err != nil {
				t.Fatal(err)
			}
			yonder.command("without a seal", "-unsealed", runRestore, "-config", yonder.config, out)
			if err := runRestore(t.Context(), cli.Env{Stdout: &yonder.said, Stderr: &yonder.said}, []string{"-h"}); err != nil && !errors.Is(err, flag.ErrHelp) {
				t.Error(err)
			}
			if !strings.Contains(yonder.said.String(), "older programs") {
				t.Errorf("usage says %q", yonder.said.String())
			}
			aged(t, filepath.Join(out, "manifest.json"), 8*24*time.Hour)
			yonder.command("old", "8 days ago", runRestore, "-unsealed", "-config", yonder.config, out)
			yonder.command("old", "-old", runRestore, "-unsealed", "-config", yonder.config, out)
			head := audit.Anchor{At: time.Now(), Head: audit.Head{Chain: "06h029gerwqtfcfprcxr1ynme4", Seq: 812}}
			if err := audit.AppendAnchors(yonder.heads, head); err != nil {
				t.Fatal(err)
			}
			yonder.command("old and without a seal, said", "", runRestore, "-unsealed", "-old", "-config", yonder.config, out)
			for _, want := range []string{"in 8 days, 0 hours", "at least 812 audit rows after it"} {
				if !strings.Contains(yonder.said.String(), want) {
					t.Errorf("it said %q, not %q", yonder.said.String(), want)
				}
			}
			again := filepath.Join(dir, "again")
			there.command("backup of what was restored", "", runBackup, "-config", there.config, again)
		})
	}
}

// aged makes a backup as old as that, by its own word.
func aged(t *testing.T, manifest string, age time.Duration) {
	t.Helper()
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	m["began"] = time.Now().Add(-age).UTC().Format(time.RFC3339)
	if text, err = json.Marshal(m); err == nil {
		err = os.WriteFile(manifest, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// machine is where a counter is set up.
type machine struct {
	t            *testing.T
	config, keys string
	heads        string
	said         strings.Builder
}

func place(t *testing.T, dir, name string, engine storetest.Engine, empty bool) *machine {
	t.Helper()
	m := &machine{t: t, config: filepath.Join(dir, name+".json"), keys: filepath.Join(dir, name+"-keys")}
	data := filepath.Join(dir, name+"-data")
	m.heads = filepath.Join(dir, name+"-heads")
	change := `"data": "` + data + `", "keys": "` + m.keys + `", "audit_heads": "` + m.heads + `"`
	if engine == storetest.PostgreSQL {
		change += `, "database": "` + storetest.EmptyDatabase(t) + `"`
	}
	if !empty {
		if err := os.Mkdir(data, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(m.config, changed(t, change), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *machine) run(what string, _ int, do func() error) {
	m.t.Helper()
	if err := do(); err != nil {
		m.t.Fatalf("%s: %v", what, err)
	}
}

// command runs a command; want is in its error, "" if it has none.
func (m *machine) command(what, want string, run func(context.Context, cli.Env, []string) error, args ...string) {
	m.t.Helper()
	m.said.Reset()
	err := run(m.t.Context(), cli.Env{Stdin: strings.NewReader(""), Stdout: &m.said, Stderr: &m.said}, args)
	switch {
	case want == "" && err != nil:
		m.t.Fatalf("%s: %v\n%s", what, err, m.said.String())
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		m.t.Errorf("%s: %v, want %q", what, err, want)
	}
}

func TestStepProgress(t *testing.T) {
	var out strings.Builder
	p := &stepProgress{progress: newProgress(&out)}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	p.now = func() time.Time { return now }
	for _, s := range []struct {
		what     string
		done, of int64
	}{{"database", 1 << 20, 5 << 20}, {"database", 5 << 20, 5 << 20}, {"objects", 0, 3}, {"objects", 3, 3}} {
		now = now.Add(everyLine)
		p.told(store.Step{What: s.what, Done: s.done, Of: s.of})
	}
	p.end()
	for _, want := range []string{"0 of 6 MB of the database", "5 of 6 MB of the database", "0 of 3 objects", "3 of 3 objects"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
	}
}
