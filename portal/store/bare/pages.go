package bare

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the other driver
)

// Pages reads what a page shows from a store's own tables, by plain statements: no
// sealing, no audit row, no question who may see it. Safe for concurrent use.
type Pages struct {
	db         *sql.DB
	statements map[string]*sql.Stmt
}

// OpenPages opens the store at database, a PostgreSQL address, or at the path of a SQLite
// file, for reading.
func OpenPages(ctx context.Context, database, path string) (*Pages, error) {
	driver, address := "pgx", database
	if database == "" {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		settings := url.Values{"_pragma": {"busy_timeout(5000)", "query_only(ON)", "cache_size(-4096)"}}
		driver, address = "sqlite", (&url.URL{Scheme: "file", Path: absolute, RawQuery: settings.Encode()}).String()
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, err
	}
	readers := 4
	if database != "" {
		readers = 8
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	p := &Pages{db: db, statements: map[string]*sql.Stmt{}}
	for name, query := range pageStatements {
		if database != "" {
			query = dollars(query)
		}
		if p.statements[name], err = db.PrepareContext(ctx, query); err != nil {
			db.Close()
			return nil, err
		}
	}
	return p, nil
}

// pageStatements are what a page of a member cannot do without.
var pageStatements = map[string]string{
	"session": `SELECT mutuality, member, login_sealed, ends_at FROM sessions WHERE token_hash = ?`,
	"people": `SELECT m.member, m.given_names, m.surname FROM households h JOIN members m ON m.mutuality = h.mutuality AND m.member = h.person
		WHERE h.mutuality = ? AND h.member = ?`,
	"payments":  `SELECT payment, kind, cents, treated FROM payments WHERE mutuality = ? AND member = ? ORDER BY treated DESC, payment DESC LIMIT 20`,
	"lines":     `SELECT payment, nature, provider, refund, treated FROM refund_lines WHERE mutuality = ? AND person = ? ORDER BY treated DESC LIMIT 20`,
	"requests":  `SELECT request, kind, reference, state FROM requests WHERE mutuality = ? AND member = ? ORDER BY request DESC LIMIT 5`,
	"documents": `SELECT document, kind, reference, status FROM documents WHERE mutuality = ? AND member = ? ORDER BY document DESC LIMIT 5`,
}

func dollars(query string) string {
	var b strings.Builder
	n := 0
	for _, c := range query {
		if c != '?' {
			b.WriteRune(c)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}

// Read reads the session of a token's hash, and then what the named statements find of
// its member. It returns how many rows there were.
func (p *Pages) Read(ctx context.Context, hash []byte, names ...string) (int, error) {
	var mutuality, member string
	var sealed []byte
	var ends int64
	if err := p.statements["session"].QueryRowContext(ctx, hash).Scan(&mutuality, &member, &sealed, &ends); err != nil {
		return 0, err
	}
	n := 0
	for _, name := range names {
		rows, err := p.rows(ctx, name, mutuality, member)
		if err != nil {
			return n, err
		}
		n += rows
	}
	return n, nil
}

func (p *Pages) rows(ctx context.Context, name, mutuality, member string) (n int, err error) {
	rows, err := p.statements[name].QueryContext(ctx, mutuality, member)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	into := make([]any, len(columns))
	texts := make([]string, len(columns))
	for i := range into {
		into[i] = &texts[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// Close closes it.
func (p *Pages) Close() error { return p.db.Close() }
