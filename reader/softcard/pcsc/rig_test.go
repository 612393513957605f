package pcsc_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/softcard/pcsc"
)

// tool runs a program of OpenSC as a client of the rig, fails the test when it fails,
// and returns what it printed.
func tool(t testing.TB, r *pcsc.Rig, name string, args ...string) string {
	t.Helper()
	out, err := tryTool(t, r, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func tryTool(t testing.TB, r *pcsc.Rig, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), r.Env()...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func wantText(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s does not say %q:\n%s", what, part, text)
		}
	}
}

// Two rigs live side by side, each seen by its own clients alone.
func TestSeveralRigs(t *testing.T) {
	t.Parallel()
	other, err := pcsc.Start(pcsc.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	list := tool(t, other, "opensc-tool", "-l")
	wantText(t, "opensc-tool -l", list, other.Reader(0), other.Reader(1))
	if err := other.Insert(1, card(t, "ec")); err != nil {
		t.Fatal(err)
	}
	wantText(t, "opensc-tool -a", tool(t, other, "opensc-tool", "-a", "-r", other.Reader(1)), "3b:7f:96:00:00:80:31:80:65:b0:85:04:01:20:12:0f:ff:82:90:00")
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(other.Socket()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket outlives its rig: %v", err)
	}
	wantError(t, "Insert after Close", other.Insert(0, card(t, "ec")), pcsc.ErrClosed)
	wantError(t, "Restart after Close", other.Restart(), pcsc.ErrClosed)
	if err := other.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

// A client of the machine's own daemon, if there is one, sees nothing of a rig.
func TestApart(t *testing.T) {
	cmd := exec.CommandContext(within(t), "opensc-tool", "-l")
	for _, pair := range os.Environ() {
		if !slices.Contains(rig.Env(), pair) {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	if out, _ := cmd.CombinedOutput(); strings.Contains(string(out), "Virtual PCD") {
		t.Errorf("a client without the rig's environment sees its readers:\n%s", out)
	}
}

func TestReaders(t *testing.T) {
	insert(t, "rsa")
	wantError(t, "a second card in one reader", rig.Insert(0, card(t, "ec")), pcsc.ErrOccupied)
	wantText(t, "opensc-tool -a", tool(t, rig, "opensc-tool", "-a"), "3b:98:13:40:0a:a5:03:01:01:01:ad:13:11")
	put(t, 1, card(t, "ec"))
	list := tool(t, rig, "opensc-tool", "-l")
	if strings.Count(list, "Yes") != 2 {
		t.Errorf("two cards are in, opensc-tool says\n%s", list)
	}
	remove(t, 0)
	remove(t, 0) // an empty reader stays empty
	if list := tool(t, rig, "opensc-tool", "-l"); strings.Count(list, "Yes") != 1 {
		t.Errorf("one card is left, opensc-tool says\n%s", list)
	}
	if err := rig.Swap(1, card(t, "rsa")); err != nil {
		t.Fatal(err)
	}
	wantText(t, "opensc-tool -n", tool(t, rig, "opensc-tool", "-n"), "Belpic")
}

// The daemon comes back on the same socket and finds the cards.
func TestRestart(t *testing.T) {
	insert(t, "ec")
	if err := rig.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := rig.Stop(); err != nil {
		t.Fatalf("stopping twice: %v", err)
	}
	out, err := tryTool(t, rig, "opensc-tool", "-a")
	if err == nil {
		t.Errorf("without a daemon opensc-tool says %s", out)
	}
	if err := rig.Restart(); err != nil {
		t.Fatal(err)
	}
	wantText(t, "opensc-tool -a", tool(t, rig, "opensc-tool", "-a"), "3b:7f:96")
}
