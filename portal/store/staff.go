package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
	"guichet.example/portal/signin"
)

// officerEntry is the row of an act of an officer on a member's record, or on none.
func (db *DB) officerEntry(ctx context.Context, o auth.Officer, member auth.MemberID, action audit.Action, object string) audit.Entry {
	return audit.Entry{
		At: db.cfg.Now(), Mutuality: o.Mutuality, Member: string(member), Actor: string(o.ID), Session: o.Session,
		Method: audit.Office, Assurance: auth.High.String(),
		Action: action, Object: object, RequestID: audit.RequestID(ctx),
	}
}

// byEntry is officerEntry for what the command does too.
func (db *DB) byEntry(ctx context.Context, by office.By, action audit.Action, object string) audit.Entry {
	if by.Officer != nil {
		return db.officerEntry(ctx, *by.Officer, "", action, object)
	}
	return audit.Entry{
		At: db.cfg.Now(), Mutuality: by.Mutuality, Actor: audit.Command, Method: audit.Office,
		Action: action, Object: object,
	}
}

const staffColumns = `staff, name, language, place, roles, revision, created_at, disabled_at`

func scanColleague(scan func(...any) error) (c office.Colleague, err error) {
	var roles string
	var created int64
	var disabled sql.NullInt64
	if err := scan(&c.ID, &c.Name, &c.Language, &c.Place, &roles, &c.Revision, &created, &disabled); err != nil {
		return c, err
	}
	c.Roles, c.Created, c.Disabled = rolesOf(roles), fromMicros(created), fromMaybe(disabled)
	return c, nil
}

// rolesOf reads the words of a row; a word that is no role gives no rights.
func rolesOf(words string) []auth.Role {
	var list []auth.Role
	for word := range strings.FieldsSeq(words) {
		if r, err := auth.ParseRole(word); err == nil {
			list = append(list, r)
		}
	}
	return list
}

// rolesText writes roles in their fixed order, each once.
func rolesText(list []auth.Role) string {
	var words []string
	for _, r := range auth.Roles() {
		if (auth.Officer{Roles: list}).Is(r) {
			words = append(words, string(r))
		}
	}
	return strings.Join(words, " ")
}

// staffOf reads one colleague by a condition on the row.
func staffOf(c *conn, where string, args ...any) (office.Colleague, error) {
	var found office.Colleague
	err := errNoRow
	each := c.each(`SELECT `+staffColumns+` FROM staff WHERE `+where, args, func(scan func(...any) error) error {
		found, err = scanColleague(scan)
		return err
	})
	return found, errors.Join(each, err)
}

// StaffByNumber implements office.Store. It is not audited: the sign-in that follows is.
func (db *DB) StaffByNumber(ctx context.Context, mutuality string, n nrn.Number) (office.Colleague, error) {
	var found office.Colleague
	index := db.cfg.Keys.Index(numberIndex, mutuality, n.Digits())
	err := db.read(ctx, func(c *conn) (err error) {
		found, err = staffOf(c, `mutuality = ? AND number_index = ?`, mutuality, index)
		return err
	})
	if errors.Is(err, errNoRow) || err == nil && !found.Disabled.IsZero() {
		return office.Colleague{ID: found.ID}, office.ErrUnknownStaff
	}
	if err != nil {
		return office.Colleague{}, fmt.Errorf("finding staff by number: %w", err)
	}
	return found, nil
}

// RecordOfficeRefusal implements office.Store, within the bounds of RecordRefusal.
func (db *DB) RecordOfficeRefusal(ctx context.Context, r office.Refusal) error {
	return db.RecordRefusal(ctx, signin.Refusal{
		Mutuality: r.Mutuality, Method: audit.Office, Member: "", Cause: r.Cause, Source: r.Source,
	})
}

// Staff implements office.Store: by name, those who left last.
func (db *DB) Staff(ctx context.Context, by office.By) ([]office.Colleague, error) {
	var list []office.Colleague
	err := db.reveal(ctx, db.byEntry(ctx, by, audit.ListStaff, ""), func(c *conn) error {
		return c.each(`SELECT `+staffColumns+` FROM staff WHERE mutuality = ? ORDER BY disabled_at IS NOT NULL, name, staff`,
			[]any{by.Mutuality}, func(scan func(...any) error) error {
				colleague, err := scanColleague(scan)
				list = append(list, colleague)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("listing staff: %w", err)
	}
	return list, nil
}

// AddStaff implements office.Store. The first one is added by the command.
func (db *DB) AddStaff(ctx context.Context, by office.By, c office.NewColleague) (auth.StaffID, error) {
	id, err := auth.NewStaffID(db.cfg.Rand)
	if err != nil {
		return "", err
	}
	if err := c.Check(); err != nil {
		return "", err
	}
	if c.Number.IsZero() {
		return "", fmt.Errorf("%w: number", office.ErrColleague)
	}
	index := db.cfg.Keys.Index(numberIndex, by.Mutuality, c.Number.Digits())
	note := db.byEntry(ctx, by, audit.AddStaff, object("staff", string(id)))
	note.Reason = "roles: " + rolesText(c.Roles)
	err = db.write(ctx, note, func(t *tx) error {
		added, err := t.exec(`
			INSERT INTO staff (mutuality, staff, number_index, name, language, place, roles, revision, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (mutuality, number_index) DO NOTHING`,
			by.Mutuality, string(id), index, c.Name, c.Language, c.Place, rolesText(c.Roles), 1, micros(db.cfg.Now()))
		if err == nil && added == 0 {
			return office.ErrStaffExists
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("adding staff: %w", err)
	}
	return id, nil
}

// ChangeStaff implements office.Store.
func (db *DB) ChangeStaff(ctx context.Context, by office.By, c office.Colleague) error {
	if err := c.Check(); err != nil {
		return err
	}
	note := db.byEntry(ctx, by, audit.ChangeStaff, object("staff", string(c.ID)))
	note.Reason = "roles: " + rolesText(c.Roles)
	err := db.write(ctx, note, func(t *tx) error {
		before, err := colleague(t, by.Mutuality, c.ID)
		switch {
		case err != nil:
			return err
		case before.Revision != c.Revision:
			return office.ErrChanged
		case by.Officer != nil && by.Officer.ID == c.ID && rolesText(before.Roles) != rolesText(c.Roles):
			return office.ErrOwnRoles
		}
		c.Disabled = before.Disabled
		if err := keepAdministrator(t, by.Mutuality, before, c); err != nil {
			return err
		}
		_, err = t.exec(`
			UPDATE staff SET name = ?, language = ?, place = ?, roles = ?, revision = revision + 1
			WHERE mutuality = ? AND staff = ?`,
			c.Name, c.Language, c.Place, rolesText(c.Roles), by.Mutuality, string(c.ID))
		return err
	})
	if err != nil {
		return fmt.Errorf("changing staff: %w", err)
	}
	return nil
}

// DisableStaff implements office.Store. Her sessions end and what she held is free in the
// same commit.
func (db *DB) DisableStaff(ctx context.Context, by office.By, id auth.StaffID, disabled bool) error {
	action := audit.EnableStaff
	if disabled {
		action = audit.DisableStaff
	}
	err := db.write(ctx, db.byEntry(ctx, by, action, object("staff", string(id))), func(t *tx) error {
		before, err := colleague(t, by.Mutuality, id)
		switch {
		case err != nil:
			return err
		case by.Officer != nil && by.Officer.ID == id:
			return office.ErrOwnRoles
		case before.Disabled.IsZero() != disabled:
			return office.ErrChanged
		}
		after := before
		after.Disabled = db.cfg.Now()
		if !disabled {
			_, err := t.exec(`UPDATE staff SET disabled_at = NULL, revision = revision + 1 WHERE mutuality = ? AND staff = ?`,
				by.Mutuality, string(id))
			return err
		}
		if err := keepAdministrator(t, by.Mutuality, before, after); err != nil {
			return err
		}
		return db.shutOut(ctx, t, by.Mutuality, id)
	})
	if err != nil {
		return fmt.Errorf("disabling staff: %w", err)
	}
	return nil
}

// shutOut ends all that a member of the staff has open.
func (db *DB) shutOut(ctx context.Context, t *tx, mutuality string, id auth.StaffID) error {
	_, err := t.exec(`UPDATE staff SET disabled_at = ?, revision = revision + 1 WHERE mutuality = ? AND staff = ?`,
		micros(db.cfg.Now()), mutuality, string(id))
	if err != nil {
		return err
	}
	var open [][]byte
	err = t.each(`SELECT token_hash FROM staff_sessions WHERE mutuality = ? AND staff = ?`, []any{mutuality, string(id)},
		func(scan func(...any) error) error {
			var hash []byte
			err := scan(&hash)
			open = append(open, hash)
			return err
		})
	for _, hash := range open {
		err = errors.Join(err, db.endOfficeSession(ctx, t, hash, "disabled"))
	}
	if err != nil {
		return err
	}
	_, err = t.exec(`DELETE FROM task_holds WHERE mutuality = ? AND staff = ?`, mutuality, string(id))
	return err
}

func colleague(t *tx, mutuality string, id auth.StaffID) (office.Colleague, error) {
	c, err := staffOf(t.conn, `mutuality = ? AND staff = ?`, mutuality, string(id))
	if errors.Is(err, errNoRow) {
		return c, office.ErrNotFound
	}
	return c, err
}

// keepAdministrator refuses a change after which nobody could give roles.
func keepAdministrator(t *tx, mutuality string, before, after office.Colleague) error {
	if !before.Administrates() || after.Administrates() {
		return nil
	}
	others := 0
	err := t.each(`SELECT `+staffColumns+` FROM staff WHERE mutuality = ? AND staff <> ? AND disabled_at IS NULL`,
		[]any{mutuality, string(before.ID)}, func(scan func(...any) error) error {
			c, err := scanColleague(scan)
			if c.Administrates() {
				others++
			}
			return err
		})
	if err == nil && others == 0 {
		return office.ErrLastAdministrator
	}
	return err
}
