package store

import "time"

// When the write-ahead log is written into the file, in pages of 4 KiB not yet written.
const (
	checkpointAt = 1_000  // 4 MiB: from the background
	waitAt       = 16_384 // 64 MiB: the writer waits, or the log would grow without end
	logTick      = 100 * time.Millisecond
	quietTicks   = 50 // without a commit, after which any rest is written
)

// checkpoint writes the log into the file. PASSIVE waits for nobody.
func checkpoint(c *conn, mode string) error {
	_, _, err := checkpointed(c, mode)
	return err
}

// checkpointed also returns the pages in the log and how many of them are in the file.
// NOOP only looks.
func checkpointed(c *conn, mode string) (pages, done int64, err error) {
	var busy int
	err = c.get("PRAGMA wal_checkpoint("+mode+")", nil, &busy, &pages, &done)
	return pages, done, err
}

// keepLog checkpoints from a connection of its own, so that no act waits for it.
func (s *sqlite) keepLog(db *DB) {
	var seen int64
	quiet := 0
	db.every(logTick, func() {
		if db.hasStopped() {
			return // a checkpoint syncs the log, and that has failed already
		}
		now := db.writer.commits.Load()
		if now == seen {
			quiet++
		} else {
			quiet = 0
		}
		if now == seen && quiet != quietTicks {
			return
		}
		seen = now
		if err := s.keepLogOnce(quiet == quietTicks); err != nil {
			db.cfg.Log.Error("checkpoint of the database", "err", err)
			if s.what(err) == diskFailed {
				db.writer.stop(err)
			}
		}
	})
}

func (s *sqlite) keepLogOnce(rest bool) error {
	pages, done, err := checkpointed(s.keeper, "NOOP")
	if err != nil || pages == done || pages-done < checkpointAt && !rest {
		return err
	}
	pages, _, err = checkpointed(s.keeper, "PASSIVE")
	if pages > waitAt {
		s.long.Store(true)
	}
	return err
}
