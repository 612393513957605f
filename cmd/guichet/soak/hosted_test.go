package soak

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/reader/api"
	"guichet.example/reader/pinentry/pinentrytest"
	"guichet.example/reader/softcard"
)

// hostMishap is a mishap at a `guichet-reader native-host`, which serves one command of a
// browser and ends.
type hostMishap struct {
	mishap
	holder func(*scene) pinentrytest.Script // what she does in the windows; nil: she types her PIN
	shown  map[string]func(*hosted)         // what happens once so many windows were shown: "GETPIN 1"
	struck func(*hosted)                    // what happens once a fault has struck; nil: nothing
}

// hosted is one native-host on its way, with the browser's ends of its pipes.
type hosted struct {
	*scene
	of     *hosts
	cmd    *exec.Cmd
	to     io.WriteCloser
	from   io.ReadCloser
	log    bytes.Buffer
	holder *pinentrytest.Program
	dir    string // of the holder
	killed bool
}

// hosts is what all native-hosts of a reading leave behind, as it becomes known.
type hosts struct {
	*reading
	mu      sync.Mutex
	runs    int
	holders []*pinentrytest.Program
	found   []string // places in their memory where a PIN was
}

// begin starts a host as a browser does, greets it, and gives it its command.
func (w *hosts) begin(s *scene, holder pinentrytest.Script, command string, arguments map[string]string) (*hosted, error) {
	w.runs++
	h := &hosted{scene: s, of: w, dir: filepath.Join(w.dir, "holders", strconv.Itoa(w.runs))}
	var err error
	if h.holder, err = pinentrytest.Write(h.dir, holder); err != nil {
		return nil, err
	}
	w.holders = append(w.holders, h.holder)
	h.cmd = exec.Command(guichetReader, "native-host", "-module", w.desk.Module(), "-pinentry", h.holder.Path, "-log", w.said, "chrome-extension://x/")
	h.cmd.Env, h.cmd.Stderr = w.environment(), &h.log
	if h.to, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if h.from, err = h.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := begin(h.cmd); err != nil {
		return nil, err
	}
	if _, err := h.frame(); err != nil {
		return nil, fmt.Errorf("no greeting: %w", err)
	}
	text, err := json.Marshal(map[string]any{"command": command, "arguments": arguments})
	if err != nil {
		return nil, err
	}
	_, err = h.to.Write(append(binary.NativeEndian.AppendUint32(nil, uint32(len(text))), text...))
	return h, err
}

// frame reads what the host says. The end of its output is a browser that hears nothing.
func (h *hosted) frame() ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(h.from, header[:]); err != nil {
		return nil, fmt.Errorf("%w: %w", context.Canceled, err)
	}
	text := make([]byte, min(binary.NativeEndian.Uint32(header[:]), 1<<20))
	_, err := io.ReadFull(h.from, text)
	return text, err
}

// finish reads the one reply and waits for the end, which is a good one unless the host
// was killed.
func (h *hosted) finish(into any) error {
	text, failed := h.frame()
	h.to.Close()
	if err := h.cmd.Wait(); (err != nil) != h.killed {
		return fmt.Errorf("native-host ended with %w: %s", err, h.log.String())
	}
	if failed != nil {
		return failed
	}
	var refused api.Failure
	if json.Unmarshal(text, &refused) == nil && refused.Error.Code != "" {
		refused.Error.State = api.State(refused.Error.Code)
		return refused.Error
	}
	return json.Unmarshal(text, into)
}

// search looks for PINs in the memory of a host that waits for something.
func (h *hosted) search() {
	w := h.of
	places, read, err := search(h.cmd.Process.Pid, w.digits())
	h.must(err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.searched++
	w.megabytes += read >> 20
	w.found = append(w.found, places...)
}

// goOn has the holder who waits (see waits) go on.
func (h *hosted) goOn() { h.must(os.WriteFile(filepath.Join(h.dir, "go"), nil, 0o600)) }

// waits is a holder who does something when she is told to.
func waits(reply string) string { return "while [ ! -e go ]; do sleep 0.02; done; " + reply }

// watch does what is to be done when windows show and faults strike.
func (h *hosted) watch(m hostMishap, over <-chan struct{}) {
	seen := map[string]bool{}
	once := func(what string, happened bool, do func(*hosted)) {
		if !happened || seen[what] {
			return
		}
		seen[what] = true
		h.strike()
		if do != nil {
			do(h)
		}
	}
	for ended := false; ; {
		for what, do := range m.shown {
			command, n, _ := strings.Cut(what, " ")
			once(what, strconv.Itoa(h.holder.Asked(command)) == n, do)
		}
		once("fault", len(m.faults) > 0 && h.desk.Fired(), m.struck)
		if ended {
			break
		}
		select {
		case <-over:
			ended = true // look once more
		case <-time.After(5 * time.Millisecond):
		}
	}
	if len(seen) < len(m.shown) || len(m.faults) > 0 && !seen["fault"] {
		h.t.Errorf("%s: of windows and faults there were only %v", m.name, seen)
	}
}

// arguments of the command sign.
func (s *scene) arguments(r api.SignRequest) map[string]string {
	return map[string]string{"certificate": r.Certificate, "hash": r.Hash, "hashFunction": r.HashFunction, "origin": origin, "lang": "fr"}
}

// suffer is reading.suffer at native-hosts.
func (w *hosts) suffer(t *testing.T, m hostMishap, round int) {
	t.Helper()
	s := w.scene(t, m.mishap, round)
	m.mishap = s.mishap
	s.means = means{
		show: func() (string, error) {
			var shown api.SigningCertificate
			h, err := w.begin(s, pinentrytest.Script{}, "get-signing-certificate", map[string]string{"origin": origin, "lang": "fr"})
			if err == nil {
				err = h.finish(&shown)
			}
			return shown.Certificate, err
		},
		sign: func(member int, r api.SignRequest) (answer api.Signature, err error) { return w.sign(s, member, r) },
		parent: func() []string {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.found
		},
		quiet: w.leftover,
	}
	s.play(func() ([]byte, aftermath) { return w.mishappen(s, m) })
}

// sign has a holder sign with nothing in the way: the module is held once it has the
// PIN, and the host's memory is searched.
func (w *hosts) sign(s *scene, member int, r api.SignRequest) (answer api.Signature, err error) {
	s.must(s.desk.Fail(hang...))
	h, err := w.begin(s, pinentrytest.Script{GetPIN: []string{pinentrytest.PIN(w.pins[member])}}, "sign", s.arguments(r))
	if err != nil {
		return answer, err
	}
	over, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for !s.desk.Fired() {
			select {
			case <-over:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
		h.search()
		s.must(s.desk.Fail())
	}()
	err = h.finish(&answer)
	close(over)
	<-watched
	return answer, err
}

// mishappen is scene.mishappen at a native-host, which is free for the next when it has
// ended.
func (w *hosts) mishappen(s *scene, m hostMishap) (value []byte, a aftermath) {
	before := s.set()
	holder := pinentrytest.Script{GetPIN: []string{pinentrytest.PIN(s.pins[s.own])}, Confirm: []string{pinentrytest.Cancel}}
	if m.holder != nil {
		holder = m.holder(s)
	}
	h, err := w.begin(s, holder, "sign", s.arguments(s.ask()))
	if err != nil {
		s.t.Fatal(err)
	}
	over, watched := make(chan struct{}), make(chan struct{})
	go func() { defer close(watched); h.watch(m, over) }()
	var answer api.Signature
	err = h.finish(&answer)
	s.strike()
	await(s.t, "the end of the module's process", time.Minute, func() bool { return len(holding(w.desk.Module())) == 0 })
	a.free = time.Since(s.struck())
	close(over)
	<-watched
	value, err = valueOf(answer, err)
	var refused api.Error
	if err != nil && !errors.Is(err, context.Canceled) && !errors.As(err, &refused) {
		s.t.Error(err)
	}
	a.ended = endOf(err)
	s.look(&a, before)
	return value, a
}

// leftover waits until nothing of a host is there: no process with the module, no window,
// no file but its lock.
func (w *hosts) leftover() findings {
	for end := time.Now().Add(slack); ; time.Sleep(10 * time.Millisecond) {
		var f findings
		if pids := holding(w.desk.Module()); len(pids) > 0 {
			f.add("F11: processes %v have the module open after their host ended", pids)
		}
		for _, holder := range w.holders {
			for _, pid := range holder.PIDs() {
				if isWindow(pid, holder.Path) {
					f.add("F11: a window is on the screen after its host ended")
				}
			}
		}
		if files := append(filesBelow(w.home, "guichet-reader.lock"), filesBelow(w.temp)...); len(files) > 0 {
			f.add("F11: files are left: %q", files)
		}
		if len(f) == 0 || time.Now().After(end) {
			w.holders = nil
			return f
		}
	}
}

// isWindow reports whether a process is a holder's window: of one who lets it stand, it
// is a sleep.
func isWindow(pid, program string) bool {
	line, err := os.ReadFile("/proc/" + pid + "/cmdline")
	return err == nil && (bytes.Contains(line, []byte(program)) || bytes.HasPrefix(line, []byte("sleep\x00600")))
}

// TestHostFaults is TestCardFaults at native-hosts, over real pipes, with a pinentry that
// follows a script.
func TestHostFaults(t *testing.T) {
	t.Parallel()
	for name, mishaps := range grouped(map[string][]hostMishap{
		"card": hostCard, "PIN": hostPIN, "browser": hostBrowser, "module": hostModule, "hanging": {hostHanging},
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &hosts{reading: newReading(t)}
			w.signInAll(t, func(member int, nonce string) (token []byte, err error) {
				holder := pinentrytest.Script{GetPIN: []string{pinentrytest.PIN(w.pins[member])}}
				h, err := w.begin(&scene{t: t, reading: w.reading}, holder, "authenticate", map[string]string{"challengeNonce": nonce, "origin": origin})
				if err != nil {
					return nil, err
				}
				var raw json.RawMessage
				err = h.finish(&raw)
				return raw, err
			})
			for _, m := range mishaps {
				for round := range often(1, 20) {
					w.suffer(t, m, round)
				}
			}
			e := w.gather(t, w.sittings)
			e.check(false).report(t)
			if want := len(mishaps) * often(1, 20); len(e.vault) != want {
				t.Errorf("%d documents, want %d", len(e.vault), want)
			}
			t.Logf("%s\n%d documents", w.sums(), len(e.vault))
		})
	}
}

// hostEnds is endsAs in the codes of Web eID.
func hostEnds(code api.Code, compared int) expected {
	return expected{ended: []api.State{api.State(code)}, tries: softcard.MaxTries, compared: compared, within: stuck}
}
