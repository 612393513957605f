package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"guichet.example/portal"
	"guichet.example/portal/connections"
	"guichet.example/portal/objects"
	"guichet.example/portal/store"
	"guichet.example/signing/hsm"
)

// planted is a figure that breaks the conventions.
var planted = prometheus.NewGauge(prometheus.GaugeOpts{Name: "guichet_planted_milliseconds_total", Help: ""})

// TestMetricsFollowConventions: Prometheus' own linter objects to no name, unit or help of
// ours, and no label is free for who asks.
func TestMetricsFollowConventions(t *testing.T) {
	page := portal.RouteFigures{Method: "GET", Route: "/:lang/home", Statuses: map[int]uint64{200: 1}}
	counter := counterMetrics{func() []portal.RouteFigures { return []portal.RouteFigures{page} },
		func(context.Context) (store.Health, error) {
			return store.Health{JobsLate: time.Second, Ages: map[string]time.Duration{"payment": time.Hour}}, nil
		}, slog.New(slog.DiscardHandler)}
	away := objectMetrics{func() objects.Stats { return objects.Stats{Calls: map[string]objects.Calls{"put": {Failed: 1}}} }}
	seal := sealMetrics{func() hsm.Stats { return hsm.Stats{} }}
	room := connectionMetrics{func() connections.Figures { return connections.Figures{} }}
	ours := []prometheus.Collector{counter, away, seal, room}
	if problems := lint(t, ours...); len(problems) > 0 {
		t.Error(problems)
	}
	if problems := lint(t, append(ours, planted)...); len(problems) < 2 {
		t.Errorf("of a planted figure: %v", problems)
	}
	labels := map[string]bool{"method": true, "route": true, "status": true, "kind": true, "call": true, "le": true}
	for line := range strings.Lines(scrape(t, ours...)) {
		_, after, found := strings.Cut(line, "{")
		if !strings.HasPrefix(line, "guichet_") || !found {
			continue
		}
		for _, pair := range strings.Split(strings.TrimRight(after[:strings.LastIndexByte(after, '}')], "}"), ",") {
			if name, _, _ := strings.Cut(pair, "="); !labels[name] {
				t.Errorf("label %s: %s", name, line)
			}
		}
	}
}

func lint(t *testing.T, m ...prometheus.Collector) []promlint.Problem {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(m...)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	return problems
}
