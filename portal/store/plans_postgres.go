package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgreSQL plans by what it counted in a table when it last looked. A table that was
// empty then is planned as one, whatever a delivery has put there since: the rows of one
// member are looked for among all of the mutuality, by every page, until autovacuum comes
// round, which takes a minute or is switched off. So tables that have outgrown their
// figures are looked at anew: when an import ends, and while a server runs
// (https://www.postgresql.org/docs/current/planner-stats.html).
const plansTick = 5 * time.Second

// outgrown are the tables that have more than twice as many blocks as when PostgreSQL last
// counted. Its own note of changed rows would come late: sessions send it after a second.
const outgrown = `
	SELECT relname FROM pg_class
	WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'USAGE')
		AND pg_relation_size(oid) / current_setting('block_size')::bigint > 2 * relpages`

// Analyze has the database look at tables that have outgrown what it knows of them, so
// that it plans for what is there. With SQLite there is nothing to do: see settlePlans.
func (db *DB) Analyze(ctx context.Context) error {
	if err := db.engine.analyze(ctx); err != nil {
		return fmt.Errorf("looking at grown tables: %w", err)
	}
	return nil
}

func (p *postgres) analyze(ctx context.Context) error {
	grown, err := p.grown(ctx)
	if err != nil || len(grown) == 0 {
		return err
	}
	cfg := p.patient.Copy()
	delete(cfg.RuntimeParams, "default_transaction_read_only")
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return unconnected(err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	var errs []error
	for _, table := range grown { // but one that autovacuum or another server looks at right now
		_, err := c.Exec(ctx, "ANALYZE (SKIP_LOCKED) "+pgx.Identifier{table}.Sanitize())
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (p *postgres) grown(ctx context.Context) (tables []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, statement)
	defer cancel()
	rows, err := p.pool.QueryContext(ctx, outgrown)
	if err != nil {
		return nil, unconnected(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return nil, err
		}
		tables = append(tables, table)
	}
	return tables, rows.Err()
}

// keepPlans analyzes now and then, until the store is closed.
func (p *postgres) keepPlans(db *DB) {
	ctx, cancel := context.WithCancel(context.Background())
	db.task(func() {
		<-db.quit
		cancel()
	})
	look := func() {
		// Of a database that is away others tell.
		if err := db.Analyze(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrUnavailable) {
			db.cfg.Log.Warn("plans of the database", "err", err)
		}
	}
	look()
	db.every(plansTick, look)
}
