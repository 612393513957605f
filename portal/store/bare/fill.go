package bare

import (
	"context"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// LinesEach is how many lines of care each made-up person of Fill has, two a payment.
const LinesEach = 20

// filled are the columns of a table of Fill, and the row of a person's n-th payment.
type filled struct {
	table   string
	columns []string
	each    int // rows a person
	row     func(person string, p, n int) []any
}

var fillTables = []filled{
	{"refund_lines", []string{"mutuality", "person", "treated", "payment", "line", "certificate", "nature", "code", "provider",
		"care_from", "quantity", "fee", "supplement", "refund", "own"}, LinesEach,
		func(person string, p, n int) []any {
			return []any{"", person, fillDay(n / 2), fillReference(p, n/2), int64(n%2 + 1), fmt.Sprintf("2026-%08d", (p*31+n)%100_000_000),
				"Consultation au cabinet, médecin généraliste", "101076", "Lejeune Catherine",
				fillDay(n / 2), int64(1), int64(3200), int64(0), int64(2800), int64(400)}
		}},
	{"payments", []string{"mutuality", "member", "treated", "payment", "kind", "received", "paid", "payee", "last4", "cents", "communication"}, LinesEach / 2,
		func(person string, p, n int) []any {
			return []any{"", person, fillDay(n), fillReference(p, n), "refund", fillDay(n), fillDay(n), "Catherine Lejeune", "6727", int64(5600), "+++123/4567/89002+++"}
		}},
}

var fillStart = time.Date(2024, time.December, 1, 0, 0, 0, 0, time.UTC)

func fillDay(n int) string { return fillStart.AddDate(0, 0, 70*n).Format(time.DateOnly) }

func fillReference(person, n int) string { return fmt.Sprintf("F-%08d-%04d", person, n) }

var fillIDs = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// fillPerson is the id of the i-th of n persons: they lie evenly among all ids there can
// be, so that those of real members lie between them.
func fillPerson(i, n int) string {
	var id [16]byte
	part, _ := bits.Div64(uint64(i), 0, uint64(n))
	binary.BigEndian.PutUint64(id[:], part)
	return fillIDs.EncodeToString(id[:])
}

// Fill writes lines of care, and their payments, of persons who are no members into the
// tables of a store, nearly in the order of their keys, which is the fastest way: the
// digits of the alphabet of ids sort before its letters.
func Fill(ctx context.Context, database, path, mutuality string, lines int) error {
	persons := lines / LinesEach
	if database != "" {
		return fillPostgres(ctx, database, mutuality, persons)
	}
	return fillSQLite(ctx, path, mutuality, persons)
}

func fillPostgres(ctx context.Context, database, mutuality string, persons int) error {
	c, err := pgx.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	for _, t := range fillTables {
		i := -1
		_, err := c.CopyFrom(ctx, pgx.Identifier{t.table}, t.columns, pgx.CopyFromFunc(func() ([]any, error) {
			if i++; i == persons*t.each {
				return nil, nil
			}
			row := t.row(fillPerson(i/t.each, persons), i/t.each, i%t.each)
			row[0] = mutuality
			return row, nil
		}))
		if err != nil {
			return err
		}
		if _, err := c.Exec(ctx, "VACUUM ANALYZE "+t.table); err != nil {
			return err
		}
	}
	return nil
}

const (
	fillRows  = 50      // of a statement
	fillBatch = 100_000 // rows of a transaction
)

func fillSQLite(ctx context.Context, path, mutuality string, persons int) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	settings := url.Values{"_pragma": {"busy_timeout(60000)", "synchronous(OFF)", "cache_size(-65536)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: absolute, RawQuery: settings.Encode()}).String())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	for _, t := range fillTables {
		for from := 0; err == nil && from < persons*t.each; from += fillBatch {
			err = fillSome(ctx, db, t, mutuality, from, min(from+fillBatch, persons*t.each), persons)
		}
	}
	return errors.Join(err, db.Close())
}

// fillSome writes a transaction's worth.
func fillSome(ctx context.Context, db *sql.DB, t filled, mutuality string, from, to, persons int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after the commit
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ") + ")"
	insert := "INSERT INTO " + t.table + " (" + strings.Join(t.columns, ", ") + ") VALUES "
	many, err := tx.PrepareContext(ctx, insert+strings.TrimSuffix(strings.Repeat(one+", ", fillRows), ", "))
	if err != nil {
		return err
	}
	for i := from; i < to; {
		n := min(fillRows, to-i)
		var args []any
		for end := i + n; i < end; i++ {
			row := t.row(fillPerson(i/t.each, persons), i/t.each, i%t.each)
			row[0] = mutuality
			args = append(args, row...)
		}
		if n == fillRows {
			_, err = many.ExecContext(ctx, args...)
		} else {
			_, err = tx.ExecContext(ctx, insert+strings.TrimSuffix(strings.Repeat(one+", ", n), ", "), args...)
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}
