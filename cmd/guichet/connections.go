package main

import (
	"cmp"
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"guichet.example/portal/connections"
)

// Bounds of "connections", and how many there are without it: each takes some
// 30 kB of memory, more with TLS.
const (
	leastConnections   = 16
	shippedConnections = 4096
	mostConnections    = 200_000
)

// sparedFiles is how many open files are left for all that is no connection of a browser's:
// the database, its log, what is asked of other services. Of a low limit half is left.
const sparedFiles = 256

// fewConnections is how many a counter should have room for, whatever was asked.
const fewConnections = 512

// room is how many connections there may be at once, and whether that is what was asked.
func (s *Settings) room() (most int, asAsked bool) {
	files, known := openFiles()
	if !known {
		return cmp.Or(s.Connections, shippedConnections), true
	}
	return roomWithin(s.Connections, files)
}

// roomWithin is the room that a limit on open files leaves.
func roomWithin(asked, files int) (most int, asAsked bool) {
	left := max(files/2, files-sparedFiles, 1)
	return min(cmp.Or(asked, shippedConnections), left), asked <= left && (asked > 0 || left >= fewConnections)
}

// connections looks whether there may be as many open files as connections need.
func (c *checkup) connections(context.Context) []row {
	most, asAsked := c.s.room()
	if !asAsked {
		return []row{weak("Allow this user more open files (LimitNOFILE of its systemd unit), or set \"connections\" lower.",
			"The limit on open files leaves room for %d connections at once.", most)}
	}
	return []row{good("There is room for %d connections at once.", most)}
}

// connectionMetrics shows how many connections there are, and which were ended for want of room.
type connectionMetrics struct{ figures func() connections.Figures }

var (
	connectionsOpen   = prometheus.NewDesc("guichet_connections", "Connections at this moment, those that rest included.", nil, nil)
	connectionsClosed = prometheus.NewDesc("guichet_connections_closed_total",
		"Connections ended for want of room: resting or slow to make room, refused to a network that has its share.", []string{"kind"}, nil)
)

// showConnections registers the figures of the connections.
func showConnections(r *prometheus.Registry, bound *connections.Bound) {
	r.MustRegister(connectionMetrics{bound.Figures})
}

// Describe implements prometheus.Collector.
func (m connectionMetrics) Describe(out chan<- *prometheus.Desc) {
	out <- connectionsOpen
	out <- connectionsClosed
}

// Collect implements prometheus.Collector.
func (m connectionMetrics) Collect(out chan<- prometheus.Metric) {
	f := m.figures()
	out <- prometheus.MustNewConstMetric(connectionsOpen, prometheus.GaugeValue, float64(f.Open))
	out <- prometheus.MustNewConstMetric(connectionsClosed, prometheus.CounterValue, float64(f.Closed), "resting")
	out <- prometheus.MustNewConstMetric(connectionsClosed, prometheus.CounterValue, float64(f.Cut), "slow")
	out <- prometheus.MustNewConstMetric(connectionsClosed, prometheus.CounterValue, float64(f.Refused), "refused")
}
