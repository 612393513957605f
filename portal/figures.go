package portal

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// FigureBounds are the bounds of the buckets that requests are counted in, by how long
// they took.
var FigureBounds = [...]time.Duration{time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
	25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, time.Second, 5 * time.Second}

// RouteFigures are the requests of one route since the start: its pattern, never an
// address.
type RouteFigures struct {
	Method, Route string
	Statuses      map[int]uint64
	Durations     [len(FigureBounds) + 1]uint64 // the last: longer than all bounds
	Spent         time.Duration
}

// figures counts requests.
type figures struct {
	mu     sync.Mutex
	routes map[[2]string]*RouteFigures
}

func (f *figures) count(method, route string, status int, took time.Duration) {
	i := 0
	for i < len(FigureBounds) && took > FigureBounds[i] {
		i++
	}
	if route == "" { // no page of ours: the method may be anything
		method = ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.routes == nil {
		f.routes = map[[2]string]*RouteFigures{}
	}
	r := f.routes[[2]string{method, route}]
	if r == nil {
		r = &RouteFigures{Method: method, Route: route, Statuses: map[int]uint64{}}
		f.routes[[2]string{method, route}] = r
	}
	r.Statuses[status]++
	r.Durations[i]++
	r.Spent += took
}

// Figures are the requests by route.
func (p *Portal) Figures() []RouteFigures {
	p.figures.mu.Lock()
	defer p.figures.mu.Unlock()
	list := make([]RouteFigures, 0, len(p.figures.routes))
	for _, r := range p.figures.routes {
		one := *r
		one.Statuses = map[int]uint64{}
		for status, n := range r.Statuses {
			one.Statuses[status] = n
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b RouteFigures) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method))
	})
	return list
}
