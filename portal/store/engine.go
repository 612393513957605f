package store

import (
	"context"
	"database/sql"
	"time"
)

// engine is what differs between SQLite and PostgreSQL. Everything else - the writer,
// the acts, the statements - is written once.
type engine interface {
	// open makes the pool and brings the schema up to date; with ReadOnly it only looks
	// at it. ErrNewerSchema.
	open(ctx context.Context, cfg Config) (*sql.DB, error)
	// connect opens a connection for reading or for writing.
	connect(ctx context.Context, writing bool) (*conn, error)
	// readers is how many connections read at once, and how many more while those take
	// long.
	readers() (most, spare int)
	// beforeBatch is called on the writer's connection when no transaction is open.
	beforeBatch(c *conn) error
	// begin opens a transaction in which this process alone writes.
	begin(c *conn) error
	// commit ends it.
	commit(c *conn) error
	// doubts tells whether a commit may have no answer.
	doubts() bool
	// snapshot opens a reading transaction all of whose statements see one commit.
	snapshot(c *conn) error
	// what the error means for the transaction.
	what(err error) trouble
	// size is a query for the bytes that the database takes.
	size() string
	// proven notes that what a restore made is whole, in the transaction that says so.
	proven(c *conn) error
	// analyze has the planner look at what has grown.
	analyze(ctx context.Context) error
	// tasks run until the store is closed.
	tasks(db *DB) []func()
	// patience bounds a read, and how long an act waits for its turn. 0: no bound but
	// that of the caller.
	patience() time.Duration
	// close closes what open made besides the pool.
	close() error
}

// trouble is what an error of the database means for a transaction.
type trouble int

const (
	ofTheAct   trouble = iota // rolled back alone
	ofTheBatch                // the transaction is gone, and all acts in it
	diskFull                  // as ofTheBatch, until there is room
	diskFailed                // as ofTheBatch, and the state of the disk is not known
	tryAgain                  // as ofTheBatch, through no fault of it: once more
	lost                      // the connection is gone, and the transaction with it
	busy                      // as ofTheBatch: another server writes and does not end
)

// newEngine is the engine that the configuration asks for.
func newEngine(cfg Config) engine {
	if cfg.Database != "" {
		return &postgres{}
	}
	return &sqlite{}
}
