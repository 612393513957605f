package upload

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"
)

// ErrBusy means that as many files as this server has room for are taken in already. Trying
// again a little later helps.
var ErrBusy = errors.New("too many files at once")

// WaitError means that a network has had its share of this server's time.
type WaitError struct{ Wait time.Duration }

func (e *WaitError) Error() string { return fmt.Sprintf("too many files, wait %v", e.Wait) }

// Gate bounds what files from forms take of this server: how many come in at once, from one
// network and in all, how much memory they hold, counted as it is filled and not as it is
// announced, and how long they are judged. Of one network one file is judged at a time, so
// that it stands in line once and not in front of everybody. Safe for concurrent use.
type Gate struct {
	limits Limits
	cores  chan struct{} // files being judged

	mu      sync.Mutex
	uploads int
	memory  int
	of      map[string]*client
}

// Limits of a Gate; zero fields take their default.
type Limits struct {
	Uploads int           // coming in or being judged at once: 64
	Each    int           // of these from one network: 2
	Memory  int           // bytes of them in memory at once: 200 MB
	Cores   int           // judged at once: half the processors, at least one
	Wait    time.Duration // for a core: 10 seconds
	// Share is how long files of one network may be judged in a minute: 10 seconds, and
	// three times that at once after a rest.
	Share time.Duration
	Now   func() time.Time // time.Now
}

// client is a network that sends files.
type client struct {
	uploads int
	turn    chan struct{} // held by its file that waits for a core, or has one
	spent   time.Duration // of its share, as of at
	at      time.Time
}

const (
	rest = 3 // minutes of share that a network may have saved
	// maxClients bounds the networks remembered; past it those that rest are forgotten, then all
	// that send nothing now.
	maxClients = 10_000
)

// NewGate makes a gate.
func NewGate(l Limits) *Gate {
	if l.Uploads <= 0 {
		l.Uploads = 64
	}
	if l.Each <= 0 {
		l.Each = 2
	}
	if l.Memory <= 0 {
		l.Memory = 200_000_000
	}
	if l.Cores <= 0 {
		l.Cores = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if l.Wait <= 0 {
		l.Wait = 10 * time.Second
	}
	if l.Share <= 0 {
		l.Share = 10 * time.Second
	}
	if l.Now == nil {
		l.Now = time.Now
	}
	return &Gate{limits: l, cores: make(chan struct{}, l.Cores), of: map[string]*client{}}
}

// Place is a file's, from when its form begins to come in until it is answered.
type Place struct {
	gate *Gate
	from *client
	held int // bytes
	left bool
}

// Enter takes a place for a file from a network, at once or not at all: ErrBusy, *WaitError.
func (g *Gate) Enter(network string) (*Place, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.limits.Now()
	c := g.of[network]
	if c == nil {
		if len(g.of) >= maxClients {
			g.forget(now)
		}
		c = &client{turn: make(chan struct{}, 1), at: now}
		g.of[network] = c
	}
	c.recover(g.limits.Share, now)
	if over := c.spent - rest*g.limits.Share; over >= 0 {
		wait := time.Duration(math.Ceil(float64(over+1) / float64(g.limits.Share) * float64(time.Minute)))
		return nil, &WaitError{max(wait, time.Second)}
	}
	if c.uploads >= g.limits.Each || g.uploads >= g.limits.Uploads {
		return nil, ErrBusy
	}
	c.uploads++
	g.uploads++
	return &Place{gate: g, from: c}, nil
}

// recover gives back what of its share a network has not used.
func (c *client) recover(share time.Duration, now time.Time) {
	if rested := now.Sub(c.at); rested > 0 {
		c.spent = max(0, c.spent-time.Duration(float64(share)*rested.Minutes()))
	}
	c.at = now
}

func (g *Gate) forget(now time.Time) {
	for network, c := range g.of {
		if c.recover(g.limits.Share, now); c.uploads == 0 && c.spent == 0 {
			delete(g.of, network)
		}
	}
	if len(g.of) < maxClients {
		return
	}
	for network, c := range g.of {
		if c.uploads == 0 {
			delete(g.of, network)
		}
	}
}

// Hold takes memory for bytes more, or gives them back where n is negative: ErrBusy.
func (p *Place) Hold(n int) error {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if n > 0 && g.memory+n > g.limits.Memory {
		return ErrBusy
	}
	g.memory += n
	p.held += n
	return nil
}

// Leave gives everything back.
func (p *Place) Leave() {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if p.left {
		return
	}
	p.left = true
	g.memory -= p.held
	g.uploads--
	p.from.uploads--
}

// Work takes the network's turn and then a core, waiting as long as the gate has patience:
// ErrBusy. done gives both back and writes the time down.
func (p *Place) Work(ctx context.Context) (done func(), err error) {
	patience := time.NewTimer(p.gate.limits.Wait)
	defer patience.Stop()
	if err := wait(ctx, p.from.turn, patience); err != nil {
		return nil, err
	}
	if err := wait(ctx, p.gate.cores, patience); err != nil {
		<-p.from.turn
		return nil, err
	}
	begun := p.gate.limits.Now()
	return sync.OnceFunc(func() {
		p.gate.spend(p.from, p.gate.limits.Now().Sub(begun))
		<-p.gate.cores
		<-p.from.turn
	}), nil
}

func (g *Gate) spend(c *client, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.spent += max(0, took)
}

// Core takes a core for a document of our own, as Work does for a file.
func (g *Gate) Core(ctx context.Context) (done func(), err error) {
	patience := time.NewTimer(g.limits.Wait)
	defer patience.Stop()
	if err := wait(ctx, g.cores, patience); err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() { <-g.cores }), nil
}

func wait(ctx context.Context, line chan struct{}, patience *time.Timer) error {
	select {
	case line <- struct{}{}:
		return nil
	case <-patience.C:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}
