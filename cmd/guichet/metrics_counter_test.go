package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guichet.example/portal"
	"guichet.example/portal/objects"
	"guichet.example/portal/store"
)

func TestMetricsOfTheCounter(t *testing.T) {
	page := portal.RouteFigures{Method: "GET", Route: "/:lang/home", Statuses: map[int]uint64{200: 3, 503: 1}, Spent: 2 * time.Second}
	page.Durations[0], page.Durations[len(page.Durations)-1] = 3, 1
	health := store.Health{Commits: 5, Owed: 2, Bytes: 4096, JobsWaiting: 7, JobsDead: 1, JobsLate: time.Minute, ObjectsGone: 3,
		Ages: map[string]time.Duration{"payment": time.Hour}}
	var down error
	counter := counterMetrics{func() []portal.RouteFigures { return []portal.RouteFigures{page} },
		func(context.Context) (store.Health, error) { return health, down }, slog.New(slog.DiscardHandler)}
	calls := objects.Calls{Spent: time.Second, Failed: 2}
	calls.Durations[1] = 4
	away := objectMetrics{func() objects.Stats {
		return objects.Stats{Calls: map[string]objects.Calls{"put": calls}, Refused: 6}
	}}
	text := scrape(t, counter, away)
	for _, want := range []string{
		`guichet_requests_total{method="GET",route="/:lang/home",status="200"} 3`,
		`guichet_requests_total{method="GET",route="/:lang/home",status="503"} 1`,
		`guichet_request_duration_seconds_bucket{method="GET",route="/:lang/home",le="0.001"} 3`,
		`guichet_request_duration_seconds_count{method="GET",route="/:lang/home"} 4`,
		"guichet_store_up 1", "guichet_store_commits_total 5", "guichet_store_owed_rows 2", "guichet_store_bytes 4096",
		"guichet_jobs_waiting 7", "guichet_jobs_dead 1", "guichet_jobs_oldest_seconds 60", "guichet_objects_to_remove 3",
		`guichet_import_age_seconds{kind="payment"} 3600`,
		`guichet_object_store_duration_seconds_count{call="put"} 4`, `guichet_object_store_errors_total{call="put"} 2`,
		"guichet_object_store_refused_total 6",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
	down = errors.New("it does not answer")
	if text := scrape(t, counter); !strings.Contains(text, "guichet_store_up 0\n") || !strings.Contains(text, "guichet_requests_total") {
		t.Errorf("with a store that does not answer:\n%s", text)
	}
}
