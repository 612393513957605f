// Package objectstest gives tests an S3 server of their own, with a bucket in it, that can
// be stopped, killed and started again, and a party in between that spoils what passes.
package objectstest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"guichet.example/portal/objects"
)

// Names on every server of a test. The keys open nothing else.
const (
	BucketName = "guichet"
	accessKey  = "test-access"
	secretKey  = "test-secret"
)

// Server is a versitygw over a folder.
type Server struct {
	dir     string
	address string
	process *os.Process
	ended   chan struct{}
}

var shared = sync.OnceValues(func() (*Server, error) { return start() })

// End ends the server that a process of tests shares: for TestMain.
func End() {
	if s, err := shared(); err == nil {
		s.end()
	}
}

// New is a bucket in the server that the tests of this process share, with names of its
// own.
func New(t testing.TB) *objects.Bucket {
	t.Helper()
	return Open(t, Config(t))
}

// Config is the configuration of New.
func Config(t testing.TB) objects.Config {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("starting an S3 server: %v", err)
	}
	cfg := s.Config()
	cfg.Prefix = "t" + strconv.FormatInt(time.Now().UnixNano(), 36)
	return cfg
}

// Open makes a client.
func Open(t testing.TB, cfg objects.Config) *objects.Bucket {
	t.Helper()
	b, err := objects.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Start starts a server for this test alone, to be stopped or killed.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatalf("starting an S3 server: %v", err)
	}
	t.Cleanup(s.end)
	return s
}

// Config reaches the server.
func (s *Server) Config() objects.Config {
	return objects.Config{Endpoint: "http://" + s.address, Bucket: BucketName, AccessKey: accessKey, SecretKey: secretKey}
}

// Folder is where the server keeps the objects, as files: for scans.
func (s *Server) Folder() string { return filepath.Join(s.dir, "data", BucketName) }

func start() (*Server, error) {
	removeStale()
	dir, err := os.MkdirTemp("", prefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "data", BucketName), 0o700); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, address: listener.Addr().String()}
	if err := listener.Close(); err != nil {
		return nil, err
	}
	return s, s.Start()
}

// Start starts the server, after Kill, and waits until it answers.
func (s *Server) Start() error {
	program, err := Tool("versitygw")
	if err != nil {
		return err
	}
	cmd := exec.Command(program, "--port", s.address, "--quiet", "posix", "--nometa", filepath.Join(s.dir, "data"))
	cmd.Dir = s.dir
	cmd.Env = []string{"ROOT_ACCESS_KEY=" + accessKey, "ROOT_SECRET_KEY=" + secretKey, "HOME=" + s.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the signal comes when the thread ends that started it
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.process, s.ended = cmd.Process, ended
	return s.await()
}

func (s *Server) await() error {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/", nil)
		if err != nil {
			cancel()
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		cancel()
		if err == nil {
			return answer.Body.Close()
		}
		select {
		case <-s.ended:
			return errors.New("it ended at once")
		default:
		}
	}
	return errors.New("no answer within a minute")
}

// Kill ends the server at once. Hang stops it where it is; Resume lets it go on.
func (s *Server) Kill() {
	s.process.Signal(syscall.SIGKILL)
	<-s.ended
}

// Hang stops the server where it is.
func (s *Server) Hang() { s.process.Signal(syscall.SIGSTOP) }

// Resume ends Hang.
func (s *Server) Resume() { s.process.Signal(syscall.SIGCONT) }

func (s *Server) end() {
	s.Resume()
	s.Kill()
	os.RemoveAll(s.dir)
}

// prefix of the folders of servers, before the id of the process of tests.
const prefix = "guichet-s3-"

// removeStale removes the folders of test processes that are gone.
func removeStale() {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, folder := range found {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), prefix), "-")
		if pid, err := strconv.Atoi(owner); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			os.RemoveAll(folder)
		}
	}
}

// Tool is the path of a program that `make test-deps` installs beside the project.
func Tool(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	_, file, _, _ := runtime.Caller(0)
	path := filepath.Join(filepath.Dir(file), "..", "..", "..", "bin", "tools", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not installed, run make test-deps: %w", name, err)
	}
	return path, nil
}
