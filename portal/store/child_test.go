package store_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
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

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/portal/vault"
)

// The crash tests run this binary again as a child that signs documents in a folder,
// tells on its standard output what was acknowledged, and is killed.
const childFolder = "GUICHET_STORE_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

// Environment of the child besides its folder.
const (
	childCount = "GUICHET_STORE_CHILD_COUNT" // documents to sign; empty: until killed
	childPoint = "GUICHET_STORE_CHILD_POINT" // point of store.Config.Fault at which to die
	childSize  = 20_000                      // bytes of a document
)

// child signs documents with four tabs. It prints a line for each that was
// acknowledged and leaves with 0, or with 3 when the store stopped.
func child(dir string) int {
	cfg, err := childConfig(dir)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	point := os.Getenv(childPoint)
	cfg.Fault = func(at string) {
		if at == point {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	count, _ := strconv.Atoi(os.Getenv(childCount))
	if count == 0 {
		count = 1 << 30
	}
	stopped := make(chan bool, 4)
	for tab := range 4 {
		go func() {
			for i := tab; i < count && !isStopped(db); i += 4 {
				signOne(db, fmt.Sprintf("%d-%d", os.Getpid(), i))
			}
			stopped <- true
		}()
	}
	for range 4 {
		<-stopped
	}
	code := 0
	if isStopped(db) {
		code = 3
	}
	if err := db.Close(); err != nil {
		fmt.Println("error", err)
	}
	return code
}

func isStopped(db *store.DB) bool {
	select {
	case <-db.Stopped():
		return true
	default:
		return false
	}
}

func childConfig(dir string) (store.Config, error) {
	keys, err := vault.LoadKeys(filepath.Join(dir, "keys"))
	cfg := store.Config{Path: filepath.Join(dir, "guichet.db"), Keys: keys, Anchors: filepath.Join(dir, "anchors")}
	address, reading := os.ReadFile(filepath.Join(dir, addressFile))
	if !errors.Is(reading, fs.ErrNotExist) {
		err = errors.Join(err, reading)
		cfg.Database = string(address)
	}
	return cfg, err
}

var childLogin = auth.Login{Mutuality: "141", Member: claire.ID, Method: auth.Card, Assurance: auth.High, Session: "s"}

// signOne walks one request to its document; each acknowledged step is a line.
func signOne(db *store.DB, name string) {
	ctx := audit.WithRequestID(context.Background(), name)
	pdf := []byte("%PDF-1.7\n" + strings.Repeat(name+" ", childSize/len(name)))
	act := bankChange(1)
	act.Reference = "GC-" + name
	now := time.Now()
	id, err := db.PutRequest(ctx, childLogin, requests.Request{
		Reference: act.Reference, Created: now, Act: act, Sheet: act.Sheet(), PDF: pdf, SHA256: sha256.Sum256(pdf), Pages: 1,
	}, name)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println("frozen", name, id)
	p := (&bed{clock: &clock{now: now}}).preparation(id)
	p.ID = strings.ReplaceAll("p"+name, "-", "_")
	p.Expires = now.Add(time.Hour)
	if err := db.Prepare(ctx, childLogin, p); err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println("prepared", name, p.ID)
	c := completionOf(p.ID, name)
	r, err := db.Complete(ctx, childLogin, c)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	sum := sha256.Sum256(c.PDF)
	fmt.Println("signed", name, r.Document, hex.EncodeToString(sum[:]))
}

func completionOf(preparation, name string) requests.Completion {
	return requests.Completion{
		Preparation: preparation, ValueSHA256: sha256.Sum256([]byte(name)), State: requests.Signed, At: time.Now(),
		PDF: []byte("%PDF-1.7\n" + strings.Repeat(name+" signed ", childSize/(len(name)+8))), Signer: [][]byte{{1}},
	}
}

// addressFile, in the child's folder, says which database it has in place of a file.
const addressFile = "address"

// folders makes folders for children. On PostgreSQL they share a server that syncs what
// it commits.
func folders(t *testing.T, e storetest.Engine) func() string {
	t.Helper()
	if e == storetest.SQLite {
		return func() string { return newFolder(t) }
	}
	server := storetest.Start(t, true)
	return func() string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, addressFile), []byte(server.Database(t)), 0o600); err != nil {
			t.Fatal(err)
		}
		makeFolder(t, dir)
		return dir
	}
}

// newFolder makes the child's keys and its member.
func newFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	makeFolder(t, dir)
	return dir
}

func makeFolder(t *testing.T, dir string) {
	t.Helper()
	if _, err := vault.NewKeys(filepath.Join(dir, "keys")); err != nil {
		t.Fatal(err)
	}
	db := openFolder(t, dir)
	if err := db.AddMember(t.Context(), claire, []bank.Account{claireAccount}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func openFolder(t *testing.T, dir string) *store.DB {
	t.Helper()
	cfg, err := childConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	return openSQLite(t, cfg)
}

// journal is what a child was told; it is kept outside the store, as a member's
// memory is.
type journal struct {
	prepared map[string]string    // preparation by name
	signed   map[string][2]string // document and hash by name
	errors   []string
}

// run starts the child, under another program if prefix is not empty, and kills it
// some time after its first word if that is not zero.
func (j *journal) run(t *testing.T, dir string, after time.Duration, env []string, prefix ...string) (exit int) {
	t.Helper()
	args := append(prefix, os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(append(os.Environ(), childFolder+"="+dir), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		j.line(t, lines.Text())
		if after > 0 { // from its first word on
			timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
			defer timer.Stop()
			after = 0
		}
	}
	var exited *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func (j *journal) line(t *testing.T, line string) {
	if j.prepared == nil {
		j.prepared, j.signed = map[string]string{}, map[string][2]string{}
	}
	f := strings.Fields(line)
	switch {
	case len(f) == 3 && f[0] == "frozen":
	case len(f) == 3 && f[0] == "prepared":
		j.prepared[f[1]] = f[2]
	case len(f) == 4 && f[0] == "signed":
		j.signed[f[1]] = [2]string{f[2], f[3]}
	case len(f) > 1 && f[0] == "error":
		j.errors = append(j.errors, line)
	default:
		t.Errorf("child says %q", line)
	}
}
