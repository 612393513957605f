package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// TestCommandsAwaitTheDatabase: a command that is started while PostgreSQL is away says so
// and begins once it answers; a server ends at once, and nobody waits for an answer that is no.
func TestCommandsAwaitTheDatabase(t *testing.T) {
	server := storetest.Start(t, false)
	address, err := server.Fresh()
	if err != nil {
		t.Fatal(err)
	}
	dir, data := t.TempDir(), t.TempDir()
	config := filepath.Join(dir, "settings.json")
	text := `"data": "` + data + `", "keys": "` + filepath.Join(dir, "keys") + `", "database": "` + address + `"`
	if err := os.WriteFile(config, changed(t, text), 0o600); err != nil {
		t.Fatal(err)
	}
	server.Signal(syscall.SIGQUIT)
	server.Wait()

	s, err := loadSettings(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := serve(t.Context(), s, slog.New(slog.DiscardHandler)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("serve: %v", err)
	}
	said, ended := &lockedBuffer{}, make(chan error)
	var out bytes.Buffer
	go func() {
		ended <- runLetters(t.Context(), cli.Env{Stdout: &out, Stderr: said}, []string{"list", "-config", config})
	}()
	for !strings.Contains(said.String(), "no answer, trying again for up to 2m0s: ") {
		select {
		case err := <-ended:
			t.Fatalf("it did not wait: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil || !strings.Contains(out.String(), "LETTER") {
		t.Errorf("once it answers: %v, %s", err, out.String())
	}

	s.Database = strings.Replace(address, "/f1", "/none", 1)
	began := time.Now()
	env := cli.Env{Stdout: io.Discard, Stderr: &lockedBuffer{}}
	if _, err := awaitStore(t.Context(), env, s, slog.New(slog.DiscardHandler)); err == nil || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("no such database: %v after %v", err, time.Since(began))
	}
}

// lockedBuffer is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}
