package portal

import (
	"time"

	"guichet.example/portal/renewal"
	"guichet.example/signing"
)

// RenewalTimes say when documents get a new archive timestamp, and how fast.
type RenewalTimes struct {
	Before    time.Duration // the newest one runs out; zero: renewal.DefaultBefore
	PerMinute int           // documents; zero: renewal.DefaultPerMinute; negative: unbounded
}

// archive is the level that documents are raised to.
func (cfg Config) archive() signing.Level {
	switch {
	case cfg.TSA == nil:
		return signing.LevelB
	case cfg.Archive == 0:
		return signing.LevelLTA
	}
	return cfg.Archive
}

func (cfg Config) extender() *signing.Extender {
	return &signing.Extender{TSA: cfg.TSA, Revocation: cfg.Revocation, Anchors: cfg.Anchors, Now: cfg.Now}
}

// holds tells until when the archive timestamp of a file proves it.
func (cfg Config) holds(pdf []byte) (time.Time, error) {
	return signing.NextRenewal(pdf, signing.Trust{Anchors: cfg.Anchors, Now: cfg.Now})
}

// renewer keeps documents at B-LTA; nil where they do not come to that level.
func (cfg Config) renewer() *renewal.Renewer {
	if cfg.archive() < signing.LevelLTA {
		return nil
	}
	return &renewal.Renewer{
		Store: cfg.Store, Jobs: cfg.Store, Mutuality: cfg.Mutuality.ID, Extender: cfg.extender(),
		Trust:  signing.Trust{Anchors: cfg.Anchors, Now: cfg.Now},
		Before: cfg.Renewal.Before, PerMinute: cfg.Renewal.PerMinute, Now: cfg.Now, Log: cfg.Log,
	}
}

// Renewals are what this server renewed since it began; zero where it renews nothing.
func (p *Portal) Renewals() renewal.Figures {
	if p.renewer == nil {
		return renewal.Figures{}
	}
	return p.renewer.Figures()
}
