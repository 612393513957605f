package remote_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/reader"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

// A child killed at any moment of a signature is reader.ErrModuleFailed or came too late,
// no PIN goes to the card twice for it, and the next call works.
func TestChildKilledWhileSigning(t *testing.T) {
	d, s, c := inserted(t, "p384")
	s.Opened()
	started := time.Now()
	if _, err := c.Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(started)
	const moments = 24
	for i := range moments {
		// A card spends a try before it compares, and a kill in between is not its fault.
		if err := errors.Join(d.Forget(), d.ResetTries("p384")); err != nil {
			t.Fatal(err)
		}
		child := s.Children()
		signed := make(chan error, 1)
		go func() {
			_, err := c.Sign(context.Background(), request(typed(t, goodPIN)))
			signed <- err
		}()
		time.Sleep(whole * time.Duration(i) / moments) // a moment, not a synchronisation
		kill(child)
		if err := <-signed; err != nil && !errors.Is(err, reader.ErrModuleFailed) {
			t.Errorf("moment %d: Sign = %v, want nil or ErrModuleFailed", i, err)
		}
		wantOnePIN(t, d)
		if mended(t, d) {
			replace(t, s)
		}
		if err := c.Present(within(t, time.Minute)); err != nil {
			t.Fatalf("moment %d: the next call = %v", i, err)
		}
	}
	if _, err := c.Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
		t.Errorf("Sign after all that = %v", err)
	}
	wantTries(t, d, "p384", softcard.MaxTries)
}

// mended puts right what a kill cut short in the token store of SoftHSM2, which at each
// login writes a file over itself. No card does that.
func mended(t *testing.T, d *softcard.Desk) bool {
	t.Helper()
	dir := filepath.Dir(d.Module())
	files, err := filepath.Glob(dir + "/tokens/*/token.object")
	if err != nil || len(files) == 0 {
		t.Fatalf("no token store in %s: %v", dir, err)
	}
	cut := false
	for _, file := range files {
		whole, err := os.ReadFile(worldDir + strings.TrimPrefix(file, dir))
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err == nil && info.Size() == int64(len(whole)) {
			continue
		}
		cut = true
		if err := os.WriteFile(file, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cut
}

// replace kills the children that do nothing and waits until there are others.
func replace(t *testing.T, s *remote.Set) {
	t.Helper()
	before := s.Children()
	kill(before)
	await(t, "a fresh child", func() bool {
		_, _ = s.Readers(t.Context()) // the second to die in a row is replaced when asked
		now := s.Children()
		return len(now) == 1 && (len(before) == 0 || now[0] != before[0])
	})
}

func kill(children []int) {
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// wantOnePIN looks at what came to the card for one signature: at most one login of each
// sort (the key of a Belgian card wants its own).
func wantOnePIN(t *testing.T, d *softcard.Desk) {
	t.Helper()
	events, err := d.Events()
	if err != nil {
		t.Fatal(err)
	}
	logins := map[uint]int{}
	for _, e := range events {
		if e.Kind == softcard.LoggedIn {
			logins[e.User]++
		}
	}
	for user, n := range logins {
		if n > 1 {
			t.Errorf("%d logins as user type %d for one signature", n, user)
		}
	}
	signed, err := d.Journal()
	if err != nil || len(signed) > 1 {
		t.Errorf("the card signed %d times (%v) for one call", len(signed), err)
	}
}

// A child killed while nothing is under way was never missed.
func TestChildKilledWhileIdle(t *testing.T) {
	_, s, c := inserted(t, "p384")
	for range 5 {
		replace(t, s)
		if err := c.Present(t.Context()); err != nil {
			t.Fatalf("Present = %v", err)
		}
	}
	if h := s.Health(t.Context())[0]; h.Kills != 0 || h.Restarts != 5 {
		t.Errorf("Health = %d kills, %d restarts, want 0 and 5", h.Kills, h.Restarts)
	}
}

// A module that crashes as soon as it is loaded is not started again and again.
func TestBackOff(t *testing.T) {
	d := newDesk(t)
	fail(t, d, softcard.Fault{Function: "C_Initialize", Do: softcard.Crash})
	s := openSet(t, remote.Config{Modules: []string{d.Module()}})
	var err error
	started, calls := time.Now(), 0
	for ; calls < 10_000; calls++ {
		_, err = s.Readers(t.Context())
		wantError(t, "Readers", err, reader.ErrModuleFailed)
		if strings.Contains(err.Error(), "the module is left alone for") {
			break
		}
	}
	if calls > 20 {
		t.Errorf("%d calls in %v before the module was left alone", calls, time.Since(started))
	}
	if h := s.Health(t.Context())[0]; h.Restarts > 20 || h.Err == nil {
		t.Errorf("Health = %+v, want few restarts and an error", h)
	}
}

// parentMarker makes the test binary a parent that holds a child and waits.
const parentMarker = "GUICHET_TEST_PARENT"

// beParent opens the module named in the environment and makes a call that hangs.
func beParent(module string) {
	s, err := remote.Open(remote.Config{Modules: []string{module}, Deadline: time.Hour})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Children()[0])
	_, err = s.Readers(context.Background())
	panic(fmt.Sprintf("Readers of a module that hangs = %v", err))
}

// When the parent is killed the child goes too, even while its module hangs.
func TestParentKilled(t *testing.T) {
	d := newDesk(t)
	fail(t, d, softcard.Fault{Function: "C_GetSlotList", Do: softcard.Hang})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), parentMarker+"="+d.Module())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child := strings.TrimSpace(line)
	await(t, "the module to hang", d.Fired)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	await(t, "the child to end", func() bool { return !alive(child) })
}

// alive reports whether a process is there that is no zombie.
func alive(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

func await(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !happened(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

// What a child is must not be had by others of the same user: no ptrace, no memory, no
// core.
func TestHardened(t *testing.T) {
	_, s, _ := inserted(t, "p384")
	pid := strconv.Itoa(s.Children()[0])
	limits, err := os.ReadFile("/proc/" + pid + "/limits")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(limits)) {
		if strings.HasPrefix(line, "Max core file size") && strings.Fields(line)[4] != "0" {
			t.Errorf("limits have %q", line)
		}
	}
	info, err := os.Stat("/proc/" + pid + "/mem") // root's when the process is not dumpable (proc(5))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 && info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Error("the child is dumpable")
	}
	environment, err := os.ReadFile("/proc/" + pid + "/environ")
	if err == nil && strings.Contains(string(environment), goodPIN) {
		t.Error("a PIN is in the environment")
	}
}

// A module that keeps failing, as after the PC/SC daemon was started again, or that sees
// no reader any more, gets a fresh child now and then.
func TestFreshChildForTheIll(t *testing.T) {
	for name, fault := range map[string]softcard.Fault{
		"no card":     {Function: "C_OpenSession", Nth: 2, Do: softcard.Return(pkcs11.CKR_GENERAL_ERROR)},
		"fails":       {Function: "C_GetSlotList", Nth: 3, Do: softcard.Return(pkcs11.CKR_GENERAL_ERROR)},
		"sees nobody": {Function: "C_GetSlotList", Nth: 3, Do: softcard.PlugOut("Soft Reader")},
	} {
		t.Run(name, func(t *testing.T) {
			d, s, _ := inserted(t, "p384")
			s.Hurry(50*time.Millisecond, 1e6)
			before := s.Children()[0]
			fail(t, d, fault)
			insert(t, d, "other") // so that no card is open
			await(t, "a fresh child", func() bool {
				if _, err := s.Card(t.Context()); err == nil {
					insert(t, d, "p384")
				}
				now := s.Children()
				return len(now) == 1 && now[0] != before
			})
			if err := d.Plug(); err != nil {
				t.Fatal(err)
			}
			fail(t, d)
			insert(t, d, "p384")
			if _, err := openCard(t, s).Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
				t.Errorf("Sign = %v", err)
			}
			if h := s.Health(t.Context())[0]; h.Restarts < 1 || h.Restarts > 8 {
				t.Errorf("%d fresh children", h.Restarts)
			}
		})
	}
}

// A child that has served long is replaced, and nobody notices.
func TestRecycled(t *testing.T) {
	_, s, c := inserted(t, "p384")
	s.Hurry(time.Hour, 50)
	before := s.Children()[0]
	await(t, "another child", func() bool {
		if _, err := s.Readers(t.Context()); err != nil {
			t.Fatalf("Readers = %v", err)
		}
		return s.Children()[0] != before
	})
	if err := c.Present(t.Context()); err != nil {
		t.Errorf("Present = %v", err)
	}
	if h := s.Health(t.Context())[0]; h.Kills != 0 || h.Restarts != 0 {
		t.Errorf("Health = %d kills, %d restarts, want none", h.Kills, h.Restarts)
	}
}
