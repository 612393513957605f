package store_test

import (
	"bufio"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"guichet.example/portal/store"
)

// TestPowerCut copies a mounted file system while a child signs documents on it: the
// copy is what a power cut leaves. It needs root and a loop device, so it runs in
// make soak alone. The last round takes the syncs away from the child and must lose
// documents, or the test would show nothing.
func TestPowerCut(t *testing.T) {
	rounds := soak(0, 50)
	for range rounds {
		if lost, signed := powerCut(t); lost > 0 {
			t.Errorf("%d of %d acknowledged documents lost", lost, signed)
		}
	}
	if rounds == 0 {
		return
	}
	lost, _ := powerCut(t, "strace", "-f", "-q", "-o", "/dev/null",
		"-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:retval=0")
	if lost == 0 {
		t.Error("without a sync nothing is lost: the check shows nothing")
	}
}

// powerCut returns how many acknowledged documents the copy lost, and of how many.
func powerCut(t *testing.T, prefix ...string) (lost, signed int) {
	t.Helper()
	dir := t.TempDir()
	image, cut, mounted := filepath.Join(dir, "image"), filepath.Join(dir, "cut"), filepath.Join(dir, "mounted")
	must(t, os.Mkdir(mounted, 0o700))
	run(t, "truncate", "-s", "512M", image)
	run(t, "mkfs.ext4", "-q", "-F", image)
	run(t, "mount", "-o", "loop", image, mounted)
	folder := filepath.Join(mounted, "store")
	must(t, os.Mkdir(folder, 0o700))
	makeFolder(t, folder)
	run(t, "sync", "-f", folder)
	j := signUntilCut(t, folder, func() { run(t, "cp", "--sparse=always", image, cut) }, prefix)
	unmount(t, mounted)

	run(t, "mount", "-o", "loop", cut, mounted)
	defer unmount(t, mounted)
	if len(prefix) == 0 {
		db := openFolder(t, folder)
		check(t, db, folder, j)
		must(t, db.Close())
	}
	return countLost(t, folder, j), len(j.signed)
}

// signUntilCut returns what was acknowledged before the cut.
func signUntilCut(t *testing.T, folder string, cut func(), prefix []string) *journal {
	t.Helper()
	args := append(prefix, os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childFolder+"="+folder)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var mu sync.Mutex
	var j journal
	over := false
	read := make(chan bool)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			mu.Lock()
			if !over {
				j.line(t, lines.Text())
			}
			mu.Unlock()
		}
		close(read)
	}()
	time.Sleep(time.Second + time.Duration(rand.IntN(500))*time.Millisecond)
	mu.Lock()
	over = true // what is acknowledged from here on may be lost
	mu.Unlock()
	// Stopped first: the copy takes its time, and of a file system at work it would show
	// a state that never was.
	must(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGSTOP))
	cut()
	must(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL))
	<-read
	cmd.Wait() // killed: its error is no news
	return &j
}

func countLost(t *testing.T, folder string, j *journal) int {
	t.Helper()
	cfg, err := childConfig(folder)
	if err != nil {
		return len(j.signed)
	}
	db, err := store.Open(t.Context(), cfg)
	if err != nil {
		return len(j.signed)
	}
	lost := 0
	for _, want := range j.signed {
		if _, err := db.Open(t.Context(), childLogin, want[0], 0); err != nil {
			lost++
		}
	}
	must(t, db.Close())
	return lost
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// unmount waits for a killed child to let go.
func unmount(t *testing.T, mounted string) {
	t.Helper()
	for range 100 {
		if exec.Command("umount", mounted).Run() == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	run(t, "umount", mounted)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
