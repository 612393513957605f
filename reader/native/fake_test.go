package native

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/reader"
	"guichet.example/reader/pinentry/pinentrytest"
	"guichet.example/reader/remote"
)

// issued are cards of one PKI, made once.
var issued = sync.OnceValues(func() (map[string]*certstest.Card, error) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return nil, err
	}
	cards := map[string]*certstest.Card{}
	for name, p := range map[string]certstest.Person{
		"nora": {GivenNames: "Nora Anna", Surname: "Specimen", NationalNumber: "01050399864", Algorithm: certstest.P384},
		"jan":  {GivenNames: "Jan", Surname: "Modèle", NationalNumber: "85073003328", Algorithm: certstest.RSA2048},
		"kid":  {GivenNames: "Kim", Surname: "Klein", NationalNumber: "02031424608", Algorithm: certstest.P384, NoSignature: true},
	} {
		if cards[name], err = pki.Issue(p); err != nil {
			return nil, err
		}
	}
	return cards, nil
})

func issue(t *testing.T, name string) *certstest.Card {
	t.Helper()
	cards, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	return cards[name]
}

// fakeCard is a card that signs, unless it is told to fail.
type fakeCard struct {
	*certstest.Card
	place reader.PINPlace
	tries int
	fails []error // one for each signature, then it works
	signs chan remote.SignRequest
	url   string // told as the address of a PIN page
	hangs chan struct{}
}

func (c *fakeCard) pair(p certs.Purpose) certstest.KeyPair {
	if p == certs.Signature {
		return c.Card.Signature
	}
	return c.Card.Authentication
}

func (c *fakeCard) Certificate(p certs.Purpose) (*x509.Certificate, error) {
	if k := c.pair(p); k.Key != nil {
		return k.Certificate, nil
	}
	return nil, reader.ErrNoSignatureCertificate
}

func (c *fakeCard) PINState(context.Context) (reader.PINState, error) {
	return reader.PINState{Place: c.place, Tries: c.tries, Min: 4, Max: 12}, nil
}

func (c *fakeCard) Sign(ctx context.Context, r remote.SignRequest) ([]byte, error) {
	c.signs <- r
	if c.url != "" {
		r.Tell(remote.Progress{State: "pin_page", Tries: 3, URL: c.url})
		r.Tell(remote.Progress{State: "pin_wrong", Tries: 2, URL: c.url})
	}
	if c.hangs != nil {
		close(c.hangs)
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	if len(c.fails) > 0 {
		err := c.fails[0]
		c.fails = c.fails[1:]
		if err != nil {
			return nil, err
		}
	}
	return c.pair(r.Purpose).Key.Sign(nil, r.Digest, r.Hash)
}

func (c *fakeCard) Close() error { return nil }

// desk is the readers.
type desk struct {
	mu     sync.Mutex
	cards  []*fakeCard
	err    error // in place of a card
	looked int
	events chan reader.Event
	closed bool
}

func newDesk(cards ...*fakeCard) *desk {
	return &desk{cards: cards, events: make(chan reader.Event, 16)}
}

func (d *desk) put(cards ...*fakeCard) {
	d.mu.Lock()
	d.cards, d.err = cards, nil
	d.mu.Unlock()
	d.events <- reader.Event{Kind: reader.Inserted}
}

func (d *desk) Readers(context.Context) ([]reader.Reader, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []reader.Reader{{Name: "empty"}}
	for i := range d.cards {
		list = append(list, reader.Reader{Name: string(rune('a' + i)), Present: true})
	}
	return list, nil
}

func (d *desk) Card(context.Context) (Card, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looked++
	switch {
	case d.err != nil:
		return nil, d.err
	case len(d.cards) == 0:
		return nil, reader.ErrNoCard
	case len(d.cards) > 1:
		return nil, reader.ErrSeveralCards
	}
	return d.cards[0], nil
}

func (d *desk) CardIn(_ context.Context, name string) (Card, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cards[int(name[0]-'a')], nil
}

func (d *desk) Watch(ctx context.Context) <-chan reader.Event {
	events := make(chan reader.Event)
	go func() {
		defer close(events)
		for {
			select {
			case e := <-d.events:
				select {
				case events <- e:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return events
}

func (d *desk) Close() error { d.closed = true; return nil }

func cardOf(t *testing.T, name string) *fakeCard {
	return &fakeCard{Card: issue(t, name), tries: -1, place: reader.Typed, signs: make(chan remote.SignRequest, 8)}
}

// browser is the extension's end of the pipes.
type browser struct {
	t    *testing.T
	to   *io.PipeWriter
	from *io.PipeReader
	done chan error
	log  *logged
}

type logged struct {
	mu   sync.Mutex
	text []byte
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// start runs a host and reads its greeting.
func start(t *testing.T, d *desk, change ...func(*Config)) *browser {
	t.Helper()
	in, to := io.Pipe()
	from, out := io.Pipe()
	b := &browser{t: t, to: to, from: from, done: make(chan error, 1), log: &logged{}}
	c := Config{In: in, Out: out, Open: func() (Cards, error) { return d, nil }, Lang: "en", Pinentry: NoPinentry,
		Lock: filepath.Join(t.TempDir(), "lock"), Log: slog.New(slog.NewTextHandler(b.log, nil))}
	for _, f := range change {
		f(&c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	go func() {
		err := Run(ctx, c)
		out.Close()
		b.done <- err
	}()
	t.Cleanup(func() { to.Close(); from.Close(); cancel() })
	var hello struct{ Version string }
	if err := json.Unmarshal(b.reply(), &hello); err != nil || hello.Version != Version {
		t.Fatalf("greeting %+v, %v", hello, err)
	}
	return b
}

// send writes a frame of that text.
func (b *browser) send(text string) {
	b.t.Helper()
	b.raw(append(binary.NativeEndian.AppendUint32(nil, uint32(len(text))), text...))
}

func (b *browser) raw(p []byte) {
	b.t.Helper()
	if _, err := b.to.Write(p); err != nil {
		b.t.Fatal(err)
	}
}

// reply reads a frame; nil when the host says nothing more.
func (b *browser) reply() []byte {
	b.t.Helper()
	var header [4]byte
	if _, err := io.ReadFull(b.from, header[:]); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		b.t.Fatal(err)
	}
	text := make([]byte, binary.NativeEndian.Uint32(header[:]))
	if _, err := io.ReadFull(b.from, text); err != nil {
		b.t.Fatal(err)
	}
	return text
}

// only reads the one reply into into, and holds the host to saying nothing after it.
func (b *browser) only(into any) {
	b.t.Helper()
	b.answer(into)
	b.silent()
}

// answer reads a reply into into.
func (b *browser) answer(into any) {
	b.t.Helper()
	text := b.reply()
	if text == nil {
		b.t.Fatalf("no reply; log: %s", b.log)
	}
	if err := json.Unmarshal(text, into); err != nil {
		b.t.Fatalf("reply %s: %v", text, err)
	}
}

// silent holds the host to ending without another word.
func (b *browser) silent() {
	b.t.Helper()
	if rest := b.reply(); rest != nil {
		b.t.Errorf("and then %s", rest)
	}
	if err := <-b.done; err != nil {
		b.t.Errorf("Run() = %v", err)
	}
}

// refused reads the one reply, which is an error of that code.
func (b *browser) refused(code string) {
	b.t.Helper()
	b.refusal(code)
	b.silent()
}

// refusal reads a reply that is one.
func (b *browser) refusal(code string) {
	b.t.Helper()
	var f map[string]map[string]string
	b.answer(&f)
	if len(f) != 1 || len(f["error"]) != 2 || f["error"]["code"] != code || f["error"]["message"] == "" {
		b.t.Errorf("reply %v, want %s; log: %s", f, code, b.log)
	}
}

// The three codes.
const (
	cancelled = "ERR_WEBEID_USER_CANCELLED"
	fatal     = "ERR_WEBEID_NATIVE_FATAL"
	invalid   = "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"
)

// asks makes a pinentry and has a host use it.
func asks(t *testing.T, s pinentrytest.Script) (*pinentrytest.Program, func(*Config)) {
	t.Helper()
	p, err := pinentrytest.Write(filepath.Join(t.TempDir(), "pinentry"), s)
	if err != nil {
		t.Fatal(err)
	}
	return p, func(c *Config) { c.Pinentry = p.Path }
}

// await waits for what happens soon.
func await(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s never happened", what)
		}
	}
}

// gone holds to no run of a pinentry being alive.
func gone(t *testing.T, p *pinentrytest.Program) {
	t.Helper()
	for _, pid := range p.PIDs() {
		if _, err := os.Stat(filepath.Join("/proc", pid)); err == nil {
			t.Errorf("pinentry %s is still there", pid)
		}
	}
}

// said reports whether a pinentry was told a line.
func said(p *pinentrytest.Program, line string) bool { return slices.Contains(p.Said(), line) }
