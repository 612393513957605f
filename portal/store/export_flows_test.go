package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/portal/audit"
)

// MaxFlows is how many journeys are kept.
const MaxFlows = maxFlows

// BoundFlows keeps fewer, looked at more often.
func (db *DB) BoundFlows(most int, every int64) { db.flows.max, db.flows.every = most, every }

// Flows is how many journeys are kept.
func (db *DB) Flows() (n int) {
	err := db.read(context.Background(), func(c *conn) error { return c.get("SELECT count(*) FROM federation_flows", nil, &n) })
	if err != nil {
		panic(err)
	}
	return n
}

// FillFlows begins n journeys in one transaction, as strangers do.
func (db *DB) FillFlows(n int, at time.Time) error {
	return db.write(context.Background(), audit.Entry{}, func(t *tx) error {
		for i := range n {
			hash := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(at.UnixNano()+int64(i))))
			_, err := t.exec(`INSERT INTO federation_flows (flow, browser, sealed, expires_at) VALUES (?, ?, ?, ?)`,
				hash[:], hash[:], hash[:], micros(at.Add(federation.FlowLife))+int64(i))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
