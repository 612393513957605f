package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
	"guichet.example/portal/handover"
	"guichet.example/portal/store/storetest"
)

// TestExportKilled kills `guichet export changes` and `ack` again and again, on both
// engines: each change is given once, and a batch that lies in the folder stays as it is.
func TestExportKilled(t *testing.T) {
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		t.Run(engine, func(t *testing.T) {
			dir, database := storetest.Dir(t), ""
			if engine == "PostgreSQL" {
				database = storetest.Database(t)
			}
			settings := importSettings(t, dir, database)
			changes := changePhones(t, settings, handover.MaxItems*3/2) // of two batches
			folder := filepath.Join(dir, "out")
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			x := &exports{t: t, settings: settings, folder: folder, manifests: map[string]string{}}
			x.untilNothingWaits()
			given := map[string]int{}
			for batch := range x.manifests {
				lines, err := os.ReadFile(filepath.Join(folder, batch, "changes.ndjson"))
				if err != nil {
					t.Fatal(err)
				}
				for line := range bytes.Lines(lines) {
					var item struct{ Kind, Object string }
					if err := json.Unmarshal(line, &item); err != nil || item.Object == "" {
						t.Fatalf("%s: %v: %s", batch, err, line)
					}
					given[item.Kind+" "+item.Object]++
				}
			}
			for item, times := range given {
				if times != 1 {
					t.Errorf("%s is given %d times", item, times)
				}
			}
			if len(given) != changes || len(x.manifests) < 2 || x.killed == 0 {
				t.Errorf("%d changes given in %d batches, want %d; %d runs killed", len(given), len(x.manifests), changes, x.killed)
			}
			t.Logf("%d changes in %d batches, %d runs killed", len(given), len(x.manifests), x.killed)
		})
	}
}

// changesEach is how many numbers a member gives.
const changesEach = 10

// changePhones has members give so many numbers, or a few more, and returns how many.
func changePhones(t *testing.T, settings string, changes int) int {
	t.Helper()
	s, err := loadSettings(settings)
	if err != nil {
		t.Fatal(err)
	}
	db, err := openStore(t.Context(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	g, err := seed.New(seed.Config{Seed: 7, Members: changes / changesEach, Until: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	var all []core.Row
	for family := range g.Families() {
		all = append(all, family.Rows(core.KindMember)...)
	}
	if _, err := db.Load(t.Context(), s.Mutuality.ID, core.Batch{Kind: core.KindMember, Rows: all}); err != nil {
		t.Fatal(err)
	}
	var changing sync.WaitGroup
	for _, row := range all {
		m, err := db.MemberByNationalNumber(t.Context(), s.Mutuality.ID, row.(core.Member).NationalNumber)
		if err != nil {
			t.Fatal(err)
		}
		changing.Go(func() {
			login := auth.Login{Mutuality: s.Mutuality.ID, Member: m.ID}
			for n := range changesEach {
				if err := db.ChangePhone(t.Context(), login, account.PhoneKinds()[0], fmt.Sprintf("+32470%06d", n+1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	changing.Wait()
	return len(all) * changesEach
}

// exports runs the command until nothing is left to give.
type exports struct {
	t                *testing.T
	settings, folder string
	manifests        map[string]string // of the batches that lay in the folder, by name
	killed           int
}

func (x *exports) untilNothingWaits() {
	for round := range 400 {
		out, ended := x.run(round, "changes", "-config", x.settings, x.folder)
		x.look()
		if !ended {
			continue
		}
		if strings.Contains(out, "nothing waits") {
			return
		}
		var batch int
		if _, err := fmt.Sscanf(out, "batch %d", &batch); err != nil {
			x.t.Fatalf("export says %q", out)
		}
		x.run(round, "ack", "-config", x.settings, fmt.Sprint(batch))
	}
	x.t.Fatal("the export does not end")
}

// run kills eleven of twelve runs at some time, and tells whether it ended by itself.
func (x *exports) run(round int, args ...string) (out string, ended bool) {
	cmd := exec.Command("guichet", append([]string{"export"}, args...)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	if round%12 != 11 {
		timer := time.AfterFunc(time.Duration(rand.IntN(100))*time.Millisecond, func() { cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := cmd.Wait()
	switch {
	case err == nil:
		return said.String(), true
	case cmd.ProcessState.ExitCode() == -1:
		x.killed++
	case !strings.Contains(said.String(), "no such batch"): // its acknowledgement was in before the kill
		x.t.Errorf("export %s: %v: %s", args[0], err, said.String())
	}
	return "", false
}

// look wants each batch that lies in the folder to be whole, and as it was.
func (x *exports) look() {
	found, err := filepath.Glob(filepath.Join(x.folder, "batch-*"))
	if err != nil {
		x.t.Fatal(err)
	}
	for _, path := range found {
		name := filepath.Base(path)
		manifest, err := os.ReadFile(filepath.Join(path, "manifest.json"))
		if errors.Is(err, fs.ErrNotExist) || len(manifest) == 0 {
			x.t.Errorf("%s lies there without its manifest", name)
			continue
		}
		if before, seen := x.manifests[name]; seen && before != string(manifest) {
			x.t.Errorf("%s is another one than before", name)
		}
		x.manifests[name] = string(manifest)
	}
}
