package demo

// Tests of the whole product in a real Chromium: one world (counter, agent, reader,
// cards, authorities) and one browser for all of them, a window with cookies of its
// own for each. They share the one reader, so none of them runs in parallel.

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"guichet.example/reader/remote"
)

// stage is what the tests play on.
type stage struct {
	*world
	cfg      Config          // of the world
	chromium context.Context // of the browser; windows derive from it
	log      *logged
	file     filled // see filled
}

var (
	curtain []func() // ends the stage, last first
	open    = sync.OnceValues(openStage)
)

func TestMain(m *testing.M) {
	remote.Main()
	code := m.Run()
	for i := len(curtain) - 1; i >= 0; i-- {
		curtain[i]()
	}
	os.Exit(code)
}

// onStage returns the stage, with an empty reader, full tries and healthy services.
func onStage(t *testing.T) *stage {
	t.Helper()
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	s.services.Control().Reset()
	s.empty(t)
	for _, p := range s.people {
		if err := s.desk.ResetTries(p.Key); err != nil {
			t.Fatal(err)
		}
	}
	from := s.log.len()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the world's log:\n%s", s.log.since(from))
		}
	})
	return s
}

func openStage() (*stage, error) {
	dir, err := os.MkdirTemp("", "guichet-browser-")
	if err != nil {
		return nil, err
	}
	curtain = append(curtain, func() { os.RemoveAll(dir) })
	log := &logged{}
	cfg := Config{Listen: "localhost:0", Agent: "localhost:0", Services: "127.0.0.1:0", Data: filepath.Join(dir, "world")}
	w, err := build(context.Background(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	curtain = append(curtain, w.close)
	if err != nil {
		return nil, fmt.Errorf("building the world: %w", err)
	}
	if !w.desk.CanMove() {
		return nil, fmt.Errorf("no stand-in for a card reader: cards cannot be moved; a C compiler builds it")
	}
	chromium, err := startChromium(filepath.Join(dir, "profile"))
	if err != nil {
		return nil, err
	}
	return &stage{world: w, cfg: cfg, chromium: chromium, log: log}, nil
}

// startChromium starts the browser and makes it speak French, like the mutuality.
func startChromium(profile string) (context.Context, error) {
	path, err := findChromium()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900), chromedp.Flag("headless", "new"), chromedp.Flag("lang", "fr"),
		chromedp.Flag("allow-pre-commit-input", true),  // or a click before the first frame is dropped
		chromedp.Flag("disable-popup-blocking", false)) // the PIN page has to open as it does for members
	allocated, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {}))
	curtain = append(curtain, end, cancel)
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return ctx, nil
}

// findChromium prefers the program itself to Debian's wrapper.
func findChromium() (string, error) {
	for _, name := range []string{"/usr/lib/chromium/chromium", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium in PATH")
}

// logged keeps what the world logs, for the tests that fail.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Len()
}

func (l *logged) since(from int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text.Bytes()[from:])
}

// closePortal ends the portal, and what it keeps in memory.
func (s *stage) closePortal() {
	s.halt["raiser"]()
	s.halt["portal"]()
}

// openPortal starts it again at its address.
func (s *stage) openPortal(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.listener = listener
	if err := s.startPortal(context.Background(), s.cfg); err != nil {
		t.Fatal(err)
	}
}

// insert puts a card into the reader, in place of the one that is there.
func (s *stage) insert(t *testing.T, card string) {
	t.Helper()
	s.empty(t)
	s.put(t, card)
}

// put is insert while a page waits for a card.
func (s *stage) put(t *testing.T, card string) {
	t.Helper()
	if err := s.desk.Insert(card); err != nil {
		t.Fatalf("inserting the card of %s: %v", card, err)
	}
}

// empty takes out the card of before and waits until the agent has seen that: it looks
// a few times a second, and news of the old card would end what begins with the next.
func (s *stage) empty(t *testing.T) {
	t.Helper()
	if s.desk.Inserted() == "" {
		return
	}
	visitor := s.window(t)
	visitor.visit("/fr/sign-in/card")
	s.pullOut(t)
	visitor.panel("no_card")
	visitor.close()
}

// pullOut takes the card out.
func (s *stage) pullOut(t *testing.T) {
	t.Helper()
	if err := s.desk.Remove(); err != nil {
		t.Fatalf("taking the card out: %v", err)
	}
}

// signatures is how often the card of that name has signed a document so far.
func (s *stage) signatures(t *testing.T, card string) int {
	t.Helper()
	journal, err := s.desk.Journal()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, entry := range journal {
		if entry.Card == card && entry.Label == "Signature" {
			n++
		}
	}
	return n
}

// patience is how long a test waits for what should take a moment.
const patience = 30 * time.Second
