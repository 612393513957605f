package pcsc

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed poll/poll.c
var pollSource string

// pollLibrary is what hurries the daemon.
func (r *Rig) pollLibrary() string { return filepath.Join(r.dir, "poll.so") }

func (r *Rig) compilePoll() error {
	if r.config.Poll == 0 {
		return nil
	}
	cmd := exec.Command("cc", "-O1", "-shared", "-fPIC", "-o", r.pollLibrary(), "-x", "c", "-")
	cmd.Stdin = strings.NewReader(pollSource)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compiling poll.c: %w\n%s", err, out)
	}
	return nil
}

// startDaemon starts pcscd and waits until it listens: to its driver's ports and then
// to its socket, in the order it opens them.
func (r *Rig) startDaemon() error {
	program, err := exec.LookPath("pcscd")
	if err != nil {
		return ErrNotInstalled
	}
	log, err := os.OpenFile(r.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(program, "--foreground", "--config", filepath.Join(r.dir, "conf"))
	cmd.Stdout, cmd.Stderr = log, log
	if r.config.Poll > 0 {
		cmd.Env = append(os.Environ(), "LD_PRELOAD="+r.pollLibrary(),
			"GUICHET_PCSC_POLL="+strconv.FormatInt(r.config.Poll.Microseconds(), 10))
	}
	if err := r.space.start(cmd); err != nil {
		return fmt.Errorf("starting pcscd: %w", err)
	}
	gone := make(chan struct{})
	go func() {
		cmd.Wait()
		close(gone)
	}()
	r.daemon, r.gone = cmd, gone
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && !over(gone); time.Sleep(2 * time.Millisecond) {
		if conn, err := net.Dial("unix", r.Socket()); err == nil {
			conn.Close()
			return nil
		}
	}
	said, _ := os.ReadFile(r.logFile())
	return errors.Join(fmt.Errorf("starting pcscd: %w: %s", ErrNotReady, said), r.stopDaemon())
}

// logFile is what the daemon says, for whoever looks into a failure.
func (r *Rig) logFile() string { return filepath.Join(r.dir, "log") }

// stopDaemon asks the daemon to end, and kills it when it does not.
func (r *Rig) stopDaemon() error {
	if r.daemon == nil {
		return nil
	}
	cmd := r.daemon
	r.daemon = nil
	if !over(r.gone) {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	select {
	case <-r.gone:
	case <-time.After(patience / 4):
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		<-r.gone
	}
	for _, leftover := range []string{"pcscd.comm", "pcscd.pid"} { // a next daemon refuses to start over them
		if err := os.RemoveAll(filepath.Join(r.dir, "ipc", leftover)); err != nil {
			return err
		}
	}
	return nil
}

// over reports whether a channel is closed.
func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
