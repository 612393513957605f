package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/signing/hsm"
)

func TestMetricsAreForThisMachine(t *testing.T) {
	for _, bad := range []string{"0.0.0.0:9100", ":9100", "192.0.2.1:9100", "counter.example:9100", "127.0.0.1", "[::]:9100"} {
		if err := checkMetrics(bad); err == nil {
			t.Errorf("metrics at %q are allowed", bad)
		}
		if _, err := parseSettings(changed(t, `"metrics": "`+bad+`"`)); err == nil || !strings.Contains(err.Error(), `"metrics"`) {
			t.Errorf("settings with metrics at %q = %v", bad, err)
		}
	}
	for _, good := range []string{"", "127.0.0.1:9100", "[::1]:9100", "localhost:0"} {
		if err := checkMetrics(good); err != nil {
			t.Errorf("checkMetrics(%q) = %v", good, err)
		}
	}
}

func TestMetricsOfTheSeal(t *testing.T) {
	s := hsm.Stats{Signatures: 3, Starts: 2, Sessions: 4, InUse: 1, Lost: true, Spent: 3 * time.Second,
		Failures: hsm.Failures{Unavailable: 7, PIN: 1}}
	s.Durations[0], s.Durations[len(s.Durations)-1] = 2, 1
	r := newMetrics()
	r.MustRegister(sealMetrics{func() hsm.Stats { return s }})
	lines := new(strings.Builder)
	stop, err := serveMetrics(context.Background(), "127.0.0.1:0", r, slog.New(slog.NewTextHandler(lines, nil)))
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
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`guichet_seal_duration_seconds_bucket{le="0.001"} 2`, `guichet_seal_duration_seconds_bucket{le="10"} 2`,
		`guichet_seal_duration_seconds_bucket{le="+Inf"} 3`, "guichet_seal_duration_seconds_sum 3", "guichet_seal_duration_seconds_count 3",
		`guichet_seal_errors_total{kind="unavailable"} 7`, `guichet_seal_errors_total{kind="pin"} 1`, `guichet_seal_errors_total{kind="other"} 0`,
		"guichet_seal_sessions 4", "guichet_seal_sessions_in_use 1", "guichet_seal_starts_total 2", "guichet_seal_up 0", "go_goroutines",
	} {
		if !strings.Contains(string(text), want+"\n") && !strings.Contains(string(text), want+" ") {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
	if other, err := http.Get(strings.TrimSuffix(strings.TrimSpace(address), "metrics")); err != nil || other.StatusCode != http.StatusNotFound {
		t.Errorf("another path = %v, %v", other, err)
	}
}
