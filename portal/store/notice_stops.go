package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/mail"
)

// StoppedNotices implements account.Store.
func (db *DB) StoppedNotices(ctx context.Context, login auth.Login) (stopped []mail.Template, err error) {
	err = db.read(ctx, func(c *conn) error {
		stopped, err = noticeStops(c, login)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading notices: %w", err)
	}
	return stopped, nil
}

// noticeStops are what the member stopped, in the order of the page.
func noticeStops(c *conn, login auth.Login) ([]mail.Template, error) {
	var found, stopped []mail.Template
	err := c.each(`SELECT notice FROM notice_stops WHERE mutuality = ? AND member = ?`, []any{login.Mutuality, string(login.Member)},
		func(scan func(...any) error) error {
			var notice string
			err := scan(&notice)
			found = append(found, mail.Template(notice))
			return err
		})
	for _, notice := range mail.OptionalTemplates() {
		if slices.Contains(found, notice) {
			stopped = append(stopped, notice)
		}
	}
	return stopped, err
}

// SetNotices implements account.Store.
func (db *DB) SetNotices(ctx context.Context, login auth.Login, stopped []mail.Template) error {
	for _, notice := range stopped {
		if !notice.Optional() {
			return fmt.Errorf("no notice to stop: %.40q", string(notice))
		}
	}
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		before, err := noticeStops(t.conn, login)
		if err != nil {
			return err
		}
		var moved []string
		for _, notice := range mail.OptionalTemplates() {
			now, was := slices.Contains(stopped, notice), slices.Contains(before, notice)
			switch {
			case now && !was:
				moved = append(moved, "-"+string(notice))
				_, err = t.exec(`INSERT INTO notice_stops (mutuality, member, notice, stopped_at) VALUES (?, ?, ?, ?)`,
					login.Mutuality, string(login.Member), string(notice), micros(db.cfg.Now()))
			case was && !now:
				moved = append(moved, "+"+string(notice))
				_, err = t.exec(`DELETE FROM notice_stops WHERE mutuality = ? AND member = ? AND notice = ?`,
					login.Mutuality, string(login.Member), string(notice))
			}
			if err != nil {
				return err
			}
		}
		if len(moved) == 0 {
			return nil // sent twice
		}
		return t.note(db.entry(ctx, login, audit.SetNotices, object("notices", strings.Join(moved, " "))))
	})
	if err != nil {
		return fmt.Errorf("setting notices: %w", err)
	}
	return nil
}
