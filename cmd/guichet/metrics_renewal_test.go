package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"guichet.example/portal/renewal"
	"guichet.example/portal/rescue"
)

// counted is a rescue.Counter.
type counted func(mutuality string, before time.Duration) (rescue.Figures, error)

func (c counted) RescueFigures(_ context.Context, mutuality string, _ time.Time, before time.Duration) (rescue.Figures, error) {
	return c(mutuality, before)
}

// scrape serves a registry with these and returns what /metrics shows.
func scrape(t *testing.T, m ...prometheus.Collector) string {
	t.Helper()
	r := newMetrics()
	r.MustRegister(m...)
	lines := new(strings.Builder)
	stop, err := serveMetrics(t.Context(), "127.0.0.1:0", r, slog.New(slog.NewTextHandler(lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	_, rest, _ := strings.Cut(lines.String(), "address=")
	address, _, _ := strings.Cut(rest, "\n")
	got, err := http.Get(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK {
		t.Fatalf("/metrics = %s, %v", got.Status, err)
	}
	return string(text)
}

func TestMetricsOfRenewal(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	figures := rescue.Figures{Waiting: 3, Oldest: now.Add(-2 * time.Hour), GivenUp: 1, Due: 40, Soonest: now.Add(-time.Minute)}
	m := renewalMetrics{mutuality: "141", before: time.Hour, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler),
		done: func() renewal.Figures { return renewal.Figures{Renewed: 7, Failed: 2, Late: 1} }}
	m.counter = counted(func(mutuality string, before time.Duration) (rescue.Figures, error) {
		if mutuality != "141" || before != time.Hour {
			t.Errorf("asked for %q, %v", mutuality, before)
		}
		return figures, nil
	})
	wantLines(t, scrape(t, m), "guichet_rescue_waiting 3", "guichet_rescue_oldest_seconds 7200", "guichet_rescue_given_up 1",
		"guichet_renewal_due 40", "guichet_renewal_soonest_seconds -60", `guichet_renewal_documents_total{outcome="renewed"} 7`,
		`guichet_renewal_documents_total{outcome="failed"} 2`, `guichet_renewal_documents_total{outcome="late"} 1`, "guichet_renewal_figures_up 1")

	figures = rescue.Figures{}
	text := scrape(t, m)
	wantLines(t, text, "guichet_rescue_waiting 0", "guichet_rescue_oldest_seconds 0", "guichet_renewal_figures_up 1")
	if strings.Contains(text, "\nguichet_renewal_soonest_seconds ") {
		t.Error("an archive timestamp that nobody has runs out")
	}

	// A store that does not answer takes no other figure with it.
	m.counter = counted(func(string, time.Duration) (rescue.Figures, error) { return rescue.Figures{}, errors.New("down") })
	text = scrape(t, m)
	wantLines(t, text, "guichet_renewal_figures_up 0", `guichet_renewal_documents_total{outcome="renewed"} 7`, "go_goroutines")
	if strings.Contains(text, "\nguichet_rescue_waiting ") {
		t.Error("figures that nobody told")
	}
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, want := range lines {
		if !strings.Contains(text, "\n"+want+"\n") && !strings.Contains(text, "\n"+want+" ") {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
}
