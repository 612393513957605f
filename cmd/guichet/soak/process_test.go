package soak

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a `guichet serve`.
type process struct {
	cmd   *exec.Cmd
	ready time.Duration // from its start to its first page
	ended chan struct{}
}

// start starts serve and waits for its first page.
func (p *place) start(t *testing.T) *process {
	t.Helper()
	s, up := p.launch(t)
	began := time.Now()
	select {
	case <-up:
	case <-s.ended:
		t.Fatalf("serve ended at its start: %s", p.lastLog(t))
	case <-time.After(30 * time.Second):
		t.Fatal("serve does not come up")
	}
	if err := p.firstPage(); err != nil {
		t.Fatal(err)
	}
	s.ready = time.Since(began)
	return s
}

// launch starts serve. The channel closes when it says that it serves.
func (p *place) launch(t *testing.T) (*process, <-chan struct{}) {
	t.Helper()
	s := &process{cmd: exec.Command(guichet, "serve", "-config", p.settings), ended: make(chan struct{})}
	if p.files > 0 {
		s.cmd = exec.Command("sh", "-c", `ulimit -n "$1"; exec "$0" serve -config "$2"`, guichet, fmt.Sprint(p.files), p.settings)
	}
	s.cmd.Env = append(os.Environ(), "TMPDIR="+p.temp)
	out, err := os.OpenFile(p.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout = out
	lines, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := begin(s.cmd); err != nil {
		t.Fatal(err)
	}
	up := make(chan struct{})
	go func() {
		defer close(s.ended)
		defer out.Close()
		follow(io.TeeReader(lines, out), up)
		s.cmd.Wait()
	}()
	p.life.Cleanup(s.kill)
	return s, up
}

// starts hands commands to the one thread that starts processes. The kernel ends them
// when that thread ends, which is when this program does, however it does.
var starts = sync.OnceValue(func() chan<- func() {
	queue := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range queue {
			start()
		}
	}()
	return queue
})

// begin starts a process that does not outlive the tests.
func begin(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	begun := make(chan error)
	starts() <- func() { begun <- cmd.Start() }
	return <-begun
}

// follow reads the log to its end and closes up at the line that says it serves.
func follow(log io.Reader, up chan struct{}) {
	served := false
	r := bufio.NewReader(log)
	for {
		line, err := r.ReadBytes('\n')
		if !served && bytes.Contains(line, []byte(`"msg":"serving"`)) {
			served = true
			close(up)
		}
		if err != nil {
			return
		}
	}
}

func (p *place) firstPage() error {
	r, err := http.NewRequest(http.MethodGet, "http://"+p.address+"/fr/sign-in", nil)
	if err != nil {
		return err
	}
	r.Host, r.Close = host, true
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	resp.Body.Close()
	return nil
}

// kill ends the process as a power switch would, at once.
func (s *process) kill() {
	s.cmd.Process.Kill()
	<-s.ended
}

// stop asks it to end, as a system does before an upgrade.
func (s *process) stop(t *testing.T) {
	t.Helper()
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("serve left with %d when it was asked to stop", code)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("serve took %v to stop", took)
	}
}

// lastLog is the last line serve printed.
func (p *place) lastLog(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.TrimSpace(text)
	return string(text[bytes.LastIndexByte(text, '\n')+1:])
}

// run runs the program under test with other arguments and returns what it prints.
func (p *place) run(args ...string) (string, error) {
	var out, failed strings.Builder
	cmd := exec.Command(guichet, args...)
	cmd.Stdout, cmd.Stderr = &out, &failed
	err := cmd.Run()
	return out.String() + failed.String(), err
}

// traced reports whether a debugger holds every thread of the process.
func (s *process) traced() bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", s.cmd.Process.Pid))
	if err != nil || len(threads) == 0 {
		return false
	}
	for _, thread := range threads {
		status, err := os.ReadFile(thread)
		if err != nil || bytes.Contains(status, []byte("TracerPid:\t0\n")) {
			return false
		}
	}
	return true
}
