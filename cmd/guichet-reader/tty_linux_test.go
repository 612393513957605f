package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/reader/api"
	"guichet.example/reader/remote/remotetest"
)

// terminal is a pseudo-terminal: what a person types goes into master, and what she
// sees comes out of it.
type terminal struct {
	master, slave *os.File
	mu            sync.Mutex
	seen          bytes.Buffer
}

func openTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	tty := &terminal{master: master, slave: slave}
	t.Cleanup(func() { master.Close(); slave.Close() })
	go func() {
		buffer := make([]byte, 1024)
		for {
			n, err := master.Read(buffer)
			if err != nil {
				return
			}
			tty.mu.Lock()
			tty.seen.Write(buffer[:n])
			tty.mu.Unlock()
		}
	}()
	return tty
}

// await waits until the person sees the text, and forgets what came before.
func (tty *terminal) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		tty.mu.Lock()
		found := strings.Contains(tty.seen.String(), text)
		if found {
			tty.seen.Reset()
		}
		tty.mu.Unlock()
		if found {
			return
		}
	}
	t.Fatalf("no %q on the terminal, but %q", text, tty.all())
}

func (tty *terminal) all() string {
	tty.mu.Lock()
	defer tty.mu.Unlock()
	return tty.seen.String()
}

func (tty *terminal) types(t *testing.T, text string) {
	t.Helper()
	if _, err := tty.master.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func (tty *terminal) echoes(t *testing.T) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(tty.slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// onTerminal starts guichet-reader with tty as its controlling terminal; stdin is that
// or something else.
func onTerminal(t *testing.T, tty *terminal, stdin *os.File, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := &exec.Cmd{
		Path: self, Args: append([]string{"guichet-reader"}, args...), Env: os.Environ(),
		Stdin: stdin, Stdout: &out, Stderr: tty.slave, ExtraFiles: []*os.File{tty.slave},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3},
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd, &out
}

func TestPINOnTerminal(t *testing.T) {
	d, _, err := desk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	letter := filepath.Join(t.TempDir(), "letter")
	if err := os.WriteFile(letter, []byte("letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	devnull, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer devnull.Close()
	args := []string{"sign", letter, "-module", d.Module()}

	t.Run("wrong, then right", func(t *testing.T) {
		tty := openTerminal(t)
		cmd, out := onTerminal(t, tty, tty.slave, args...)
		tty.await(t, "PIN to sign: ")
		if tty.echoes(t) {
			t.Error("the terminal shows what is typed")
		}
		tty.types(t, "9876\n")
		tty.await(t, "Wrong PIN. 2 tries left. PIN to sign: ")
		tty.types(t, "1234\n")
		if err := cmd.Wait(); err != nil {
			t.Fatalf("guichet-reader: %v, %s", err, tty.all())
		}
		var value api.Signature
		if err := json.Unmarshal(out.Bytes(), &value); err != nil {
			t.Errorf("printed %q: %v", out, err)
		}
		if !tty.echoes(t) {
			t.Error("the echo stays off")
		}
		if strings.Contains(tty.all(), "1234") || strings.Contains(tty.all(), "9876") {
			t.Error("a PIN is on the terminal")
		}
	})
	t.Run("standard input is something else", func(t *testing.T) {
		tty := openTerminal(t)
		cmd, _ := onTerminal(t, tty, devnull, args...)
		tty.await(t, "PIN to sign: ")
		tty.types(t, "1234\n")
		if err := cmd.Wait(); err != nil {
			t.Fatalf("guichet-reader: %v, %s", err, tty.all())
		}
	})
	t.Run("empty line", func(t *testing.T) {
		tty := openTerminal(t)
		cmd, _ := onTerminal(t, tty, tty.slave, args...)
		tty.await(t, "PIN to sign: ")
		tty.types(t, "\n")
		tty.await(t, "guichet-reader sign: cancelled")
		if err := cmd.Wait(); err == nil || !tty.echoes(t) {
			t.Errorf("Wait = %v, echo %v, want a failure and the echo on", err, tty.echoes(t))
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		tty := openTerminal(t)
		cmd, _ := onTerminal(t, tty, tty.slave, args...)
		tty.await(t, "PIN to sign: ")
		tty.types(t, "12\x03") // Ctrl-C
		tty.await(t, "guichet-reader sign: cancelled")
		if err := cmd.Wait(); err == nil || !tty.echoes(t) {
			t.Errorf("Wait = %v, echo %v, want a failure and the echo on", err, tty.echoes(t))
		}
	})
	t.Run("card pulled out", func(t *testing.T) {
		tty := openTerminal(t)
		cmd, _ := onTerminal(t, tty, tty.slave, args...)
		tty.await(t, "PIN to sign: ")
		if err := d.Remove(); err != nil {
			t.Fatal(err)
		}
		tty.await(t, "card was removed")
		if err := cmd.Wait(); err == nil || !tty.echoes(t) {
			t.Errorf("Wait = %v, echo %v, want a failure and the echo on", err, tty.echoes(t))
		}
	})
	t.Run("process that asks is killed", func(t *testing.T) {
		if err := d.Insert("ec"); err != nil {
			t.Fatal(err)
		}
		tty := openTerminal(t)
		cmd, _ := onTerminal(t, tty, tty.slave, args...)
		tty.await(t, "PIN to sign: ")
		tty.types(t, "12")
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(tty.slave.Fd()), Events: unix.POLLIN}}, 0); err != nil { // takes it in
			t.Fatal(err)
		}
		for _, pid := range remotetest.Descendants(cmd.Process.Pid)[1:] {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		tty.await(t, "PKCS#11 module failed")
		if err := cmd.Wait(); err == nil || !tty.echoes(t) {
			t.Errorf("Wait = %v, echo %v, want a failure and the echo on", err, tty.echoes(t))
		}
		tty.types(t, "ls\n")
		if line, err := bufio.NewReader(tty.slave).ReadString('\n'); err != nil || line != "ls\n" {
			t.Errorf("the shell reads %q, %v: half a PIN", line, err)
		}
	})
	t.Run("program is killed", func(t *testing.T) {
		tty := openTerminal(t)
		cmd, _ := onTerminal(t, tty, tty.slave, args...)
		tty.await(t, "PIN to sign: ")
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		for end := time.Now().Add(20 * time.Second); !tty.echoes(t); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the echo stays off")
			}
		}
	})
	if n, err := d.Tries("ec"); err != nil || n != 3 {
		t.Errorf("Tries = %d, %v, want 3", n, err)
	}
}
