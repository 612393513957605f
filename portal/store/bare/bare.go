// Package bare is the limit that the store is measured against: the same engine with
// the same durability, and nothing else - no sealing, no audit, no checks. Only
// benchmarks use it.
package bare

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver
)

// DB commits rows and blobs one transaction at a time. For one goroutine.
type DB struct {
	db     *sql.DB
	insert *sql.Stmt
	remove *sql.Stmt
	next   int64
}

// Open makes a database in dir with write-ahead log and a sync for each commit, as
// the store has it.
func Open(ctx context.Context, dir string) (*DB, error) {
	dsn := "file:" + filepath.Join(dir, "bare.db") +
		"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	b := &DB{db: db}
	if err := b.prepare(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return b, nil
}

func (b *DB) prepare(ctx context.Context) error {
	_, err := b.db.ExecContext(ctx, "CREATE TABLE row (id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT")
	if err != nil {
		return err
	}
	if b.insert, err = b.db.PrepareContext(ctx, "INSERT INTO row (id, content) VALUES (?, ?)"); err != nil {
		return err
	}
	b.remove, err = b.db.PrepareContext(ctx, "DELETE FROM row WHERE id = ?")
	return err
}

// Close closes it.
func (b *DB) Close() error { return b.db.Close() }

// Put commits one row for each content, all in one transaction, and returns the id of
// the last.
func (b *DB) Put(ctx context.Context, contents ...[]byte) (int64, error) {
	err := b.commit(ctx, func(tx *sql.Tx) error {
		for _, content := range contents {
			b.next++
			if _, err := tx.StmtContext(ctx, b.insert).ExecContext(ctx, b.next, content); err != nil {
				return err
			}
		}
		return nil
	})
	return b.next, err
}

// Remove commits the removal of a row.
func (b *DB) Remove(ctx context.Context, id int64) error {
	return b.commit(ctx, func(tx *sql.Tx) error {
		_, err := tx.StmtContext(ctx, b.remove).ExecContext(ctx, id)
		return err
	})
}

func (b *DB) commit(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
