package main

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"guichet.example/portal/renewal"
	"guichet.example/portal/rescue"
)

// figuresWait is how long the store may take to tell its figures: one who asks for all of
// them waits no longer.
const figuresWait = 3 * time.Second

// renewalMetrics shows how what is signed lasts: what waits to be completed, and
// what this server renewed.
type renewalMetrics struct {
	counter   rescue.Counter
	mutuality string
	before    time.Duration // margin
	done      func() renewal.Figures
	now       func() time.Time
	log       *slog.Logger
}

var (
	rescueWaiting = prometheus.NewDesc("guichet_rescue_waiting",
		"Signed documents that lack a timestamp or proof of status, were tried, and will be again.", nil, nil)
	rescueOldest = prometheus.NewDesc("guichet_rescue_oldest_seconds",
		"How long the one of them waits that waits longest; 0 if none does.", nil, nil)
	rescueGivenUp = prometheus.NewDesc("guichet_rescue_given_up",
		"Signed documents that were given up: only the office tries them again.", nil, nil)
	renewalDue     = prometheus.NewDesc("guichet_renewal_due", "Documents whose archive timestamp is due to be renewed.", nil, nil)
	renewalSoonest = prometheus.NewDesc("guichet_renewal_soonest_seconds",
		"Time until the first archive timestamp of all runs out; below 0 once it has. Absent without one.", nil, nil)
	renewalDone = prometheus.NewDesc("guichet_renewal_documents_total",
		"Attempts of this server by what came of them: renewed, failed (tried again where that can help), late (nothing shows any more that it was there in time).",
		[]string{"outcome"}, nil)
	renewalUp = prometheus.NewDesc("guichet_renewal_figures_up", "1 if the store told the figures above, 0 if it does not answer.", nil, nil)
)

// showRenewal registers them.
func showRenewal(r *prometheus.Registry, s *Settings, counter rescue.Counter, done func() renewal.Figures, log *slog.Logger) {
	r.MustRegister(renewalMetrics{counter, s.Mutuality.ID, cmp.Or(s.Archive.RenewBefore.or(0), renewal.DefaultBefore), done, time.Now, log})
}

// Describe implements prometheus.Collector.
func (m renewalMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{rescueWaiting, rescueOldest, rescueGivenUp, renewalDue, renewalSoonest, renewalDone, renewalUp} {
		out <- d
	}
}

// Collect implements prometheus.Collector. A store that does not answer takes no other
// figure with it.
func (m renewalMetrics) Collect(out chan<- prometheus.Metric) {
	done := m.done()
	for outcome, n := range map[string]int64{"renewed": done.Renewed, "failed": done.Failed, "late": done.Late} {
		out <- prometheus.MustNewConstMetric(renewalDone, prometheus.CounterValue, float64(n), outcome)
	}
	show := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	ctx, cancel := context.WithTimeout(context.Background(), figuresWait)
	defer cancel()
	now := m.now()
	f, err := m.counter.RescueFigures(ctx, m.mutuality, now, m.before)
	if err != nil {
		m.log.Warn("no figures of documents that wait", "cause", err)
		show(renewalUp, 0)
		return
	}
	show(renewalUp, 1)
	show(rescueWaiting, float64(f.Waiting))
	show(rescueGivenUp, float64(f.GivenUp))
	show(renewalDue, float64(f.Due))
	oldest := 0.0
	if !f.Oldest.IsZero() {
		oldest = now.Sub(f.Oldest).Seconds()
	}
	show(rescueOldest, oldest)
	if !f.Soonest.IsZero() {
		show(renewalSoonest, f.Soonest.Sub(now).Seconds())
	}
}
