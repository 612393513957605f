package soak

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/softcard"
)

// oneLogin is a module that wants each PIN once, as the Belgian one: a PIN typed is a
// PIN that the card compares, and a second comparison is one too many.
var oneLogin = softcard.Dialect{Name: "one login", NoAlways: true}

// reading is a desk of soft cards beside a counter, one card for each member, and what
// its holders may type.
type reading struct {
	*place
	server *process
	desk   *softcard.Desk
	pins   []string // of the cards, by member
	wrong  []string // three that no card has
	home   string   // all that a guichet-reader may write to
	said   string   // file with what it logs

	cmd       *exec.Cmd // guichet-reader serve; nil: there is none
	url       string    // of its agent
	rest      int       // descriptors it has open when nothing is under way
	sittings  []*visitor
	tallies   map[string]*tally // by mishap
	searched  int               // memories searched
	megabytes int64             // in them
}

// newReading starts a counter and makes its members' cards.
func newReading(t *testing.T) *reading {
	t.Helper()
	w := &reading{place: newPlace(t, plan{people: 3}), tallies: map[string]*tally{}}
	w.server = w.start(t)
	w.home = filepath.Join(w.dir, "home")
	w.said = filepath.Join(w.dir, "reader.log")
	if err := os.MkdirAll(w.home, 0o700); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.desk, err = softcard.NewDesk(filepath.Join(w.dir, "desk")); err != nil {
		t.Fatal(err)
	}
	for i, one := range w.people {
		w.pins = append(w.pins, twelve(t))
		w.wrong = append(w.wrong, twelve(t))
		if err := w.desk.AddCard(cardOf(i), one.card, w.pins[i]); err != nil {
			t.Fatal(err)
		}
		w.sittings = append(w.sittings, w.visitor(i))
	}
	if err := w.desk.Speak(oneLogin); err != nil {
		t.Fatal(err)
	}
	return w
}

// cardOf is the name on the desk of a member's card.
func cardOf(member int) string { return "card-" + strconv.Itoa(member) }

// twelve draws twelve digits, which are nowhere by chance.
func twelve(t *testing.T) string {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(n.Int64()+100_000_000_000, 10)
}

// digits are all that anybody types.
func (w *reading) digits() []string { return slices.Concat(w.pins, w.wrong) }

// environment is that of a guichet-reader: nothing of the person who runs the tests.
func (w *reading) environment() []string {
	return append(os.Environ(), "HOME="+w.home, "TMPDIR="+w.home, "XDG_RUNTIME_DIR="+w.home, "XDG_STATE_HOME="+w.home,
		"LANG=fr_BE.UTF-8", "LC_ALL=", "DISPLAY=", "WAYLAND_DISPLAY=")
}

// serve starts a guichet-reader serve for the counter's pages.
func (w *reading) serve(t *testing.T) {
	t.Helper()
	w.cmd = exec.Command(guichetReader, "serve", "-listen", "localhost:0", "-origin", origin, "-module", w.desk.Module())
	w.cmd.Env = w.environment()
	log, err := os.OpenFile(w.said, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	w.cmd.Stderr = log
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := begin(w.cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.endReader(t) })
	line, err := bufio.NewReader(out).ReadString('\n')
	found := regexp.MustCompile(` at (http://localhost:\d+) with `).FindStringSubmatch(line)
	if err != nil || found == nil {
		t.Fatalf("guichet-reader said %q, %v", line, err)
	}
	w.url = found[1]
}

// endReader interrupts it and wants it to end well, with all its children.
func (w *reading) endReader(t *testing.T) {
	_ = w.cmd.Process.Signal(os.Interrupt)
	late := time.AfterFunc(30*time.Second, func() { _ = w.cmd.Process.Kill() })
	defer late.Stop()
	if err := w.cmd.Wait(); err != nil {
		text, _ := os.ReadFile(w.said)
		t.Errorf("guichet-reader ended with %v: %s", err, lastLines(string(text), 5))
	}
	await(t, "the end of the module's processes", 30*time.Second, func() bool { return len(holding(w.desk.Module())) == 0 })
}

// page is a page of the counter, before which somebody sits who types that PIN.
func (w *reading) page(pin string) *agenttest.Client {
	alone := &http.Transport{DisableKeepAlives: true}
	return &agenttest.Client{Agent: w.url, Origin: origin, Lang: "fr", PIN: agenttest.FixedPIN(pin),
		HTTP: &http.Client{Timeout: 3 * time.Minute, Transport: alone}}
}

// signInAll signs every member in with her card at the reader.
func (w *reading) signInAll(t *testing.T, token func(member int, nonce string) ([]byte, error)) {
	t.Helper()
	for i, v := range w.sittings {
		if err := w.desk.Insert(cardOf(i)); err != nil {
			t.Fatal(err)
		}
		a, err := v.postJSON(t.Context(), "/fr/sign-in/card/challenge", []byte("{}"))
		if err := expect("challenge", http.StatusOK, a, err); err != nil {
			t.Fatal(err)
		}
		var challenge struct{ Nonce string }
		if err := json.Unmarshal(a.body, &challenge); err != nil {
			t.Fatal(err)
		}
		if v.pocket, err = token(i, challenge.Nonce); err != nil {
			t.Fatal(err)
		}
		if err := v.signIn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// holding lists the processes, but for this one, that have a file in their memory.
func holding(file string) (pids []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/maps")
	for _, path := range all {
		maps, err := os.ReadFile(path)
		pid := filepath.Base(filepath.Dir(path))
		if err == nil && strings.Contains(string(maps), file) && pid != strconv.Itoa(os.Getpid()) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// settle waits until what signing in left is gone, and notes what there is at rest.
func (w *reading) settle(t *testing.T) {
	t.Helper()
	await(t, "a reader at rest", time.Minute, func() bool { return childrenOf(w.cmd.Process.Pid) == 1 })
	w.rest = descriptorsOf(w.cmd.Process.Pid)
	for range 50 { // connections close a moment later
		time.Sleep(10 * time.Millisecond)
		w.rest = min(w.rest, descriptorsOf(w.cmd.Process.Pid))
	}
}

// childrenOf counts the processes that a process has started and that are still there.
func childrenOf(pid int) (n int) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range all {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			n++
		}
	}
	return n
}

// descriptorsOf counts what a process has open.
func descriptorsOf(pid int) int {
	all, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(all)
}

// filesBelow lists what lies in a folder, but for what is named.
func filesBelow(dir string, but ...string) (left []string) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !slices.Contains(but, d.Name()) {
			left = append(left, path)
		}
		return nil
	})
	return left
}
