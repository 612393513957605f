package portal

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// Addresses are all that the router knows, "GET /fr/home" as Gin writes it.
func (p *Portal) Addresses() []string {
	var list []string
	for _, r := range p.engine.Routes() {
		list = append(list, r.Method+" "+r.Path)
	}
	return list
}

// CardPages are the pages that may speak to a card's agent, as Gin writes them.
func CardPages() []string { return slices.Sorted(maps.Keys(cardPages)) }

// Mount plants an address beside the table of routes.
func (p *Portal) Mount(method, path string, h gin.HandlerFunc) { p.engine.Handle(method, path, h) }

// Judge does work as files of a network are judged.
func (p *Portal) Judge(ctx context.Context, network string, work func()) error {
	place, err := p.uploads.Enter(network)
	if err != nil {
		return err
	}
	defer place.Leave()
	done, err := place.Work(ctx)
	if err != nil {
		return err
	}
	defer done()
	work()
	return nil
}

// Hurry shortens how long a request waits for others of its session, and returns how long
// it was.
func (p *Portal) Hurry(patience time.Duration) (before time.Duration) {
	before, p.together.patience = p.together.patience, patience
	return before
}

// Lines is how many sessions have requests under way.
func (p *Portal) Lines() int {
	p.together.mu.Lock()
	defer p.together.mu.Unlock()
	return len(p.together.of)
}
