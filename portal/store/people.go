package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/core"
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
func (db *DB) visible(c *conn, login auth.Login) ([]people.Person, error) {
	var v visiblePeople
	args := append([]any{login.Mutuality, string(login.Member)}, db.visibleOn(people.Today(db.cfg.Now()))...)
	if err := c.eachPart(visibleQuery, args, v.row); err != nil {
		return nil, err
	}
	return v.all, v.settle()
}

// Parts of who may be seen, apart from those of the pages that read them along.
const (
	partSelf = 100 + iota
	partOther
)

// visibleParts is who may be seen, as part of a statement whose ?1 and ?2 are mutuality and
// member, and in which day and born stand for what visibleOn gives.
func visibleParts(day, born string) string {
	return strings.NewReplacer("DAY", day, "BORN", born).Replace(`
	SELECT ` + partColumns(partSelf, "m.member", "m.given_names", "m.surname", "coalesce(m.birth, '')", "m.language", `coalesce((
		SELECT max(role) FROM households WHERE mutuality = m.mutuality AND person = m.member AND member <> m.member
			AND (since IS NULL OR since <= DAY) AND (until IS NULL OR until >= DAY)), 'holder')`) + `
	FROM members m WHERE m.mutuality = ?1 AND m.member = ?2
	UNION ALL
	SELECT ` + partColumns(partOther, "m.member", "m.given_names", "m.surname", "coalesce(m.birth, '')", "m.language", "h.role",
		"coalesce(a.state, '')", "coalesce(a.decided_at, 0)", "coalesce(h.since, '')") + `
	FROM households h
		JOIN members m ON m.mutuality = h.mutuality AND m.member = h.person
		LEFT JOIN accesses a ON a.mutuality = h.mutuality AND a.member = h.member AND a.person = h.person
	WHERE h.mutuality = ?1 AND h.member = ?2 AND h.person <> h.member
		AND (h.since IS NULL OR h.since <= DAY) AND (h.until IS NULL OR h.until >= DAY)
		AND (a.state = '` + string(people.Kept) + `' OR coalesce(a.state, '` + string(people.Automatic) + `') = '` + string(people.Automatic) + `' AND m.birth > BORN)`)
}

var visibleQuery = visibleParts("?3", "?4")

// visibleOn is the day, and that on which or before which who is of age was born.
func (db *DB) visibleOn(today time.Time) []any {
	return []any{today.Format(time.DateOnly), people.BornBy(today, db.cfg.MajorityAge)}
}

// visiblePeople gathers who may be seen from rows of visibleParts.
type visiblePeople struct{ all []people.Person }

func (v *visiblePeople) row(part int, x partRow) (err error) {
	p := people.Person{Self: part == partSelf}
	var member, given, surname, role, state, since string
	var decided int64
	columns := []any{&member, &given, &surname, &p.Birth, &p.Language, &role, &state, &decided, &since}
	if p.Self {
		columns = columns[:6]
	}
	if err := x.into(columns...); err != nil {
		return err
	}
	was := people.State(state)
	if asItStands(was, sql.NullInt64{Int64: decided, Valid: decided != 0}, sql.NullString{String: since, Valid: since != ""}) != was {
		return nil
	}
	p.Member, p.Role = auth.MemberID(member), core.Role(role)
	p.Name = account.Member{GivenNames: given, Surname: surname}.Name()
	v.all = append(v.all, p)
	return nil
}

// settle puts them in order. people.ErrNotVisible if there is no such member.
func (v *visiblePeople) settle() error {
	slices.SortFunc(v.all, func(a, b people.Person) int {
		switch {
		case a.Self:
			return -1
		case b.Self:
			return 1
		}
		return cmp.Or(a.Birth.Compare(b.Birth), cmp.Compare(a.Member, b.Member))
	})
	if len(v.all) == 0 || !v.all[0].Self {
		v.all = nil
		return people.ErrNotVisible
	}
	return nil
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
