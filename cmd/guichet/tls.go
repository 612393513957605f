package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// tlsLook is how often the files of the TLS certificate are looked at: whoever renews it
// need tell nobody.
const tlsLook = 10 * time.Second

// keyPair is the TLS certificate that is shown to browsers, and its key: that of the files
// as they were when they last held a good one.
type keyPair struct {
	certificate, key string // files
	host             string // that it must be for when it is read again
	log              *slog.Logger
	now              func() time.Time

	shown  atomic.Pointer[tls.Certificate]
	broken atomic.Bool // what the files hold now is not what is shown
	seen   [2]fileState
}

// fileState tells a file from what it was before.
type fileState struct {
	written time.Time
	size    int64
	gone    bool
}

// openKeyPair reads the files that the settings name; nil without TLS.
func openKeyPair(s *Settings, log *slog.Logger) (*keyPair, error) {
	if s.TLS.Certificate == "" {
		return nil, nil
	}
	origin, err := url.Parse(s.Origin)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", "origin", err)
	}
	p := &keyPair{certificate: s.TLS.Certificate, key: s.TLS.Key, host: origin.Hostname(), log: log, now: time.Now}
	p.seen = p.files()
	pair, err := tls.LoadX509KeyPair(p.certificate, p.key)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", "tls", err)
	}
	p.shown.Store(&pair)
	return p, nil
}

// config shows the pair of the moment to each who connects.
func (p *keyPair) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return p.shown.Load(), nil
	}}
}

// run looks at the files until ctx ends.
func (p *keyPair) run(ctx context.Context) {
	every(ctx, tlsLook, func() bool { p.look(); return true })
}

// look reads the files again if they changed. A pair that is not whole yet, or no good,
// changes nothing: the one before is shown, and the log says why, once.
func (p *keyPair) look() {
	files := p.files()
	if files == p.seen {
		return
	}
	p.seen = files
	pair, err := p.read()
	p.broken.Store(err != nil)
	if err != nil {
		p.log.Error("the new TLS certificate is not used, the one before is shown", "cause", err,
			"certificate", p.certificate, "ends", p.shown.Load().Leaf.NotAfter)
		return
	}
	p.shown.Store(pair)
	p.log.Info("TLS certificate read again", "certificate", p.certificate, "ends", pair.Leaf.NotAfter)
}

// read reads a pair that replaces one that works: so it must.
func (p *keyPair) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(p.certificate, p.key)
	switch {
	case err != nil:
		return nil, err
	case !p.now().Before(pair.Leaf.NotAfter):
		return nil, errors.New("it ran out on " + pair.Leaf.NotAfter.Format(time.DateOnly))
	}
	return &pair, pair.Leaf.VerifyHostname(p.host)
}

func (p *keyPair) files() (states [2]fileState) {
	for i, name := range []string{p.certificate, p.key} {
		info, err := os.Stat(name)
		if err != nil {
			states[i].gone = true
			continue
		}
		states[i] = fileState{written: info.ModTime(), size: info.Size()}
	}
	return states
}

var (
	tlsEnds = prometheus.NewDesc("guichet_tls_not_after_timestamp_seconds",
		"End of the TLS certificate that is shown, in Unix time.", nil, nil)
	tlsBroken = prometheus.NewDesc("guichet_tls_files_refused",
		"1 while the files hold another certificate, which is not used: the log says why.", nil, nil)
)

// Describe implements prometheus.Collector.
func (p *keyPair) Describe(out chan<- *prometheus.Desc) {
	out <- tlsEnds
	out <- tlsBroken
}

// Collect implements prometheus.Collector.
func (p *keyPair) Collect(out chan<- prometheus.Metric) {
	broken := 0.0
	if p.broken.Load() {
		broken = 1
	}
	out <- prometheus.MustNewConstMetric(tlsEnds, prometheus.GaugeValue, float64(p.shown.Load().Leaf.NotAfter.Unix()))
	out <- prometheus.MustNewConstMetric(tlsBroken, prometheus.GaugeValue, broken)
}
