package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/people"
)

// Visible is whose data the member may read today: herself first, then the persons on
// her booklet who are minors by Config.MajorityAge or keep her access, oldest first.
// It is not audited: what is read of them then is, by who reads it.
func (db *DB) Visible(ctx context.Context, login auth.Login) (visible []people.Person, err error) {
	err = db.read(ctx, func(c *conn) error {
		visible, err = db.visible(c, login)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading who may be seen: %w", err)
	}
	return visible, nil
}

// visible is Visible inside another method, one statement. To be called with every read
// of somebody's data: an access that ended a moment ago is gone from it, on all servers.
// people.ErrNotVisible if there is no such member.
func (db *DB) visible(c *conn, login auth.Login) (visible []people.Person, err error) {
	today := people.Today(db.cfg.Now())
	day := today.Format(time.DateOnly)
	err = c.each(`
		SELECT 0, m.member, m.given_names, m.surname, m.birth, m.language, coalesce((
			SELECT max(role) FROM households WHERE mutuality = m.mutuality AND person = m.member AND member <> m.member
				AND (since IS NULL OR since <= ?) AND (until IS NULL OR until >= ?)), 'holder'), '', NULL, NULL
		FROM members m WHERE m.mutuality = ? AND m.member = ?
		UNION ALL
		SELECT 1, m.member, m.given_names, m.surname, m.birth, m.language, h.role, coalesce(a.state, ''), a.decided_at, h.since
		FROM households h
			JOIN members m ON m.mutuality = h.mutuality AND m.member = h.person
			LEFT JOIN accesses a ON a.mutuality = h.mutuality AND a.member = h.member AND a.person = h.person
		WHERE h.mutuality = ? AND h.member = ? AND h.person <> h.member
			AND (h.since IS NULL OR h.since <= ?) AND (h.until IS NULL OR h.until >= ?)
			AND (a.state = ? OR coalesce(a.state, ?) = ? AND m.birth > ?)
		ORDER BY 1, 5, 2`,
		[]any{day, day, login.Mutuality, string(login.Member), login.Mutuality, string(login.Member), day, day,
			string(people.Kept), string(people.Automatic), string(people.Automatic), people.BornBy(today, db.cfg.MajorityAge)},
		func(scan func(...any) error) error {
			var p people.Person
			var other int
			var given, surname string
			var birth, since sql.NullString
			var state people.State
			var decided sql.NullInt64
			if err := scan(&other, &p.Member, &given, &surname, &birth, &p.Language, &p.Role, &state, &decided, &since); err != nil {
				return err
			}
			if asItStands(state, decided, since) != state {
				return nil
			}
			p.Name, p.Self = account.Member{GivenNames: given, Surname: surname}.Name(), other == 0
			var err error
			p.Birth, err = fromDate(birth)
			visible = append(visible, p)
			return err
		})
	if err != nil {
		return nil, err
	}
	if len(visible) == 0 || !visible[0].Self {
		return nil, people.ErrNotVisible
	}
	return visible, nil
}

// sees finds one person among those the member may see. people.ErrNotVisible otherwise,
// whether there is such a person or not.
func (db *DB) sees(c *conn, login auth.Login, person auth.MemberID) (people.Person, error) {
	visible, err := db.visible(c, login)
	if err != nil {
		return people.Person{}, err
	}
	p, ok := people.Find(visible, person)
	if !ok {
		return people.Person{}, people.ErrNotVisible
	}
	return p, nil
}
