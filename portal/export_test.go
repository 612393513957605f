package portal

import (
	"context"
	"maps"
	"slices"

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
