package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// conn is one connection with its statements. Not safe for concurrent use.
//
// Statements run without the caller's context: SQLite answers an interrupt in the
// middle of a write by rolling back the whole transaction, and with it the acts of
// others, and PostgreSQL's driver closes the connection. All of them are short; limit
// bounds them where the database may be far away.
type conn struct {
	engine  engine
	sql     *sql.Conn
	stmts   map[string]*sql.Stmt
	rewrite func(query string) string // from ? to the engine's own; nil: none
	limit   time.Duration             // of one statement; 0: none
	until   time.Time                 // of all that run on it now; zero: no end
	lost    bool                      // nothing will run on it any more
	again   func() error              // connects anew, for the first statement of a read; nil: no more
	fetched fetched                   // objects, for the read that it is lent to
}

func newConn(e engine, c *sql.Conn) *conn {
	return &conn{engine: e, sql: c, stmts: map[string]*sql.Stmt{}}
}

// errLost is with every error of a connection that is gone.
var errLost = errors.New("connection is lost")

func (c *conn) close() error {
	if c.limit != 0 { // a server cleans up by itself
		c.discard()
		return nil
	}
	var errs []error
	for _, stmt := range c.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.sql.Close())...)
}

// discard ends a connection to a server, with whatever it was doing: it must not come
// back with a transaction that is still open. Nobody waits for the server's goodbye.
func (c *conn) discard() {
	go c.sql.Raw(func(any) error { return driver.ErrBadConn })
}

// context bounds one statement.
func (c *conn) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if c.limit == 0 {
		return ctx, cancel
	}
	end := time.Now().Add(c.limit)
	if !c.until.IsZero() && c.until.Before(end) {
		end = c.until
	}
	return context.WithDeadline(ctx, end)
}

// check notes that the connection is gone.
func (c *conn) check(err error) error {
	if err == nil || c.limit == 0 || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	c.lost = c.lost || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, context.DeadlineExceeded) || c.closed()
	if c.lost {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

func (c *conn) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := c.stmts[query]; ok {
		return stmt, nil
	}
	text := query
	if c.rewrite != nil {
		text = c.rewrite(query)
	}
	stmt, err := c.sql.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = stmt
	return stmt, nil
}

// anew is true once, if the connection went while nobody used it: nothing was read yet,
// and the statement can be run on a new one.
func (c *conn) anew(err error) bool {
	again := c.again
	c.again = nil
	return err != nil && c.lost && again != nil && again() == nil
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(query string, args ...any) (int64, error) {
	n, err := c.execOnce(query, args)
	if c.anew(err) {
		return c.execOnce(query, args)
	}
	return n, err
}

func (c *conn) execOnce(query string, args []any) (int64, error) {
	ctx, cancel := c.context()
	defer cancel()
	stmt, err := c.stmt(ctx, query)
	if err != nil {
		return 0, c.check(err)
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, c.check(err)
	}
	return result.RowsAffected()
}

// get reads one row into dest; sql.ErrNoRows if there is none.
func (c *conn) get(query string, args []any, dest ...any) error {
	err := c.getOnce(query, args, dest)
	if c.anew(err) {
		return c.getOnce(query, args, dest)
	}
	return err
}

func (c *conn) getOnce(query string, args []any, dest []any) error {
	ctx, cancel := c.context()
	defer cancel()
	stmt, err := c.stmt(ctx, query)
	if err != nil {
		return c.check(err)
	}
	return c.check(stmt.QueryRowContext(ctx, args...).Scan(dest...))
}

// each calls row for every row, with the function that reads it.
func (c *conn) each(query string, args []any, row func(scan func(dest ...any) error) error) error {
	ctx, cancel := c.context()
	defer func() { cancel() }()
	rows, err := c.rows(ctx, query, args)
	if c.anew(err) {
		cancel()
		ctx, cancel = c.context()
		rows, err = c.rows(ctx, query, args)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return c.check(rows.Err())
}

func (c *conn) rows(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	stmt, err := c.stmt(ctx, query)
	if err != nil {
		return nil, c.check(err)
	}
	rows, err := stmt.QueryContext(ctx, args...)
	return rows, c.check(err)
}
