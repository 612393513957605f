package store

import (
	"context"
	"fmt"

	"guichet.example/portal/requests"
)

// Stats are figures for the operator.
type Stats struct {
	ToSign     int64 // requests that wait for a signature
	Pending    int64 // signed, status of the card unknown
	Signed     int64 // signed, not yet accepted or rejected
	Raises     int64 // documents whose level is still to be raised
	Documents  int64 // in the vault
	Sessions   int64
	Challenges int64
	Owed       int   // audit rows that wait for room on the disk
	Bytes      int64 // of the database, without its log
	Commits    int64 // since it was opened
	Stopped    bool
}

// Stats counts. It walks tables: not for a page.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	err := db.snapshot(ctx, func(c *conn) error {
		for _, count := range []struct {
			query string
			args  []any
			into  *int64
		}{
			{`SELECT count(*) FROM requests WHERE state = ?`, []any{string(requests.ToSign)}, &s.ToSign},
			{`SELECT count(*) FROM requests WHERE state = ?`, []any{string(requests.Pending)}, &s.Pending},
			{`SELECT count(*) FROM requests WHERE state = ?`, []any{string(requests.Signed)}, &s.Signed},
			{`SELECT count(*) FROM raises`, nil, &s.Raises},
			{`SELECT count(*) FROM documents`, nil, &s.Documents},
			{`SELECT count(*) FROM sessions`, nil, &s.Sessions},
			{`SELECT count(*) FROM challenges`, nil, &s.Challenges},
			{db.engine.size(), nil, &s.Bytes},
		} {
			if err := c.get(count.query, count.args, count.into); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Stats{}, fmt.Errorf("counting: %w", err)
	}
	if db.writer != nil {
		s.Owed, s.Commits = len(db.writer.owed.list()), db.writer.commits.Load()
		select {
		case <-db.writer.stopped:
			s.Stopped = true
		default:
		}
	}
	return s, nil
}
