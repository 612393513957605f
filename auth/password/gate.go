package password

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

var (
	// ErrBusy means that too many passwords wait to be hashed. The caller answers 503
	// with Retry-After; nothing was tried.
	ErrBusy = errors.New("too many sign-ins at once")
	// ErrOtherKey means a hash made under a key this gate does not have: the keys
	// folder is not the one of this database.
	ErrOtherKey = errors.New("password hash was made under another key")
)

// Config of a Gate.
type Config struct {
	// Key of the last step, at least 32 bytes, kept outside the database. Required.
	Key []byte
	// Cores is how many hash at once. Default: runtime.GOMAXPROCS(0).
	Cores int
	// Queue is how many may wait besides. Default: what the cores hash in a second, 45 each.
	Queue int
	// Wait is the longest one waits for a core before ErrBusy. Default 1 second.
	Wait time.Duration
	// Params of new hashes. Default: Default.
	Params Params
}

// Gate hashes and verifies passwords, at most as many at once as there are cores. Safe
// for concurrent use.
type Gate struct {
	cfg    Config
	keyID  [keyIDSize]byte
	dummy  hash
	places chan struct{} // those hashing and those waiting
	cores  chan struct{} // those hashing
	done   atomic.Int64
}

// NewGate checks the configuration.
func NewGate(cfg Config) (*Gate, error) {
	if cfg.Cores <= 0 {
		cfg.Cores = runtime.GOMAXPROCS(0)
	}
	if cfg.Queue <= 0 {
		cfg.Queue = 45 * cfg.Cores
	}
	if cfg.Wait <= 0 {
		cfg.Wait = time.Second
	}
	if cfg.Params == (Params{}) {
		cfg.Params = Default
	}
	if len(cfg.Key) < 32 || !cfg.Params.sound() {
		return nil, errors.New("password gate: key too short or parameters out of bounds")
	}
	g := &Gate{cfg: cfg, places: make(chan struct{}, cfg.Cores+cfg.Queue), cores: make(chan struct{}, cfg.Cores)}
	mac := hmac.New(sha256.New, cfg.Key)
	mac.Write([]byte("guichet password key id"))
	copy(g.keyID[:], mac.Sum(nil))
	g.dummy = hash{Params: cfg.Params, keyID: g.keyID}
	return g, nil
}

// Hashes is how many hashes were computed so far, those that matched nothing included.
func (g *Gate) Hashes() int64 { return g.done.Load() }

// Place is a right to use the gate, held by who waits or hashes. It is used by one
// goroutine, and left once.
type Place struct {
	gate *Gate
	by   time.Time
}

// Enter takes a place without waiting: ErrBusy if the queue is full. What else has to
// be done for a try (counting it) comes between Enter and the hash, so that the
// surplus of a storm costs nothing.
func (g *Gate) Enter() (*Place, error) {
	select {
	case g.places <- struct{}{}:
		return &Place{gate: g, by: time.Now().Add(g.cfg.Wait)}, nil
	default:
		return nil, ErrBusy
	}
}

// Leave gives the place back.
func (p *Place) Leave() { <-p.gate.places }

// Hash hashes a prepared password under a new salt. ErrBusy, or ctx's error.
func (p *Place) Hash(ctx context.Context, text string) (string, error) {
	h := hash{Params: p.gate.cfg.Params, keyID: p.gate.keyID}
	rand.Read(h.salt[:]) // never fails: crypto/rand
	tag, err := p.tag(ctx, h, text)
	if err != nil {
		return "", err
	}
	h.tag = tag
	return h.String(), nil
}

// Verify says whether the prepared password is the one of the stored hash, and whether
// the hash is stale: made with other parameters than new ones, to be replaced now that
// the password is at hand. An empty stored hash matches nothing, at the same cost.
// ErrBusy, ErrHash, ErrOtherKey, or ctx's error.
func (p *Place) Verify(ctx context.Context, stored, text string) (ok, stale bool, err error) {
	h := p.gate.dummy
	if stored != "" {
		if h, err = parse(stored); err != nil {
			return false, false, err
		}
	}
	if h.keyID != p.gate.keyID {
		return false, false, ErrOtherKey
	}
	tag, err := p.tag(ctx, h, text)
	if err != nil {
		return false, false, err
	}
	same := subtle.ConstantTimeCompare(tag[:], h.tag[:]) == 1
	return same && stored != "", h.Params != p.gate.cfg.Params, nil
}

// tag waits for a core and computes.
func (p *Place) tag(ctx context.Context, h hash, text string) (tag [tagSize]byte, err error) {
	g := p.gate
	timer := time.NewTimer(time.Until(p.by))
	defer timer.Stop()
	select {
	case g.cores <- struct{}{}:
		defer func() { <-g.cores }()
	case <-timer.C:
		return tag, ErrBusy
	case <-ctx.Done():
		return tag, fmt.Errorf("waiting for a core: %w", ctx.Err())
	}
	inner := argon2.IDKey([]byte(text), h.salt[:], h.Time, h.Memory, h.Threads, tagSize)
	// The block of a hash is garbage now. Left to itself the collector lets as much
	// garbage stand as there is live memory; asked once for as many hashes as run at
	// once, it bounds both together.
	if g.done.Add(1)%int64(g.cfg.Cores) == 0 {
		runtime.GC()
	}
	mac := hmac.New(sha256.New, g.cfg.Key)
	mac.Write(inner)
	copy(tag[:], mac.Sum(nil))
	return tag, nil
}

// Hash is Enter, Hash and Leave in one.
func (g *Gate) Hash(ctx context.Context, text string) (string, error) {
	place, err := g.Enter()
	if err != nil {
		return "", err
	}
	defer place.Leave()
	return place.Hash(ctx, text)
}

// Verify is Enter, Verify and Leave in one.
func (g *Gate) Verify(ctx context.Context, stored, text string) (ok, stale bool, err error) {
	place, err := g.Enter()
	if err != nil {
		return false, false, err
	}
	defer place.Leave()
	return place.Verify(ctx, stored, text)
}
