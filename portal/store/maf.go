package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/people"
	"guichet.example/portal/rights"
)

// Maf implements rights.Store. The counter of a household is its holder's to see; who is
// on somebody's booklet sees her own part.
func (db *DB) Maf(ctx context.Context, login auth.Login) (rights.Maf, error) {
	var m rights.Maf
	err := db.readRights(ctx, login, audit.ReadMaf, func(c *conn, visible []people.Person, today time.Time) error {
		ages, err := agesOf(c, login.Mutuality)
		if err != nil {
			return err
		}
		m = rights.Maf{AsOf: ages[core.KindMaf]}
		if m.Years, err = mafYearsOf(c, login.Mutuality, login.Member, today, cmp.Or(db.cfg.MafYears, mafYears)); err != nil {
			return err
		}
		for i := range m.Years {
			if err := mafShares(c, login, visible, &m.Years[i]); err != nil {
				return err
			}
		}
		if len(m.Years) == 0 {
			m.Years, err = ownShares(c, login, visible[0], today, cmp.Or(db.cfg.MafYears, mafYears))
			m.Own = len(m.Years) > 0
		}
		return err
	})
	return m, err
}

func mafYearsOf(c *conn, mutuality string, holder auth.MemberID, today time.Time, n int) (years []rights.MafYear, err error) {
	err = c.each(`
		SELECT year, class, since, ceiling, counted, closed FROM mafs
		WHERE mutuality = ? AND member = ? AND year > ? AND year <= ? ORDER BY year DESC`,
		[]any{mutuality, string(holder), today.Year() - n, today.Year()}, func(scan func(...any) error) error {
			var y rights.MafYear
			var d dates
			var closed int64
			if err := scan(&y.Year, &y.Class, d.at(&y.Since), &y.Ceiling, &y.Counted, &closed); err != nil {
				return err
			}
			err := d.read()
			y.Closed = closed == 1
			years = append(years, y)
			return err
		})
	return years, err
}

// mafShares are the parts of a year: of each person who may be seen, in their order, and
// of all others together.
func mafShares(c *conn, login auth.Login, visible []people.Person, y *rights.MafYear) error {
	found := map[auth.MemberID]core.MafShare{}
	var others rights.MafShare
	err := c.each(`
		SELECT person, counted, refunded, due, expected FROM maf_shares WHERE mutuality = ? AND member = ? AND year = ?`,
		[]any{login.Mutuality, string(login.Member), y.Year}, func(scan func(...any) error) error {
			person, s, err := scanShare(scan)
			if _, seen := people.Find(visible, person); seen {
				found[person] = s
				return err
			}
			others.Counted, others.Refunded, others.Due = others.Counted+s.Counted, others.Refunded+s.Refunded, others.Due+s.Due
			if s.Due > 0 && s.Expected.After(others.Expected) {
				others.Expected = s.Expected
			}
			return err
		})
	for _, v := range visible {
		if s, ok := found[v.Member]; ok {
			y.Shares = append(y.Shares, rights.MafShare{Person: v, MafShare: s})
		}
	}
	if others.Counted != 0 || others.Refunded != 0 || others.Due != 0 {
		y.Shares = append(y.Shares, others)
	}
	return err
}

func scanShare(scan func(...any) error) (person auth.MemberID, s core.MafShare, err error) {
	var d dates
	if err := scan(&person, &s.Counted, &s.Refunded, &s.Due, d.at(&s.Expected)); err != nil {
		return "", s, err
	}
	err = d.read()
	return person, s, err
}

// ownShares are the member's own parts in the counters of the households she is in: only
// of those whose booklet has her today.
func ownShares(c *conn, login auth.Login, own people.Person, today time.Time, n int) (years []rights.MafYear, err error) {
	day := today.Format(dateLayout)
	for year := today.Year(); year > today.Year()-n; year-- {
		var s core.MafShare
		var d dates
		err := c.get(`
			SELECT s.counted, s.refunded, s.due, s.expected FROM households h
				JOIN maf_shares s ON s.mutuality = h.mutuality AND s.member = h.member AND s.year = ? AND s.person = h.person
			WHERE h.mutuality = ? AND h.person = ? AND h.member <> h.person
				AND (h.since IS NULL OR h.since <= ?) AND (h.until IS NULL OR h.until >= ?)
			ORDER BY h.member LIMIT 1`,
			[]any{year, login.Mutuality, string(login.Member), day, day}, &s.Counted, &s.Refunded, &s.Due, d.at(&s.Expected))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err == nil {
			err = d.read()
		}
		if err != nil {
			return nil, err
		}
		years = append(years, rights.MafYear{Maf: core.Maf{Year: year}, Shares: []rights.MafShare{{Person: own, MafShare: s}}})
	}
	return years, nil
}
