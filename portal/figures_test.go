package portal

import (
	"testing"
	"time"
)

func TestFigures(t *testing.T) {
	var p Portal
	for _, r := range []struct {
		method, route string
		status        int
		took          time.Duration
	}{
		{"GET", "/:lang/home", 200, time.Microsecond}, {"GET", "/:lang/home", 200, time.Millisecond},
		{"GET", "/:lang/home", 503, time.Minute}, {"POST", "/:lang/sign-in/card", 200, 30 * time.Millisecond},
		{"BREW", "", 404, 0}, {"PROPFIND", "", 404, 0}, // whatever strangers send is one series
	} {
		p.figures.count(r.method, r.route, r.status, r.took)
	}
	list := p.Figures()
	if len(list) != 3 || list[0].Route != "" || list[0].Method != "" || list[0].Statuses[404] != 2 {
		t.Fatalf("Figures = %+v", list)
	}
	home := list[1]
	if home.Durations[0] != 2 || home.Durations[len(FigureBounds)] != 1 || home.Statuses[503] != 1 || home.Spent < time.Minute {
		t.Errorf("home = %+v", home)
	}
	home.Statuses[200] = 99
	if p.Figures()[1].Statuses[200] != 2 {
		t.Error("Figures hands out its own map")
	}
}
