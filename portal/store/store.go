package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/documents"
	"guichet.example/portal/federal"
	"guichet.example/portal/home"
	"guichet.example/portal/office"
	"guichet.example/portal/orders"
	"guichet.example/portal/page"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
	"guichet.example/portal/timeid"
)

var (
	_ signin.Store    = (*DB)(nil)
	_ home.Store      = (*DB)(nil)
	_ account.Store   = (*DB)(nil)
	_ bank.Store      = (*DB)(nil)
	_ orders.Store    = (*DB)(nil)
	_ requests.Store  = (*DB)(nil)
	_ documents.Store = (*DB)(nil)
	_ page.Drafts     = (*DB)(nil)
	_ office.Store    = (*DB)(nil)
	_ federal.Store   = (*DB)(nil)
)

// DB is an open store. Safe for concurrent use.
type DB struct {
	cfg      Config
	engine   engine
	pool     *sql.DB
	readers  chan *conn // those not lent out
	spares   chan *conn // likewise, lent while the others take long
	reading  int        // how many there are of both
	writer   *writer    // nil if read-only
	refusals refusals
	flows    flows
	brought  brought
	nextDays atomic.Int64 // when days of objects are compared again, in microseconds

	quit  chan struct{}
	tasks sync.WaitGroup
	once  sync.Once
	err   error // of Close
}

// Open opens the store and brings its schema up to date. What a crash left is
// recovered first: acts that were answered are there, others are there whole or not
// at all. Errors: ErrNewerSchema, and vault.ErrWrongKey if it was made with other keys.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return openOn(ctx, cfg, newEngine(cfg))
}

// openOn is Open on an engine; cfg has its defaults.
func openOn(ctx context.Context, cfg Config, on engine) (*DB, error) {
	db := &DB{cfg: cfg, engine: on, quit: make(chan struct{})}
	most, spare := db.engine.readers()
	db.readers, db.spares = make(chan *conn, most), make(chan *conn, spare)
	if err := db.open(ctx); err != nil {
		return nil, errors.Join(err, db.disconnect())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context) error {
	if err := db.connect(ctx); err != nil {
		return err
	}
	if db.cfg.ReadOnly {
		return nil
	}
	if err := errors.Join(db.checkKeys(ctx), db.checkObjects(ctx)); err != nil {
		return err
	}
	if err := db.begin(ctx); err != nil {
		return err
	}
	for _, task := range db.engine.tasks(db) {
		db.task(task)
	}
	db.task(db.keepAnchors)
	db.task(db.keepClean)
	return nil
}

// connect brings the schema up to date and opens the connections that read.
func (db *DB) connect(ctx context.Context) (err error) {
	if db.pool, err = db.engine.open(ctx, db.cfg); err != nil {
		return err
	}
	for _, place := range []chan *conn{db.readers, db.spares} {
		for range cap(place) {
			c, err := db.engine.connect(ctx, false)
			if err != nil {
				return err
			}
			place <- c
			db.reading++
		}
	}
	return nil
}

// begin starts the writer with the first row of its chain.
func (db *DB) begin(ctx context.Context) error {
	c, err := db.engine.connect(ctx, true)
	if err != nil {
		return err
	}
	before, head, err := db.newChain(c)
	if err == nil {
		err = db.anchor(before, head)
	}
	if err != nil {
		return errors.Join(err, c.close())
	}
	db.writer = newWriter(db.engine, c, head, db.auditKey(), db.cfg.Fault, db.cfg.Now)
	go db.writer.run()
	return nil
}

// newChain writes the first row of a chain, bound to the newest there is. Only one
// process does so at a time: chains sort by id, whatever their clocks do.
func (db *DB) newChain(c *conn) (before, head audit.Head, err error) {
	if err := db.engine.begin(c); err != nil {
		return before, head, fmt.Errorf("beginning audit chain: %w", err)
	}
	if before, head, err = db.firstRow(c); err != nil {
		c.exec("ROLLBACK")
		return before, head, err
	}
	if err := db.engine.commit(c); err != nil {
		return before, head, fmt.Errorf("beginning audit chain: %w", err)
	}
	return before, head, nil
}

func (db *DB) firstRow(c *conn) (before, head audit.Head, err error) {
	if before, err = newestHead(c); err != nil {
		return before, head, err
	}
	reason := db.cfg.Started
	if problem := db.checkAnchors(c); problem != nil {
		db.cfg.Log.Error("audit chain does not reach its anchor", "err", problem)
		reason = "anchor: " + problem.Error() + "; " + reason
		if err := endProofs(c, db.cfg.Now()); err != nil {
			return before, head, err
		}
	}
	problem, err := db.checkMarks(c)
	if err != nil {
		return before, head, err
	}
	if problem != "" {
		db.cfg.Log.Error("audit trail is not as it was marked", "err", problem)
		reason = "mark: " + problem + "; " + reason
	}
	at := db.cfg.Now()
	if last := timeid.Time(before.Chain); !at.After(last) {
		at = last.Add(time.Millisecond)
	}
	chain, err := timeid.New(at, db.cfg.Rand)
	if err != nil {
		return before, head, err
	}
	first, head := audit.Begin(chain, before, db.cfg.Now(), reason)
	if err := insertAudit(c, []audit.Entry{first}); err != nil {
		return before, head, err
	}
	return before, head, db.enrol(c, head)
}

// task runs f until the store is closed.
func (db *DB) task(f func()) {
	db.tasks.Go(f)
}

// every calls f at each tick until the store is closed.
func (db *DB) every(d time.Duration, f func()) {
	ticker := time.NewTicker(d)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			f()
		case <-db.quit:
			return
		}
	}
}

// Close lets acts under way finish, writes the last row of the audit chain, anchors
// it, and closes the file. Calling it again returns the same.
func (db *DB) Close() error {
	db.once.Do(func() { db.err = db.close() })
	return db.err
}

func (db *DB) close() error {
	close(db.quit)
	db.tasks.Wait()
	if db.writer == nil {
		return db.disconnect()
	}
	refused := db.flushRefusals(context.Background(), func(tallyKey, *tally) bool { return true })
	stop := audit.Entry{At: db.cfg.Now(), Actor: audit.System, Action: audit.Stop}
	err := errors.Join(refused, db.writer.write(context.Background(), stop, nil))
	db.writer.close()
	if err == nil {
		err = db.anchor(*db.writer.committed.Load())
	}
	if errors.Is(err, ErrStopped) || errors.Is(err, ErrFull) || errors.Is(err, ErrUnavailable) {
		err = nil // told already, to whoever wrote
	}
	return errors.Join(err, db.disconnect())
}

// disconnect closes what is open. The last connection writes the log into the file,
// and so syncs the log once more: not after a failed sync, whose second answer would
// mean nothing. The process ends then, and the connections with it.
func (db *DB) disconnect() error {
	if db.hasStopped() {
		return nil
	}
	var errs []error
	for range db.reading {
		select { // those lent out come back soon
		case c := <-db.readers:
			errs = append(errs, c.close())
		case c := <-db.spares:
			errs = append(errs, c.close())
		}
	}
	if db.writer != nil {
		errs = append(errs, db.writer.conn.close())
	}
	errs = append(errs, db.engine.close())
	if db.pool != nil {
		errs = append(errs, db.pool.Close())
	}
	return errors.Join(errs...)
}

// read lends a reading connection. Where the engine has patience, all that f does must
// end within it, the wait for the connection included. f is run once more for each object
// that it needs: what it collects it begins anew.
func (db *DB) read(ctx context.Context, f func(*conn) error) error {
	have := fetched{}
	for {
		err := db.readWith(ctx, have, f)
		var object *wanted
		if !errors.As(err, &object) {
			return err
		}
		if err := db.fetch(ctx, object, have); err != nil {
			return fmt.Errorf("reading: %w", err)
		}
	}
}

func (db *DB) readWith(ctx context.Context, have fetched, f func(*conn) error) error {
	until, over, stop := db.patience()
	defer stop()
	c, place, err := db.lend(ctx, over)
	if err != nil {
		return err
	}
	defer func() { place <- c }()
	if err := db.revive(ctx, c, until); err != nil {
		return err
	}
	c.fetched = have
	defer func() { c.until, c.again, c.fetched = time.Time{}, nil, nil }()
	return db.readable(f(c))
}

// spareAfter is how long a read waits before it takes a spare connection: longer than the
// others need for all pages that may wait, and shorter than anybody notices.
const spareAfter = 10 * time.Millisecond

// lend waits for a reading connection, and returns where it is given back.
func (db *DB) lend(ctx context.Context, over <-chan time.Time) (c *conn, place chan *conn, err error) {
	select {
	case c = <-db.readers:
		return c, db.readers, nil
	default:
	}
	long := time.NewTimer(spareAfter)
	defer long.Stop()
	var spares chan *conn // not yet
	for {
		select {
		case c = <-db.readers:
			return c, db.readers, nil
		case c = <-spares:
			return c, spares, nil
		case <-long.C:
			spares = db.spares
		case <-over:
			return nil, nil, fmt.Errorf("reading: %w", ErrUnavailable)
		case <-db.quit:
			return nil, nil, ErrClosed
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// snapshot is read with all statements seeing the same commit.
func (db *DB) snapshot(ctx context.Context, f func(*conn) error) error {
	return db.read(ctx, func(c *conn) error { return onSnapshot(c, f) })
}

func onSnapshot(c *conn, f func(*conn) error) error {
	if err := c.engine.snapshot(c); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	err := f(c)
	if _, end := c.exec("COMMIT"); end != nil {
		return errors.Join(err, fmt.Errorf("reading: %w", end))
	}
	return err
}

// write hands an act to the writer; see writer.write.
func (db *DB) write(ctx context.Context, note audit.Entry, do func(*tx) error) error {
	if db.writer == nil {
		return ErrReadOnly
	}
	return db.writer.write(ctx, note, do)
}

// NewID makes an id as PutRequest and Complete do when they are given none.
func (db *DB) NewID() (string, error) { return timeid.New(db.cfg.Now(), db.cfg.Rand) }

// Stopped is closed when the disk failed and the store writes no more. The process
// should end then and be started again: opening the store recovers it.
func (db *DB) Stopped() <-chan struct{} {
	if db.writer == nil {
		return nil
	}
	return db.writer.stopped
}

func (db *DB) hasStopped() bool {
	select {
	case <-db.Stopped(): // nil, and never ready, if read-only
		return true
	default:
		return false
	}
}

// Ping tells whether the store answers and still writes: nil, ErrStopped, ErrClosed,
// ErrUnavailable.
func (db *DB) Ping(ctx context.Context) error {
	if db.hasStopped() {
		return db.writer.stopErr
	}
	if db.writer != nil && db.writer.away.Load() { // to have it back before somebody waits
		return db.write(ctx, audit.Entry{}, func(*tx) error { return nil })
	}
	return db.read(ctx, func(c *conn) error {
		var one int
		return c.get(`SELECT 1`, nil, &one)
	})
}
