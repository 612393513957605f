package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
)

// soon is how near a deadline is to be called near.
const soon = 48 * time.Hour

// A signed request waits under the id "member-request": both are opaque, and its row is
// found by its own key. itemRequest takes it apart; ok is false for the id of a task.
func itemRequest(id string) (member auth.MemberID, request string, ok bool) {
	m, request, ok := strings.Cut(id, "-")
	return auth.MemberID(m), request, ok
}

// Queue implements office.Store. The list shows nothing of anybody: who, and what was
// said, is behind taking the item. Two lists in the order of their deadlines are merged.
func (db *DB) Queue(ctx context.Context, o auth.Officer, f office.Filter, limit int) ([]office.Item, error) {
	var list []office.Item
	limit = bounded(limit)
	err := db.reveal(ctx, db.officerEntry(ctx, o, "", audit.ListTasks, ""), func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			tasks, err := db.waitingTasks(c, o, f, limit)
			if err != nil {
				return err
			}
			signed, err := db.waitingRequests(c, o, f, limit)
			if err != nil {
				return err
			}
			list = append(tasks, signed...)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing queue: %w", err)
	}
	slices.SortFunc(list, func(a, b office.Item) int {
		return strings.Compare(office.Cursor(a), office.Cursor(b))
	})
	return list[:min(len(list), limit)], nil
}

// conditions are the parts of a WHERE, with their arguments in order.
type conditions struct {
	text []string
	args []any
}

func (w *conditions) add(text string, args ...any) {
	w.text = append(w.text, text)
	w.args = append(w.args, args...)
}

func (w *conditions) where() string { return strings.Join(w.text, " AND ") }

// holding narrows to who has the item; h is the name of task_holds.
func (w *conditions) holding(o auth.Officer, who string) {
	switch who {
	case "free":
		w.add(`h.staff IS NULL`)
	case "mine":
		w.add(`h.staff = ?`, string(o.ID))
	}
}

// answering narrows to what waits for the office, or for the member it asked.
func (w *conditions) answering(who string) {
	if who == "member" {
		w.add(`r.asked_at IS NOT NULL`)
	} else {
		w.add(`r.asked_at IS NULL`)
	}
}

// due narrows to the deadline, whose column is shifted by as much as it lies behind.
func (w *conditions) due(column string, f office.Filter, now time.Time, shift time.Duration) {
	switch f.Due {
	case "overdue":
		w.add(column+` < ?`, micros(now.Add(-shift)))
	case "soon":
		w.add(column+` >= ? AND `+column+` < ?`, micros(now.Add(-shift)), micros(now.Add(soon-shift)))
	}
}

func (db *DB) waitingTasks(c *conn, o auth.Officer, f office.Filter, limit int) ([]office.Item, error) {
	now := db.cfg.Now()
	var w conditions
	w.add(`t.mutuality = ?`, o.Mutuality)
	if f.Reference != "" {
		w.add(`t.reference = ?`, f.Reference)
	} else {
		w.add(`t.closed_at IS NULL`)
		if f.Kind != "" {
			w.add(`t.kind = ?`, string(f.Kind))
		}
		if f.Language != "" {
			w.add(`t.language = ?`, f.Language)
		}
		if f.Age > 0 {
			w.add(`t.created_at <= ?`, micros(now.AddDate(0, 0, -f.Age)))
		}
		if at, id, ok := office.ParseCursor(f.After); ok {
			w.add(`(t.deadline_at, t.task) > (?, ?)`, micros(at), id)
		}
		w.holding(o, f.Who)
		if f.Who == "member" { // only requests wait for her
			return nil, nil
		}
		w.due(`t.deadline_at`, f, now, 0)
	}
	return itemRows(c, `
		SELECT t.task, t.reference, t.kind, t.member, t.language, t.created_at, t.deadline_at, t.closed_at, h.staff, s.name, h.taken_at, NULL, NULL, NULL, NULL
		FROM tasks t LEFT JOIN task_holds h ON h.mutuality = t.mutuality AND h.task = t.task
			LEFT JOIN staff s ON s.mutuality = h.mutuality AND s.staff = h.staff
		WHERE `+w.where()+` ORDER BY t.deadline_at, t.task LIMIT ?`, append(w.args, limit))
}

// signedRequests selects requests as items; %s is the condition.
const signedRequests = `
	SELECT r.member || '-' || r.request, r.reference, r.kind, r.member, m.language, r.signed_at, r.signed_at, NULL, h.staff, s.name, h.taken_at,
		b.agreed_by, a.name, b.agreed_at, r.asked_at
	FROM requests r JOIN members m ON m.mutuality = r.mutuality AND m.member = r.member
		LEFT JOIN task_holds h ON h.mutuality = r.mutuality AND h.task = r.member || '-' || r.request
		LEFT JOIN staff s ON s.mutuality = h.mutuality AND s.staff = h.staff
		LEFT JOIN bank_changes b ON b.mutuality = r.mutuality AND b.member = r.member AND b.request = r.request
		LEFT JOIN staff a ON a.mutuality = b.mutuality AND a.staff = b.agreed_by
	WHERE `

func (db *DB) waitingRequests(c *conn, o auth.Officer, f office.Filter, limit int) ([]office.Item, error) {
	now := db.cfg.Now()
	var w conditions
	w.add(`r.mutuality = ?`, o.Mutuality)
	w.add(`r.state = 'signed'`)
	if f.Reference != "" {
		w.add(`r.reference = ?`, f.Reference)
	} else {
		if f.Kind != "" {
			w.add(`r.kind = ?`, string(f.Kind))
		}
		if f.Language != "" {
			w.add(`m.language = ?`, f.Language)
		}
		if f.Age > 0 {
			w.add(`r.signed_at <= ?`, micros(now.AddDate(0, 0, -f.Age)))
		}
		if at, id, ok := office.ParseCursor(f.After); ok {
			w.add(`(r.signed_at, r.member || '-' || r.request) > (?, ?)`, micros(at.Add(-office.AnswerTime)), id)
		}
		w.holding(o, f.Who)
		w.answering(f.Who)
		w.due(`r.signed_at`, f, now, office.AnswerTime)
	}
	list, err := itemRows(c, signedRequests+w.where()+` ORDER BY r.signed_at, r.member || '-' || r.request LIMIT ?`, append(w.args, limit))
	for i := range list {
		list[i].Deadline = list[i].Created.Add(office.AnswerTime)
	}
	return list, err
}

func itemRows(c *conn, query string, args []any) ([]office.Item, error) {
	var list []office.Item
	err := c.each(query, args, func(scan func(...any) error) error {
		i, err := scanItem(scan)
		list = append(list, i)
		return err
	})
	return list, err
}

func scanItem(scan func(...any) error) (i office.Item, err error) {
	var created, deadline int64
	var closed, taken, agreed, asked sql.NullInt64
	var holder, name, first, firstName sql.NullString
	err = scan(&i.ID, &i.Reference, &i.Kind, &i.Member, &i.Language, &created, &deadline, &closed, &holder, &name, &taken,
		&first, &firstName, &agreed, &asked)
	if err != nil {
		return i, err
	}
	i.Created, i.Deadline, i.Closed = fromMicros(created), fromMicros(deadline), fromMaybe(closed)
	i.Agreed = office.Hold{Staff: auth.StaffID(first.String), Name: firstName.String, Since: fromMaybe(agreed)}
	i.Asked = fromMaybe(asked)
	i.Hold = office.Hold{Staff: auth.StaffID(holder.String), Name: name.String, Since: fromMaybe(taken)}
	return i, nil
}

// item reads an item without what is behind it. A request that is not waiting any more
// is closed.
func item(c *conn, mutuality, id string) (office.Item, error) {
	if !isID(id) {
		return office.Item{}, office.ErrNotFound
	}
	var list []office.Item
	var err error
	if member, request, ok := itemRequest(id); ok {
		list, err = itemRows(c, signedRequests+`r.mutuality = ? AND r.member = ? AND r.request = ? AND r.document IS NOT NULL`,
			[]any{mutuality, string(member), request})
		for i := range list {
			list[i].Deadline = list[i].Created.Add(office.AnswerTime)
			if list[i].Closed, err = endOf(c, mutuality, list[i], request); err != nil {
				return office.Item{}, err
			}
		}
	} else {
		list, err = itemRows(c, `
			SELECT t.task, t.reference, t.kind, t.member, t.language, t.created_at, t.deadline_at, t.closed_at, h.staff, s.name, h.taken_at, NULL, NULL, NULL, NULL
			FROM tasks t LEFT JOIN task_holds h ON h.mutuality = t.mutuality AND h.task = t.task
				LEFT JOIN staff s ON s.mutuality = h.mutuality AND s.staff = h.staff
			WHERE t.mutuality = ? AND t.task = ?`, []any{mutuality, id})
	}
	if err == nil && len(list) == 0 {
		err = office.ErrNotFound
	}
	if err != nil {
		return office.Item{}, err
	}
	return list[0], nil
}

// endOf is when a request stopped waiting, as its history tells; its signing where the
// history tells nothing, as of one that an older version let the member take back. Zero while it waits.
func endOf(c *conn, mutuality string, i office.Item, request string) (time.Time, error) {
	var state string
	err := c.get(`SELECT state FROM requests WHERE mutuality = ? AND member = ? AND request = ?`,
		[]any{mutuality, string(i.Member), request}, &state)
	if err != nil || state == "signed" {
		return time.Time{}, err
	}
	var at sql.NullInt64
	err = c.get(`SELECT max(at) FROM task_events WHERE mutuality = ? AND task = ?`, []any{mutuality, i.ID}, &at)
	if err != nil || at.Valid {
		return fromMaybe(at), err
	}
	return i.Created, nil
}
