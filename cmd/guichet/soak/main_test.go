package soak

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/reader/remote"
)

// The programs under test, built once from this checkout.
var guichet, guichetReader string

func TestMain(m *testing.M) {
	remote.Main()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "guichet-soak-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	guichet, guichetReader = filepath.Join(dir, "guichet"), filepath.Join(dir, "guichet-reader")
	build := exec.Command("go", "build", "-o", dir, "guichet.example/cmd/guichet", "guichet.example/cmd/guichet-reader")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the programs: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// often is how often to do a thing: few times in make test, many in make soak.
func often(few, many int) int {
	if os.Getenv("GUICHET_SOAK") != "" {
		return many
	}
	return few
}

// healthy are services that never misbehave, shared by all tests that need no more: a
// PKI costs half a second of a core.
var healthy = sync.OnceValues(func() (*certstest.Server, error) {
	return certstest.Listen(certstest.Config{}, "")
})

// await waits until the condition holds and fails the test if it does not within limit.
func await(t *testing.T, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}
