package store

import (
	"fmt"
	"strings"

	"guichet.example/portal/audit"
)

// flush writes the rows that are due, many with one statement: rows of looks, which are most
// of them, come together.
func (w *writer) flush() error {
	if len(w.due) == 0 {
		return nil
	}
	if err := insertAudit(w.conn, w.due); err != nil {
		return fmt.Errorf("writing audit rows: %w", err)
	}
	if err := insertLooks(w.conn, w.due); err != nil {
		return fmt.Errorf("noting looks: %w", err)
	}
	clear(w.due)
	w.due = w.due[:0]
	return nil
}

// insertAudit writes rows as they are.
func insertAudit(c *conn, rows []audit.Entry) error {
	values := make([][]any, len(rows))
	for i, e := range rows {
		values[i] = []any{e.Chain, e.Seq, micros(e.At), e.Mutuality, e.Member, e.Actor, e.Session, e.Method, e.Assurance,
			string(e.Action), e.Object, string(e.Outcome), e.RequestID, e.Reason, e.Prev[:], e.Hash[:]}
	}
	return auditRows.insert(c, values)
}

// insertLooks notes the rows that tell of a look by somebody else than the member.
func insertLooks(c *conn, rows []audit.Entry) error {
	var values [][]any
	for _, e := range rows {
		if seenAs[e.Action] != "" && e.Member != "" && e.Actor != e.Member && e.Actor != audit.System && e.Outcome == audit.Done {
			values = append(values, []any{e.Mutuality, e.Member, micros(e.At), e.Chain, e.Seq})
		}
	}
	return lookRows.insert(c, values)
}

var (
	auditRows = rowsOf("audit", "chain", "seq", "at", "mutuality", "member", "actor", "session", "method", "assurance",
		"action", "object", "outcome", "request_id", "reason", "prev", "hash")
	lookRows = rowsOf("looks", "mutuality", "member", "at", "chain", "seq")
)

// mostRows is how many rows a statement writes at most. There is one for each power of two
// up to it, so that few are prepared.
const mostRows = 64

// rowInserts are statements that insert rows of a table, by how many.
type rowInserts map[int]string

func rowsOf(table string, columns ...string) rowInserts {
	one := ", (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	all := rowInserts{}
	for n := 1; n <= mostRows; n *= 2 {
		all[n] = "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " + strings.Repeat(one, n)[len(", "):]
	}
	return all
}

func (r rowInserts) insert(c *conn, rows [][]any) error {
	n := mostRows
	for len(rows) > 0 {
		for n > len(rows) {
			n /= 2
		}
		var args []any
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		if _, err := c.exec(r[n], args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
