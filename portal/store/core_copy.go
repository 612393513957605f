package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// worthCopying is from how many rows on COPY is quicker than a statement.
const worthCopying = 20

// copyRows adds rows that are not there by COPY, inside the transaction of the connection.
func (c *conn) copyRows(table string, columns []string, mutuality string, rows [][]any) error {
	ctx, cancel := c.context()
	defer cancel()
	var failed error
	err := c.sql.Raw(func(driver any) error {
		pg, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a %T cannot copy", driver)
		}
		failed = c.copyOn(ctx, pg.Conn(), pgx.Identifier{table}.Sanitize(), "mutuality, "+strings.Join(columns, ", "), mutuality, rows)
		return nil // whether the connection is gone is found out below
	})
	if err == nil {
		err = failed
	}
	return c.check(err)
}

func (c *conn) copyOn(ctx context.Context, pg *pgx.Conn, table, columns, mutuality string, rows [][]any) error {
	types, known := c.types[table]
	if !known {
		described, err := pg.Prepare(ctx, "", "SELECT "+columns+" FROM "+table)
		if err != nil {
			return err
		}
		for _, field := range described.Fields {
			types = append(types, field.DataTypeOID)
		}
		c.types[table] = types
	}
	var err error
	if c.copying, err = copied(c.copying[:0], types, mutuality, rows); err != nil {
		return err
	}
	_, err = pg.PgConn().CopyFrom(ctx, bytes.NewReader(c.copying), "COPY "+table+" ("+columns+") FROM STDIN (FORMAT binary)")
	return err
}

// copied is rows as COPY takes them in binary: a signature, two empty words, then of each
// row how many values there are, and each with its length, -1 for null; -1 ends it
// (PostgreSQL documentation, COPY, file formats). The driver writes the same, and asks for
// each value anew how its type is written.
func copied(b []byte, types []uint32, mutuality string, rows [][]any) ([]byte, error) {
	b = append(b, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for _, row := range rows {
		if len(row)+1 != len(types) {
			return nil, fmt.Errorf("%d values for %d columns", len(row)+1, len(types))
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(types)))
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(mutuality))), mutuality...)
		for i, value := range row {
			switch v := value.(type) {
			case nil:
				b = binary.BigEndian.AppendUint32(b, 1<<32-1)
				continue
			case string:
				if types[i+1] == pgtype.TextOID {
					b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
					continue
				}
			case int64:
				var ok bool
				if b, ok = copiedNumber(b, types[i+1], v); ok {
					continue
				}
			}
			return nil, fmt.Errorf("a %T in column %d, which has type %d and cannot hold it", value, i+1, types[i+1])
		}
	}
	return binary.BigEndian.AppendUint16(b, 1<<16-1), nil
}

// copiedNumber tells whether the column can hold it.
func copiedNumber(b []byte, oid uint32, n int64) ([]byte, bool) {
	switch {
	case oid == pgtype.Int8OID:
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(b, 8), uint64(n)), true
	case oid == pgtype.Int4OID && n == int64(int32(n)):
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, 4), uint32(n)), true
	case oid == pgtype.Int2OID && n == int64(int16(n)):
		return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(b, 2), uint16(n)), true
	}
	return b, false
}
