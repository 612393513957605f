package main

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"guichet.example/portal"
	"guichet.example/portal/store"
)

// counterMetrics shows what the counter answered, and how its store is.
type counterMetrics struct {
	figures func() []portal.RouteFigures
	store   func(context.Context) (store.Health, error)
	log     *slog.Logger
}

var (
	requestsMade = prometheus.NewDesc("guichet_requests_total",
		"Requests answered, by the pattern of their route; none: no page of ours.", []string{"method", "route", "status"}, nil)
	requestsTook = prometheus.NewDesc("guichet_request_duration_seconds",
		"Requests answered, by how long that took.", []string{"method", "route"}, nil)
	storeUp      = prometheus.NewDesc("guichet_store_up", "1 if the store answers and still writes.", nil, nil)
	storeCommits = prometheus.NewDesc("guichet_store_commits_total", "Transactions written since the start.", nil, nil)
	storeOwed    = prometheus.NewDesc("guichet_store_owed_rows", "Audit rows that wait for room on the disk.", nil, nil)
	storeBytes   = prometheus.NewDesc("guichet_store_bytes", "What the database takes, without its log.", nil, nil)
	jobsWaiting  = prometheus.NewDesc("guichet_jobs_waiting", "Jobs that are to be done, those not due yet included.", nil, nil)
	jobsLate     = prometheus.NewDesc("guichet_jobs_oldest_seconds", "For how long the oldest job has been due.", nil, nil)
	jobsDead     = prometheus.NewDesc("guichet_jobs_dead", "Jobs that were given up.", nil, nil)
	importAge    = prometheus.NewDesc("guichet_import_age_seconds",
		"Age of what the insurance system told last, by kind of record.", []string{"kind"}, nil)
	objectsGone = prometheus.NewDesc("guichet_objects_to_remove", "Objects that nothing refers to any more, to be removed.", nil, nil)
)

// showCounter registers the figures of the counter and of its store.
func showCounter(r *prometheus.Registry, p *portal.Portal, db *store.DB, mutuality string, log *slog.Logger) {
	health := func(ctx context.Context) (store.Health, error) { return db.Health(ctx, mutuality) }
	r.MustRegister(counterMetrics{p.Figures, health, log})
}

// Describe implements prometheus.Collector.
func (m counterMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{requestsMade, requestsTook, storeUp, storeCommits, storeOwed, storeBytes, jobsWaiting, jobsLate,
		jobsDead, importAge, objectsGone} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m counterMetrics) Collect(out chan<- prometheus.Metric) {
	for _, r := range m.figures() {
		for status, n := range r.Statuses {
			out <- prometheus.MustNewConstMetric(requestsMade, prometheus.CounterValue, float64(n), r.Method, r.Route, strconv.Itoa(status))
		}
		buckets, below := map[float64]uint64{}, uint64(0)
		for i, bound := range portal.FigureBounds {
			below += r.Durations[i]
			buckets[bound.Seconds()] = below
		}
		below += r.Durations[len(portal.FigureBounds)]
		out <- prometheus.MustNewConstHistogram(requestsTook, below, r.Spent.Seconds(), buckets, r.Method, r.Route)
	}
	ctx, cancel := context.WithTimeout(context.Background(), figuresWait)
	defer cancel()
	show := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	h, err := m.store(ctx)
	if err != nil {
		m.log.Warn("no figures of the store", "cause", err)
		show(storeUp, 0)
		return
	}
	show(storeUp, 1)
	out <- prometheus.MustNewConstMetric(storeCommits, prometheus.CounterValue, float64(h.Commits))
	show(storeOwed, float64(h.Owed))
	show(storeBytes, float64(h.Bytes))
	show(jobsWaiting, float64(h.JobsWaiting))
	show(jobsLate, h.JobsLate.Seconds())
	show(jobsDead, float64(h.JobsDead))
	show(objectsGone, float64(h.ObjectsGone))
	for kind, age := range h.Ages {
		show(importAge, age.Seconds(), kind)
	}
}
