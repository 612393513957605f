package store

import (
	"context"
	"database/sql"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/cover"
	"guichet.example/portal/people"
)

var _ cover.Store = (*DB)(nil)

// coverRows bounds the covers read of one person.
const coverRows = 60

// Cover implements cover.Store.
func (db *DB) Cover(ctx context.Context, login auth.Login) (cover.File, error) {
	var f cover.File
	err := db.revealOf(ctx, login, audit.ReadCover, func(c *conn) (_ []auth.MemberID, err error) {
		visible, err := db.visible(c, login)
		if err != nil {
			return nil, err
		}
		f, err = coverFile(c, login, visible)
		return idsOf(visible), err
	})
	if err != nil {
		return cover.File{}, fmt.Errorf("reading cover: %w", err)
	}
	return f, nil
}

func coverFile(c *conn, login auth.Login, visible []people.Person) (f cover.File, err error) {
	var updated sql.NullInt64
	err = c.get(`SELECT affiliation, street, postcode, municipality, country, updated_at FROM members WHERE mutuality = ? AND member = ?`,
		[]any{login.Mutuality, string(login.Member)}, &f.Affiliation, &f.Street, &f.Postcode, &f.City, &f.Country, &updated)
	if err != nil {
		return f, err
	}
	f.Imported = fromMaybe(updated)
	ages, err := agesOf(c, login.Mutuality)
	if err != nil {
		return f, err
	}
	f.BookletAsOf, f.CoverAs = ages[core.KindHousehold], ages[core.KindCover]
	for _, v := range visible {
		p := cover.Person{Person: v}
		var d dates
		err := c.get(`
			SELECT m.affiliation, (SELECT since FROM households h WHERE h.mutuality = m.mutuality AND h.member = ? AND h.person = m.member)
			FROM members m WHERE m.mutuality = ? AND m.member = ?`,
			[]any{string(login.Member), login.Mutuality, string(v.Member)}, &p.Affiliation, d.at(&p.Since))
		if err == nil {
			err = d.read()
		}
		if err == nil {
			p.Covers, err = coversOf(c, login.Mutuality, v.Member)
		}
		if err != nil {
			return f, err
		}
		f.Persons = append(f.Persons, p)
	}
	return f, nil
}

// coversOf are a person's, by insurance, the newest first.
func coversOf(c *conn, mutuality string, person auth.MemberID) (list []core.Cover, err error) {
	err = c.each(`SELECT cover, since, until, status, code FROM covers WHERE mutuality = ? AND member = ? ORDER BY cover, since DESC LIMIT ?`,
		[]any{mutuality, string(person), coverRows}, func(scan func(...any) error) error {
			var one core.Cover
			var d dates
			if err := scan(&one.Cover, d.at(&one.Since), d.at(&one.Until), &one.Status, &one.Code); err != nil {
				return err
			}
			err := d.read()
			list = append(list, one)
			return err
		})
	return list, err
}

func idsOf(list []people.Person) (ids []auth.MemberID) {
	for _, p := range list {
		ids = append(ids, p.Member)
	}
	return ids
}
