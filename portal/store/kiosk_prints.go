package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/kiosk"
)

// PrintAtKiosk implements kiosk.Store.
func (db *DB) PrintAtKiosk(ctx context.Context, login auth.Login, hash [32]byte, p kiosk.Print, most int) (left int, err error) {
	note := db.entry(ctx, login, audit.PrintAtKiosk, p.Kind)
	if p.ID != "" {
		note.Object = object(p.Kind, p.ID)
	}
	err = db.write(ctx, note, func(t *tx) error {
		if err := printsOwn(t, login, p); err != nil {
			return err
		}
		var printed int
		err := t.get(`SELECT printed FROM kiosk_sessions WHERE token_hash = ?`, []any{hash[:]}, &printed)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return kiosk.ErrNoPrint
		case err != nil:
			return err
		case printed >= most:
			return kiosk.ErrPrinted
		}
		left = most - printed - 1
		_, err = t.exec(`UPDATE kiosk_sessions SET printed = printed + 1 WHERE token_hash = ?`, hash[:])
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("printing at a kiosk: %w", err)
	}
	return left, nil
}

// printsOwn refuses what is not the member's.
func printsOwn(t *tx, login auth.Login, p kiosk.Print) error {
	query := map[string]string{
		"receipt":  `SELECT count(*) FROM members WHERE mutuality = ? AND member = ? AND ? = ''`,
		"request":  `SELECT count(*) FROM requests WHERE mutuality = ? AND member = ? AND request = ?`,
		"document": `SELECT count(*) FROM documents WHERE mutuality = ? AND member = ? AND document = ?`,
	}[p.Kind]
	if query == "" {
		return kiosk.ErrNoPrint
	}
	var hers int
	err := t.get(query, []any{login.Mutuality, string(login.Member), p.ID}, &hers)
	if err == nil && hers == 0 {
		return kiosk.ErrNoPrint
	}
	return err
}
