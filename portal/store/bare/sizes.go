package bare

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

const (
	// What a table and its indexes take, free room in their pages included.
	liteSizes = `
		SELECT s.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema s ON s.name = d.name
		WHERE d.aggregate = TRUE GROUP BY s.tbl_name`
	postSizes = `
		SELECT relname, pg_total_relation_size(oid) FROM pg_class
		WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`
)

// Sizes says how many bytes each table of a store takes on the disk, with its indexes, at
// database, a PostgreSQL address, or in the SQLite file at path. The logs of either engine
// are beside them and not counted.
func Sizes(ctx context.Context, database, path string) (map[string]int64, error) {
	driver, address, first, sizes := "pgx", database, "VACUUM ANALYZE", postSizes
	if database == "" {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		driver, address = "sqlite", (&url.URL{Scheme: "file", Path: absolute}).String()
		first, sizes = "PRAGMA wal_checkpoint(TRUNCATE)", liteSizes
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, first); err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, sizes)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	of := map[string]int64{}
	for rows.Next() {
		var table string
		var size int64
		if err := rows.Scan(&table, &size); err != nil {
			return nil, err
		}
		of[table] = size
	}
	return of, rows.Err()
}
