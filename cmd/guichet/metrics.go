package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"guichet.example/signing"
	"guichet.example/signing/hsm"
)

// newMetrics makes the registry that `guichet serve` shows at "metrics". Packages count for
// themselves and give snapshots; only this command knows Prometheus.
func newMetrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// checkMetrics refuses an address that others than this machine can reach: the figures
// tell how much a counter is used, and nobody signs in to see them.
func checkMetrics(address string) error {
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil || host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return fmt.Errorf(`"metrics": %q is not a loopback address with a port`, address)
	}
	return nil
}

// serveMetrics shows the registry at /metrics of an address, until what it returns is
// called. An empty address shows nothing.
func serveMetrics(ctx context.Context, address string, r *prometheus.Registry, log *slog.Logger) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for metrics: %w", err)
	}
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	server := &http.Server{Handler: routes, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, MaxHeaderBytes: 16 << 10}
	log.Info("metrics", "address", "http://"+listener.Addr().String()+"/metrics")
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are not served any more", "cause", err)
		}
	}()
	return func() { server.Close() }, nil
}

// sealMetrics shows what the key of the seal does.
type sealMetrics struct{ stats func() hsm.Stats }

var (
	sealsMade = prometheus.NewDesc("guichet_seal_duration_seconds",
		"Seals made, verified and handed out, by how long the key took, the wait for a session included.", nil, nil)
	sealErrors = prometheus.NewDesc("guichet_seal_errors_total",
		"Seals not made: the token unavailable, a PIN refused, a wrong value from the module, something it cannot do.", []string{"kind"}, nil)
	sealSessions = prometheus.NewDesc("guichet_seal_sessions", "Sessions with the token that there are.", nil, nil)
	sealInUse    = prometheus.NewDesc("guichet_seal_sessions_in_use", "Sessions taken at this moment.", nil, nil)
	sealStarts   = prometheus.NewDesc("guichet_seal_starts_total", "Starts of the PKCS#11 module; each but the first followed a loss.", nil, nil)
	sealUp       = prometheus.NewDesc("guichet_seal_up", "1 while the sessions with the token are good, 0 once they were lost.", nil, nil)
)

// showSeal registers the figures of a seal whose key is in a token.
func showSeal(r *prometheus.Registry, seal *signing.Sealer) {
	if seal == nil {
		return
	}
	if key, ok := seal.Key.(*hsm.Key); ok {
		r.MustRegister(sealMetrics{key.Stats})
	}
}

// Describe implements prometheus.Collector.
func (m sealMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sealsMade, sealErrors, sealSessions, sealInUse, sealStarts, sealUp} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m sealMetrics) Collect(out chan<- prometheus.Metric) {
	s := m.stats()
	buckets, below := map[float64]uint64{}, uint64(0)
	for i, bound := range hsm.Bounds() {
		below += s.Durations[i]
		buckets[bound.Seconds()] = below
	}
	// Read one by one while seals are made: the sum of the buckets is what is shown as the count.
	below += s.Durations[len(s.Durations)-1]
	out <- prometheus.MustNewConstHistogram(sealsMade, below, s.Spent.Seconds(), buckets)
	for kind, n := range map[string]uint64{
		"unavailable": s.Failures.Unavailable, "pin": s.Failures.PIN, "wrong-signature": s.Failures.Wrong,
		"not-supported": s.Failures.NotSupported, "other": s.Failures.Other,
	} {
		out <- prometheus.MustNewConstMetric(sealErrors, prometheus.CounterValue, float64(n), kind)
	}
	up := 1.0
	if s.Lost {
		up = 0
	}
	out <- prometheus.MustNewConstMetric(sealSessions, prometheus.GaugeValue, float64(s.Sessions))
	out <- prometheus.MustNewConstMetric(sealInUse, prometheus.GaugeValue, float64(s.InUse))
	out <- prometheus.MustNewConstMetric(sealStarts, prometheus.CounterValue, float64(s.Starts))
	out <- prometheus.MustNewConstMetric(sealUp, prometheus.GaugeValue, up)
}
