package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"guichet.example/portal/store"
)

// Server is a PostgreSQL server in a folder of its own, reached by a Unix socket.
type Server struct {
	dir     string
	bin     string
	durable bool
	more    []string            // settings
	cred    *syscall.Credential // nil: as ourselves
	process *os.Process
	ended   chan struct{}
	count   atomic.Int64
	once    sync.Once
	err     error // of the template
}

// template is the database that holds the schema and nothing else.
const template = "guichet_schema"

// prefix of the folders of servers and stores; the id of the process that made them follows.
const prefix = "guichet-pg-"

// shared is the server of this test process. It lives as long as the process does.
var shared = sync.OnceValues(func() (*Server, error) { return start(false) })

// Database makes an empty database with the schema on the server of this test process
// and returns its address. It is dropped at the end of the test.
func Database(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
	return s.Database(t)
}

// EmptyDatabase is Database without the schema.
func EmptyDatabase(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
	return s.make(t, "template0")
}

// Start starts a server for this test alone, to be stopped, hung or killed. durable
// has it sync what it commits.
func Start(t testing.TB, durable bool) *Server {
	t.Helper()
	s, err := start(durable)
	if err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		s.end()
		os.RemoveAll(s.dir)
	})
	return s
}

// Serve starts a durable server for measurements; Stop ends it.
func Serve(settings ...string) (*Server, error) {
	removeStale()
	dir, err := os.MkdirTemp(parent(true), prefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, err
	}
	return startIn(dir, true, settings...)
}

// Stop ends a server of Serve, with all that was in it.
func (s *Server) Stop() {
	s.end()
	os.RemoveAll(s.dir)
}

// Fresh makes an empty database without a schema and returns its address.
func (s *Server) Fresh() (string, error) {
	name := fmt.Sprintf("f%d", s.count.Add(1))
	return s.Address(name), s.order("CREATE DATABASE " + name + " TEMPLATE template0")
}

// StartSmall starts a server whose data are on a disk of so many bytes, which Fill fills.
// mounted is false where no disk can be mounted: only root can.
func StartSmall(t testing.TB, bytes int64) (s *Server, mounted bool) {
	t.Helper()
	disk, err := os.MkdirTemp(parents[1], prefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(disk) })
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size="+strconv.FormatInt(bytes, 10)); err != nil {
		return Start(t, false), false
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	if s, err = startIn(disk, false, "-c", "max_wal_size=32MB", "-c", "min_wal_size=32MB"); err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
	t.Cleanup(func() { s.end() })
	return s, true
}

// Fill leaves no room on the disk of StartSmall; free gives it back.
func (s *Server) Fill() (free func() error, err error) {
	path := filepath.Join(s.dir, "filler")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	block := make([]byte, 4<<10)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return nil, err
	}
	return func() error { return os.Remove(path) }, nil
}

// Pid is the id of the first of its processes, whose children the others are.
func (s *Server) Pid() int { return s.process.Pid }

// Ended tells whether the server has ended by itself.
func (s *Server) Ended() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// end ends the server at once.
func (s *Server) end() {
	s.Resume()
	s.Signal(syscall.SIGQUIT)
	<-s.ended
}

// Database makes an empty database with the schema and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	s.once.Do(func() { s.err = s.makeTemplate() })
	if s.err != nil {
		t.Fatalf("making the schema: %v", s.err)
	}
	return s.make(t, template)
}

func (s *Server) make(t testing.TB, from string) string {
	t.Helper()
	name := fmt.Sprintf("t%d", s.count.Add(1))
	if err := s.order("CREATE DATABASE " + name + " TEMPLATE " + from + " STRATEGY FILE_COPY"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.order("DROP DATABASE " + name + " WITH (FORCE)") }) // not worth failing for
	return s.Address(name)
}

// Address of a database on the server.
func (s *Server) Address(name string) string {
	query := url.Values{"host": {s.dir}, "user": {"guichet"}}
	return "postgres:///" + name + "?" + query.Encode()
}

func (s *Server) makeTemplate() error {
	if err := s.order("CREATE DATABASE " + template); err != nil {
		return err
	}
	return store.MakeSchema(context.Background(), s.Address(template))
}

// order runs a statement in the server's own database.
func (s *Server) order(statement string) error {
	db, err := sql.Open("pgx", s.Address("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// parents of the folders of servers. Short ones: a folder holds a socket.
var parents = []string{"/dev/shm", "/tmp"}

// parent is in memory where nothing need be on a disk and there is room: a database is
// some hundred files, which a disk takes half a second to make.
func parent(durable bool) string {
	var memory syscall.Statfs_t
	if !durable && syscall.Statfs(parents[0], &memory) == nil && memory.Bavail*uint64(memory.Bsize) > 2<<30 {
		return parents[0]
	}
	return parents[1]
}

func start(durable bool) (*Server, error) {
	removeStale()
	dir, err := os.MkdirTemp(parent(durable), prefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, err
	}
	return startIn(dir, durable)
}

func startIn(dir string, durable bool, more ...string) (*Server, error) {
	s := &Server{dir: dir, durable: durable, more: more}
	var err error
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		if s.cred, err = credential("postgres"); err != nil {
			return nil, err
		}
		if err := os.Chown(s.dir, int(s.cred.Uid), int(s.cred.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "-D", s.dir+"/data", "-A", "trust", "-U", "guichet",
		"--no-locale", "-E", "UTF8", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: s.cred}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.Start()
}

// Start starts the server, after Signal ended it, and waits until it answers.
func (s *Server) Start() error {
	args := []string{"-D", s.dir + "/data", "-c", "listen_addresses=", "-c", "unix_socket_directories=" + s.dir,
		"-c", "max_connections=300", "-c", "shared_buffers=32MB", "-c", "logging_collector=off"}
	if !s.durable {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off",
			"-c", "wal_level=minimal", "-c", "max_wal_senders=0")
	}
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), append(args, s.more...)...)
	log, err := os.OpenFile(s.dir+"/log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred, Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	started := make(chan error)
	ended := make(chan struct{})
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

// await is done when the server answers.
func (s *Server) await() error {
	deadline := time.Now().Add(time.Minute)
	for {
		err := s.order("SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			log, _ := os.ReadFile(s.dir + "/log")
			return fmt.Errorf("it ended at once:\n%s", log)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no answer within a minute: %w", err)
		}
	}
}

// Signal sends the server a signal: SIGINT stops it and cuts its clients, SIGQUIT ends
// it at once, as a crash does.
func (s *Server) Signal(signal syscall.Signal) { s.process.Signal(signal) }

// Wait waits for the server to end.
func (s *Server) Wait() { <-s.ended }

// Hang stops all processes of the server where they are; Resume lets them go on.
func (s *Server) Hang() { s.all(syscall.SIGSTOP) }

// Resume ends Hang.
func (s *Server) Resume() { s.all(syscall.SIGCONT) }

func (s *Server) all(signal syscall.Signal) {
	syscall.Kill(s.process.Pid, signal) // first: it would start others
	told := map[int]bool{}
	for more := true; more; { // a list that is read while one of them ends may lack others
		more = false
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", s.process.Pid))
		for _, child := range strings.Fields(string(children)) {
			if pid, err := strconv.Atoi(child); err == nil && !told[pid] {
				syscall.Kill(pid, signal)
				told[pid], more = true, true
			}
		}
	}
}

// binaries is the folder of the newest PostgreSQL that is installed.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return versionOf(a) - versionOf(b) })
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("no PostgreSQL server is installed (package postgresql)")
	}
	return filepath.Dir(path), nil
}

func versionOf(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

func credential(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err, err2)
}

// removeStale removes the folders of test processes that are gone.
func removeStale() {
	var folders []string
	for _, parent := range parents {
		found, _ := filepath.Glob(parent + "/" + prefix + "*")
		folders = append(folders, found...)
	}
	for _, folder := range folders {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), prefix), "-")
		if pid, err := strconv.Atoi(owner); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			syscall.Unmount(folder, syscall.MNT_DETACH) // of StartSmall
			os.RemoveAll(folder)
		}
	}
}

// Tool is the path of a program that comes with the server, pg_dump for one.
func Tool(name string) (string, error) {
	bin, err := binaries()
	return filepath.Join(bin, name), err
}
