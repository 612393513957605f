package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/reader/api"
	"guichet.example/reader/remote/remotetest"
)

// After a signature the program holds no PIN, nor does the child that comes next; the
// PIN is drawn here, since a constant would be in the program.
func TestNoPINInMemory(t *testing.T) {
	for _, name := range []string{"rsa", "ec"} {
		t.Run(name, func(t *testing.T) {
			pids, secret, end := signed(t, name, nil)
			for i, pid := range pids {
				found, looked, err := remotetest.Holds(pid, secret)
				if err != nil && i > 0 {
					continue // the child that signed has gone
				}
				if err != nil || looked < 1<<20 {
					t.Fatalf("looked at %d bytes of process %d: %v", looked, pid, err)
				}
				if found {
					t.Errorf("process %d of %v holds the PIN", pid, pids)
				}
			}
			end()
		})
	}
	t.Run("planted", func(t *testing.T) { // does the search find anything?
		pids, secret, end := signed(t, "ec", func(pin string) string { return "PLANTED=" + pin })
		if found, looked, err := remotetest.Holds(pids[0], secret); !found || err != nil {
			t.Errorf("a planted PIN was not found in %d bytes: %v", looked, err)
		}
		end()
	})
}

// signed runs guichet-reader sign with a PIN of twelve digits from a descriptor, up to
// where it has signed and writes what came of it: into a pipe that is full. It returns
// the process and its children; end lets them end.
func signed(t *testing.T, name string, plant func(pin string) string) (pids []int, secret []byte, end func()) {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(1e12))
	if err != nil {
		t.Fatal(err)
	}
	pin := fmt.Sprintf("%012d", n)
	dir := t.TempDir()
	d, w, err := desk(filepath.Join(dir, "desk"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.AddCard("drawn", w.cards[name], pin); err != nil {
		t.Fatal(err)
	}
	if err := d.Insert("drawn"); err != nil {
		t.Fatal(err)
	}
	letter := filepath.Join(dir, "letter")
	if err := os.WriteFile(letter, []byte("letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, in := pipe(t)
	stuffed := stuff(t, in)
	pinOut, pinIn := pipe(t)
	if _, err := pinIn.WriteString(pin + "\n"); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{
		Path: self, Args: []string{"guichet-reader", "sign", letter, "-module", d.Module(), "-pin-fd", "3"},
		Env: os.Environ(), Stdout: in, Stderr: os.Stderr, ExtraFiles: []*os.File{pinOut},
	}
	if plant != nil {
		cmd.Env = append(cmd.Env, plant(pin))
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	in.Close()
	pid := cmd.Process.Pid
	for until := time.Now().Add(time.Minute); !writing(pid); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("it did not sign within a minute")
		}
	}
	return remotetest.Descendants(pid), []byte(pin), func() {
		if _, err := out.Read(make([]byte, stuffed)); err != nil {
			t.Fatal(err)
		}
		var value api.Signature
		if err := json.NewDecoder(out).Decode(&value); err != nil || value.Signature == "" {
			t.Errorf("it printed %+v, %v", value, err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("guichet-reader: %v", err)
		}
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// stuff writes spaces until no byte more goes in.
func stuff(t *testing.T, w *os.File) int {
	t.Helper()
	raw, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	err = raw.Control(func(fd uintptr) {
		for size := 4096; size > 0; {
			n, err := unix.Write(int(fd), []byte(strings.Repeat(" ", size)))
			switch {
			case errors.Is(err, unix.EAGAIN):
				size /= 2
			case err != nil:
				t.Errorf("stuffing a pipe: %v", err)
				return
			default:
				total += n
			}
		}
		_ = unix.SetNonblock(int(fd), false) // for the program, which is to wait
	})
	if err != nil {
		t.Fatal(err)
	}
	return total
}

// writing reports whether a thread of the process writes to standard output.
func writing(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
	return slices.ContainsFunc(threads, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.HasPrefix(string(text), fmt.Sprintf("%d 0x1 ", unix.SYS_WRITE))
	})
}
