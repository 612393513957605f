package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"guichet.example/reader"
)

// defaultDeadline is more than any call takes that waits for no person: the slowest
// reads all files of an old card, some 10 s.
const defaultDeadline = 20 * time.Second

// patience is how long the other modules may take to say what they see once one of them
// has seen a card.
const patience = 300 * time.Millisecond

// Set is all modules as one. It is safe for concurrent use.
type Set struct {
	config  Config
	modules []*module
	closed  chan struct{}
	close   sync.Once

	mu    sync.Mutex
	pages *module // whose child served the PIN page last
}

// Open starts a child for every module, and waits for none of them. Errors:
// reader.ErrModuleMissing when no module is where it should be.
func Open(c Config) (*Set, error) {
	if len(c.Modules) == 0 {
		c.Modules = reader.FindModules()
	}
	if len(c.Program) == 0 {
		self, err := itself()
		if err != nil {
			return nil, err
		}
		c.Program = []string{self}
	}
	if c.Deadline == 0 {
		c.Deadline = defaultDeadline
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Set{config: c, closed: make(chan struct{})}
	missing := fmt.Errorf("looking for modules: %w", reader.ErrModuleMissing)
	for _, path := range c.Modules {
		full, err := filepath.Abs(path) // a bare name would be searched on the loader's path
		if err == nil {
			_, err = os.Stat(full)
		}
		if err != nil {
			missing = fmt.Errorf("opening module %s: %w", path, reader.ErrModuleMissing)
			full = path
		}
		m := newModule(full, c.Program, c.Deadline, c.Log)
		m.absent = err != nil
		s.modules = append(s.modules, m)
	}
	if !s.any() {
		return nil, missing
	}
	for _, m := range s.modules {
		m.mu.Lock()
		if !m.absent {
			m.begin("", nil)
		}
		m.mu.Unlock()
	}
	s.pages = s.modules[0]
	return s, nil
}

func (s *Set) any() bool {
	for _, m := range s.modules {
		if !m.absent {
			return true
		}
	}
	return false
}

// selfProgram is this program, also when its file was replaced meanwhile (proc(5)).
const selfProgram = "/proc/self/exe"

func itself() (string, error) {
	if _, err := os.Stat(selfProgram); err == nil {
		return selfProgram, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("looking for this program: %w", err)
	}
	return self, nil
}

// Modules returns the paths of the modules, most trusted first.
func (s *Set) Modules() []string {
	var list []string
	for _, m := range s.modules {
		list = append(list, m.path)
	}
	return list
}

// Health asks every module how it fares, all at once; for doctor.
func (s *Set) Health(ctx context.Context) []ModuleHealth {
	list := make([]ModuleHealth, len(s.modules))
	var all sync.WaitGroup
	for i, m := range s.modules {
		all.Go(func() { list[i] = m.health(ctx) })
	}
	all.Wait()
	return list
}

func (m *module) health(ctx context.Context) ModuleHealth {
	h := ModuleHealth{Path: m.path}
	_, o, err := m.child(ctx)
	if err == nil {
		select {
		case <-o.done:
			h.Info, err = o.info, o.err
		case <-ctx.Done():
			err = ended(ctx)
		}
	}
	if err == nil {
		select {
		case <-m.look():
			h.Readers, err = m.sees()
		case <-ctx.Done():
			err = ended(ctx)
		}
	}
	if h.Err = err; err != nil {
		h.Info = reader.ModuleInfo{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	h.Kills, h.Restarts = m.kills, m.restarts
	return h
}

// Readers lists the readers that any module sees, each once. Errors: reader.ErrNoReader;
// what the first module failed with when none answers.
func (s *Set) Readers(ctx context.Context) ([]reader.Reader, error) {
	found, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	var list []reader.Reader
	for _, r := range found {
		list = append(list, r.Reader)
	}
	return list, nil
}

// find has every module look. When one has seen a card the others are waited for only a
// moment: one that hangs must not hold up one that works.
func (s *Set) find(ctx context.Context) ([]*sighting, error) {
	select {
	case <-s.closed:
		return nil, reader.ErrClosed
	default:
	}
	var enough <-chan time.Time
	for _, m := range s.modules {
		answered := m.look()
		select {
		case <-answered:
		case <-enough:
			continue
		case <-ctx.Done():
			return nil, ended(ctx)
		}
		if enough == nil && holdsCard(m) {
			enough = time.After(patience)
		}
	}
	list := s.sightings()
	if len(list) > 0 {
		return list, nil
	}
	var first error
	for _, m := range s.modules {
		_, err := m.sees()
		if err == nil {
			return nil, reader.ErrNoReader
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func holdsCard(m *module) bool {
	list, _ := m.sees()
	for _, r := range list {
		if r.Present {
			return true
		}
	}
	return false
}

func (s *Set) sightings() []*sighting {
	seen := make([][]reader.Reader, len(s.modules))
	for i, m := range s.modules {
		seen[i], _ = m.sees()
	}
	return merge(s.modules, seen)
}

// Card opens the one inserted identity card; a card seen through two modules is one. A
// card that is none, left in a second reader, is no reason to stop. Errors: as
// [reader.Module.Card].
func (s *Set) Card(ctx context.Context) (*Card, error) {
	found, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	var only *Card
	last := reader.ErrNoCard
	for _, r := range found {
		if !r.Present {
			continue
		}
		card, err := s.open(ctx, r)
		switch {
		case err != nil:
			last = err
		case only != nil && !only.same(card):
			return nil, reader.ErrSeveralCards
		case only == nil:
			only = card
		}
	}
	if only == nil {
		return nil, last
	}
	return only, nil
}

// CardIn opens the card in the reader of that name (or, failing that, the card whose
// token has that label). Errors: as [reader.Module.CardIn].
func (s *Set) CardIn(ctx context.Context, readerName string) (*Card, error) {
	found, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		if r.Name == readerName {
			return s.open(ctx, r)
		}
	}
	for _, r := range found {
		if r.Present && r.Label != "" && r.Label == readerName {
			return s.open(ctx, r)
		}
	}
	return nil, fmt.Errorf("reader %q: %w", readerName, reader.ErrNoReader)
}

// open asks the modules that see the card, one after the other until one knows it.
func (s *Set) open(ctx context.Context, r *sighting) (*Card, error) {
	if len(r.holding) == 0 {
		return nil, reader.ErrNoCard
	}
	var first error
	for _, m := range r.holding {
		card, err := m.open(ctx, r.Name)
		if err == nil {
			card.set = s
			return card, nil
		}
		if ctx.Err() != nil {
			return nil, ended(ctx)
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// Browser hands a browser's connection, of which nothing was read, to the child that
// serves the PIN page. The connection is the child's from then on, and closed after an
// error: reader.ErrModuleFailed when there is no child to take it.
func (s *Set) Browser(conn *net.TCPConn) error {
	defer conn.Close()
	s.mu.Lock()
	m := s.pages
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), linger)
	defer cancel()
	c, _, err := m.child(ctx)
	if err != nil {
		return err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("handing over a connection: %w", err)
	}
	var sent error
	err = raw.Control(func(fd uintptr) { sent = c.note(message{Kind: kindBrowser}, fd) })
	if err = errors.Join(err, sent); err != nil {
		return fmt.Errorf("handing over a connection: %w: %w", reader.ErrModuleFailed, err)
	}
	return nil
}

// Close ends all children. A page that has yet to tell how its operation ended gets a
// moment for that. Closing twice is no error.
func (s *Set) Close() error {
	s.close.Do(func() {
		close(s.closed)
		var all sync.WaitGroup
		for _, m := range s.modules {
			all.Go(m.close)
		}
		all.Wait()
	})
	return nil
}
