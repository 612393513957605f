package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
	"guichet.example/portal/timeid"
)

// Templates implements office.Store.
func (db *DB) Templates(ctx context.Context, o auth.Officer, id string) ([]office.Template, error) {
	var list []office.Template
	err := db.read(ctx, func(c *conn) (err error) {
		if id != "" {
			if !isID(id) {
				return office.ErrNotFound
			}
			list, err = findTemplates(c, `a.mutuality = ? AND a.template = ? ORDER BY a.version DESC LIMIT ?`, o.Mutuality, id, maxPage)
			if err == nil && len(list) == 0 {
				err = office.ErrNotFound
			}
			return err
		}
		list, err = findTemplates(c, `a.mutuality = ? AND a.version = (SELECT max(n.version) FROM answer_templates n
			WHERE n.mutuality = a.mutuality AND n.template = a.template) ORDER BY a.name, a.template LIMIT ?`, o.Mutuality, maxPage)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading answer templates: %w", err)
	}
	return list, nil
}

// OfferedTemplates implements office.Store.
func (db *DB) OfferedTemplates(ctx context.Context, o auth.Officer, k office.Kind) ([]office.Template, error) {
	var list []office.Template
	err := db.read(ctx, func(c *conn) (err error) {
		list, err = findTemplates(c, `a.mutuality = ? AND a.state = 'used' AND a.kind IN ('', ?) ORDER BY a.name, a.template LIMIT ?`,
			o.Mutuality, string(k), maxPage)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading answer templates: %w", err)
	}
	return list, nil
}

func findTemplates(c *conn, where string, args ...any) ([]office.Template, error) {
	var list []office.Template
	err := c.each(`
		SELECT a.template, a.version, a.state, a.name, a.kind, a.texts, a.changed_at, coalesce(s.name, '') FROM answer_templates a
		LEFT JOIN staff s ON s.mutuality = a.mutuality AND s.staff = a.changed_by WHERE `+where, args, func(scan func(...any) error) error {
		var t office.Template
		var texts string
		var at int64
		if err := scan(&t.ID, &t.Version, &t.State, &t.Name, &t.Kind, &texts, &at, &t.By); err != nil {
			return err
		}
		t.Changed = fromMicros(at)
		if err := json.Unmarshal([]byte(texts), &t.Texts); err != nil {
			return fmt.Errorf("answer template %s: %w", t.ID, ErrDamaged)
		}
		list = append(list, t)
		return nil
	})
	return list, err
}

// PutTemplate implements office.Store.
func (db *DB) PutTemplate(ctx context.Context, o auth.Officer, tpl office.Template) (id string, err error) {
	if err := tpl.Check(); err != nil {
		return "", err
	}
	texts, err := json.Marshal(tpl.Texts)
	if err != nil {
		return "", err
	}
	if id = tpl.ID; id == "" {
		id, err = db.addTemplate(ctx, o, tpl, string(texts))
	} else {
		err = db.write(ctx, db.officerEntry(ctx, o, "", audit.ChangeTemplate, object("template", id)), func(t *tx) error {
			if err := newestTemplate(t, o.Mutuality, id, tpl.Version); err != nil {
				return err
			}
			return db.insertTemplate(t, o, id, tpl, string(texts))
		})
	}
	if err != nil {
		return "", fmt.Errorf("keeping an answer template: %w", err)
	}
	return id, nil
}

// addTemplate keeps a new template. One of the same words that she made, and nobody changed
// or used since, is the same form sent twice.
func (db *DB) addTemplate(ctx context.Context, o auth.Officer, tpl office.Template, texts string) (string, error) {
	if tpl.Version != 0 {
		return "", office.ErrNotFound
	}
	id, err := timeid.New(db.cfg.Now(), db.cfg.Rand)
	if err != nil {
		return "", err
	}
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		err := t.get(`
			SELECT template FROM answer_templates AS first
			WHERE mutuality = ? AND version = 1 AND state = 'draft' AND name = ? AND kind = ? AND texts = ? AND changed_by = ?
				AND NOT EXISTS (SELECT 1 FROM answer_templates AS later WHERE later.mutuality = first.mutuality AND later.template = first.template AND later.version > 1)`,
			[]any{o.Mutuality, tpl.Name, string(tpl.Kind), texts, string(o.ID)}, &id)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := db.insertTemplate(t, o, id, tpl, texts); err != nil {
			return err
		}
		return t.note(db.officerEntry(ctx, o, "", audit.ChangeTemplate, object("template", id)))
	})
	return id, err
}

// insertTemplate writes the version after the one that was changed.
func (db *DB) insertTemplate(t *tx, o auth.Officer, id string, tpl office.Template, texts string) error {
	_, err := t.exec(`
		INSERT INTO answer_templates (mutuality, template, version, state, name, kind, texts, changed_at, changed_by)
		VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, ?)`,
		o.Mutuality, id, tpl.Version+1, tpl.Name, string(tpl.Kind), texts, micros(db.cfg.Now()), string(o.ID))
	return err
}

// newestTemplate refuses what was made on another version than the newest; 0 for none.
func newestTemplate(t *tx, mutuality, id string, version int) error {
	var now int
	if !isID(id) {
		return office.ErrNotFound
	}
	err := t.get(`SELECT coalesce(max(version), 0) FROM answer_templates WHERE mutuality = ? AND template = ?`, []any{mutuality, id}, &now)
	switch {
	case err != nil:
		return err
	case now == 0 && version > 0:
		return office.ErrNotFound
	case now != version:
		return office.ErrChanged
	}
	return nil
}

// SetTemplate implements office.Store.
func (db *DB) SetTemplate(ctx context.Context, o auth.Officer, id string, version int, state string) error {
	if state != office.TemplateUsed && state != office.TemplateRetired {
		return fmt.Errorf("changing an answer template: %w", errors.New("no such state"))
	}
	note := db.officerEntry(ctx, o, "", audit.ChangeTemplate, object("template", id))
	note.Reason = state
	err := db.write(ctx, note, func(t *tx) error {
		if err := newestTemplate(t, o.Mutuality, id, version); err != nil || version == 0 {
			return errors.Join(err, map[bool]error{true: office.ErrNotFound}[err == nil])
		}
		_, err := t.exec(`UPDATE answer_templates SET state = 'retired' WHERE mutuality = ? AND template = ? AND state = 'used'`, o.Mutuality, id)
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE answer_templates SET state = ? WHERE mutuality = ? AND template = ? AND version = ?`, state, o.Mutuality, id, version)
		return err
	})
	if err != nil {
		return fmt.Errorf("changing an answer template: %w", err)
	}
	return nil
}
