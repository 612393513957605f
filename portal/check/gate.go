package check

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// ErrBusy means that as many files as this server has room for are being checked. Trying
// again a little later helps.
var ErrBusy = errors.New("too many checks at once")

// Gate bounds what checks take of this server: how many files are in memory at once, from
// one network and in all, and how many are being verified. Safe for concurrent use.
type Gate struct {
	places chan struct{} // files in memory, of at most MaxFile bytes
	cores  chan struct{} // files being verified
	each   int
	wait   time.Duration

	mu sync.Mutex
	of map[string]int // files in memory, by network
}

// Limits of a Gate; zero fields take their default.
type Limits struct {
	Files int           // in memory at once: 8, which is 200 MB
	Each  int           // of these from one network: 2
	Cores int           // verified at once: half the processors, at least one
	Wait  time.Duration // for a core: 10 seconds
}

// NewGate makes a gate.
func NewGate(l Limits) *Gate {
	if l.Files <= 0 {
		l.Files = 8
	}
	if l.Each <= 0 {
		l.Each = 2
	}
	if l.Cores <= 0 {
		l.Cores = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if l.Wait <= 0 {
		l.Wait = 10 * time.Second
	}
	return &Gate{places: make(chan struct{}, l.Files), cores: make(chan struct{}, l.Cores), each: l.Each, wait: l.Wait, of: map[string]int{}}
}

// Enter takes a place for a file from a network, at once or not at all: ErrBusy. leave
// gives it back.
func (g *Gate) Enter(network string) (leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of[network] >= g.each {
		return nil, ErrBusy
	}
	select {
	case g.places <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	g.of[network]++
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.of[network]--; g.of[network] == 0 {
			delete(g.of, network)
		}
		<-g.places
	}), nil
}

// Work takes a core, waiting for one as long as the gate has patience: ErrBusy.
func (g *Gate) Work(ctx context.Context) (done func(), err error) {
	patience := time.NewTimer(g.wait)
	defer patience.Stop()
	select {
	case g.cores <- struct{}{}:
		return sync.OnceFunc(func() { <-g.cores }), nil
	case <-patience.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
