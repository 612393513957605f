package store

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgres is a database that several processes write to.
//
// Acts are serial across all of them, as on SQLite: the transaction of each batch takes
// one advisory lock first (begin). What an act reads is then what it decides on, without
// isolation levels that make it fail late and start again; a batch that joins up to 256
// acts holds the lock for one round of statements and one sync, so the rate is that of
// the joined commits and not of the lock. READ COMMITTED sees, after the lock, all that
// its holder before committed: locks are given back after a commit is visible.
//
// Whoever hangs with the lock is cut by the server (idle_in_transaction_session_timeout;
// its transaction rolls back), whoever waits for it too long is told (lock_timeout).
// A connection through a pooler must be its own for a whole session.
type postgres struct {
	pool    *sql.DB
	write   *sql.DB         // other settings, another pool
	patient *pgx.ConnConfig // settings without bounds on time: for a backup
	leisure bool            // nobody waits for a page: a backup is put back
}

// Bounds of the server's answers. A page that meets a database that hangs has its
// answer within two seconds.
const (
	hasty      = 1800 * time.Millisecond // a read, or the wait for a turn to write
	dialing    = time.Second             // a connection
	statement  = 1500 * time.Millisecond // a statement
	committing = 10 * time.Second        // a commit: its answer is worth waiting for
	lockWait   = 1200 * time.Millisecond // for the other servers' turns
	stalled    = 5 * time.Second         // a transaction in which nothing happens
	migrating  = time.Minute             // the wait for another server's migration
	leisurely  = time.Hour               // anything, while a backup is put back: its tables are read whole
)

// bound is one of the above as it holds for this engine.
func (p *postgres) bound(d time.Duration) time.Duration {
	if p.leisure {
		return leisurely
	}
	return d
}

// Keys of advisory locks, within the database: the turn to write, and to migrate.
const (
	writeLock   = 0x67756963_0001
	migrateLock = 0x67756963_0002
)

// configOf reads the address and sets what every connection has.
func configOf(address string, more map[string]string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("address of the database cannot be read") // err may quote a password
	}
	if err := checkTransport(cfg); err != nil {
		return nil, err
	}
	if cfg.ConnectTimeout == 0 || cfg.ConnectTimeout > dialing {
		cfg.ConnectTimeout = dialing
	}
	cfg.RuntimeParams["application_name"] = "guichet"
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["synchronous_commit"] = "on" // an answer means: on disk
	for key, value := range more {
		cfg.RuntimeParams[key] = value
	}
	return cfg, nil
}

// checkTransport refuses to speak to another machine without knowing which one it is.
func checkTransport(cfg *pgx.ConnConfig) error {
	check := func(host string, t *tls.Config) error {
		ip := net.ParseIP(host)
		switch {
		case strings.HasPrefix(host, "/"), host == "localhost", ip != nil && ip.IsLoopback():
			return nil
		case t != nil && (!t.InsecureSkipVerify || t.VerifyPeerCertificate != nil):
			return nil
		}
		return fmt.Errorf("database on %s without a verified certificate: add sslmode=verify-full", host)
	}
	err := check(cfg.Host, cfg.TLSConfig)
	for _, other := range cfg.Fallbacks {
		err = errors.Join(err, check(other.Host, other.TLSConfig))
	}
	return err
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func (p *postgres) open(ctx context.Context, cfg Config) (*sql.DB, error) {
	reading, err := configOf(cfg.Database, map[string]string{
		"default_transaction_read_only": "on", "statement_timeout": millis(p.bound(statement)),
	})
	if err != nil {
		return nil, err
	}
	if p.patient, err = configOf(cfg.Database, map[string]string{"default_transaction_read_only": "on"}); err != nil {
		return nil, err
	}
	writing, err := configOf(cfg.Database, map[string]string{
		"statement_timeout": millis(p.bound(committing)), "lock_timeout": millis(lockWait),
		"idle_in_transaction_session_timeout": millis(p.bound(stalled)),
	})
	if err != nil {
		return nil, err
	}
	if !cfg.ReadOnly {
		if err := MakeSchema(ctx, cfg.Database); err != nil {
			return nil, err
		}
	}
	p.pool, p.write = stdlib.OpenDB(*reading), stdlib.OpenDB(*writing)
	if !cfg.ReadOnly && !p.leisure {
		if _, err := p.write.ExecContext(ctx, unmark); err != nil {
			return p.pool, fmt.Errorf("opening database: %w", err)
		}
	}
	if cfg.ReadOnly {
		return p.pool, checkOnly(ctx, p.pool, `SELECT to_regclass('goose_db_version') IS NOT NULL`, postgresSteps())
	}
	return p.pool, nil
}

// MakeSchema brings the schema of a PostgreSQL database up to date, as Open does, and
// does nothing else. It holds a lock for the session, so that servers that start
// together do it one after the other; who dies meanwhile gives the lock back.
// ErrNewerSchema.
func MakeSchema(ctx context.Context, database string) error {
	return makeSchemaAt(ctx, database, newestVersion)
}

// makeSchemaAt is MakeSchema for an older version.
func makeSchemaAt(ctx context.Context, database string, version int64) error {
	cfg, err := configOf(database, nil)
	if err != nil {
		return err
	}
	pool := stdlib.OpenDB(*cfg)
	defer pool.Close()
	c, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("opening database: %w", unconnected(err))
	}
	defer c.Close()
	if err := checkDatabase(ctx, c); err != nil {
		return err
	}
	if err := takeMigration(ctx, c); err != nil {
		return fmt.Errorf("waiting for another server's migration: %w", err)
	}
	return migrateTo(ctx, goose.DialectPostgres, pool, postgresSteps(), version)
}

// takeMigration takes the lock of who migrates for the session. It asks again and again: a
// statement that waits would read an older state of the database meanwhile, and an index
// that the other server builds concurrently waits for all who do.
func takeMigration(ctx context.Context, c *sql.Conn) error {
	for end := time.Now().Add(migrating); ; {
		var ours bool
		err := c.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, int64(migrateLock)).Scan(&ours)
		switch {
		case err != nil || ours:
			return err
		case time.Now().After(end):
			return fmt.Errorf("not over after %v", migrating)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Exists tells whether a PostgreSQL database holds a store, of whatever version. ErrEncoding
// if it never can.
func Exists(ctx context.Context, database string) (found bool, err error) {
	cfg, err := configOf(database, nil)
	if err != nil {
		return false, err
	}
	pool := stdlib.OpenDB(*cfg)
	defer pool.Close()
	c, err := pool.Conn(ctx)
	if err != nil {
		return false, fmt.Errorf("looking at database: %w", unconnected(err))
	}
	defer c.Close()
	if err := checkDatabase(ctx, c); err != nil {
		return false, err
	}
	if err := c.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&found); err != nil {
		return false, fmt.Errorf("looking at database: %w", err)
	}
	return found, nil
}

// unconnected is the error of a connection that was not had: ErrUnavailable, unless the
// server answered and does not want us, or showed a certificate that does not hold.
func unconnected(err error) error {
	var said *pgconn.PgError
	var stranger *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &stranger),
		errors.As(err, &said) && new(postgres).what(said) != lost:
		return err
	}
	return away{err}
}

// ErrEncoding means that a database was made with another encoding or order of text.
var ErrEncoding = errors.New("make it with CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")

// checkDatabase refuses a database in which text sorts by the rules of a language: ids
// are compared as bytes, and indexes must outlive an update of the system's tables.
func checkDatabase(ctx context.Context, c *sql.Conn) error {
	var encoding, collation string
	err := c.QueryRowContext(ctx, `
		SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()`).
		Scan(&encoding, &collation)
	if err != nil {
		return fmt.Errorf("looking at database: %w", err)
	}
	if encoding != "UTF8" || collation != "C" && collation != "POSIX" && collation != "C.UTF-8" {
		return fmt.Errorf("database has encoding %s and collation %s, want UTF8 and C: %w", encoding, collation, ErrEncoding)
	}
	return nil
}

func (p *postgres) connect(ctx context.Context, writing bool) (*conn, error) {
	pool := p.pool
	if writing {
		pool = p.write
	}
	raw, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening database: %w: %w", errLost, err)
	}
	c := newConn(p, raw)
	c.rewrite, c.limit = numbered, p.bound(statement)
	return c, nil
}

func (p *postgres) readers() (most, spare int) { return 8, 0 }
func (p *postgres) patience() time.Duration    { return p.bound(hasty) }
func (p *postgres) beforeBatch(*conn) error    { return nil }
func (p *postgres) doubts() bool               { return true }
func (p *postgres) tasks(db *DB) []func()      { return []func(){func() { p.keepPlans(db) }} }
func (p *postgres) size() string               { return `SELECT pg_database_size(current_database())` }

func (p *postgres) proven(c *conn) error { return run(c, unmark) }

func (p *postgres) begin(c *conn) error {
	if err := run(c, "BEGIN"); err != nil {
		return err
	}
	_, err := c.exec(`SELECT pg_advisory_xact_lock(?)`, int64(writeLock))
	return err
}

func (p *postgres) commit(c *conn) error {
	c.limit = p.bound(committing)
	defer func() { c.limit = p.bound(statement) }()
	return run(c, "COMMIT")
}

func (p *postgres) snapshot(c *conn) error {
	return run(c, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
}

func (p *postgres) close() error {
	if p.write == nil {
		return nil
	}
	return p.write.Close()
}

// what goes by the SQLSTATE (PostgreSQL documentation, appendix A).
func (p *postgres) what(err error) trouble {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return ofTheAct
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if errors.Is(err, errLost) {
			return lost
		}
		return ofTheAct
	}
	switch e.Code {
	case "53100": // disk_full
		return diskFull
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return tryAgain
	case "55P03", "57014": // lock_not_available, query_canceled
		return busy
	case "25P03", "25006", // idle_in_transaction_session_timeout; read only: no longer the primary
		"57P01", "57P02", "57P03", "57P05": // the server stops, starts, or closes the session
		return lost
	}
	switch e.Code[:2] {
	case "08", "53": // connection, resources
		return lost
	case "25": // the transaction is not in the state we think
		return ofTheBatch
	}
	return ofTheAct
}

// closed asks the driver whether the connection is gone.
func (c *conn) closed() bool {
	gone := false
	err := c.sql.Raw(func(driver any) error {
		if pg, ok := driver.(*stdlib.Conn); ok {
			gone = pg.Conn().IsClosed()
		}
		return nil
	})
	return gone || err != nil
}

// numbered turns the ? of a statement into $1, $2, …, and ?3 into $3, but for those in
// quotes.
func numbered(query string) string {
	var b strings.Builder
	n, quote := 0, byte(0)
	for i := range len(query) {
		c := query[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '?':
			b.WriteByte('$')
			if i+1 == len(query) || query[i+1] < '1' || query[i+1] > '9' {
				n++
				b.WriteString(strconv.Itoa(n))
			}
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
