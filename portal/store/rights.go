package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/cover"
	"guichet.example/portal/people"
	"guichet.example/portal/rights"
)

var _ rights.Store = (*DB)(nil)

const (
	tariffRows    = 200 // tariffs in force at once
	agreementRows = 100 // agreements shown of one person
	mafYears      = 3   // this year and those before it, where nothing is set
)

// readRights reads a page of rights: visible are the persons it may tell of.
func (db *DB) readRights(ctx context.Context, login auth.Login, action audit.Action, read func(c *conn, visible []people.Person, today time.Time) error) error {
	err := db.revealOf(ctx, login, action, func(c *conn) ([]auth.MemberID, error) {
		visible, err := db.visible(c, login)
		if err == nil {
			err = read(c, visible, people.Today(db.cfg.Now()))
		}
		return idsOf(visible), err
	})
	if err != nil {
		return fmt.Errorf("reading rights: %w", err)
	}
	return nil
}

// MedicalFiles implements rights.Store.
func (db *DB) MedicalFiles(ctx context.Context, login auth.Login) (rights.MedicalFiles, error) {
	var f rights.MedicalFiles
	err := db.readRights(ctx, login, audit.ReadMedicalFiles, func(c *conn, visible []people.Person, today time.Time) error {
		ages, err := agesOf(c, login.Mutuality)
		if err != nil {
			return err
		}
		f = rights.MedicalFiles{AsOf: ages[core.KindMedicalFile]}
		for _, v := range visible {
			p := rights.PersonFile{Person: v}
			if p.File, err = medicalFile(c, login.Mutuality, v.Member, today); err != nil {
				return err
			}
			if p.Increased, err = increased(c, login.Mutuality, v.Member, today); err != nil {
				return err
			}
			f.Persons = append(f.Persons, p)
		}
		f.Tariffs, err = tariffs(c, login.Mutuality, today)
		return err
	})
	return f, err
}

// medicalFile is the one that holds today, else the newest; nil if there is none.
func medicalFile(c *conn, mutuality string, person auth.MemberID, today time.Time) (*core.MedicalFile, error) {
	var file *core.MedicalFile
	day := today.Format(dateLayout)
	err := c.each(`
		SELECT since, until, doctor, number FROM medical_files WHERE mutuality = ? AND member = ?
		ORDER BY CASE WHEN since <= ? AND (until IS NULL OR until >= ?) THEN 0 ELSE 1 END, since DESC LIMIT 1`,
		[]any{mutuality, string(person), day, day}, func(scan func(...any) error) error {
			file = new(core.MedicalFile)
			var d dates
			if err := scan(d.at(&file.Since), d.at(&file.Until), &file.Doctor, &file.Number); err != nil {
				return err
			}
			return d.read()
		})
	return file, err
}

// increased says whether the person's compulsory cover has increased refunds today.
func increased(c *conn, mutuality string, person auth.MemberID, today time.Time) (bool, error) {
	covers, err := coversOf(c, mutuality, person)
	return slices.ContainsFunc(covers, func(one core.Cover) bool {
		return one.Cover == core.Compulsory && cover.PositionOf(one, today) == cover.Increased
	}), err
}

// tariffs are the newest of each code and status that hold today.
func tariffs(c *conn, mutuality string, today time.Time) (list []core.Tariff, err error) {
	err = c.each(`
		SELECT code, nature, from_day, increased, fee, with_file, without_file FROM tariffs t
		WHERE mutuality = ? AND from_day = (SELECT max(from_day) FROM tariffs
			WHERE mutuality = t.mutuality AND code = t.code AND increased = t.increased AND from_day <= ?)
		ORDER BY code, increased LIMIT ?`,
		[]any{mutuality, today.Format(dateLayout), tariffRows}, func(scan func(...any) error) error {
			var t core.Tariff
			var d dates
			var more int64
			if err := scan(&t.Code, &t.Nature, d.at(&t.From), &more, &t.Fee, &t.With, &t.Without); err != nil {
				return err
			}
			err := d.read()
			t.Increased = more == 1
			list = append(list, t)
			return err
		})
	return list, err
}

// Savings implements rights.Store.
func (db *DB) Savings(ctx context.Context, login auth.Login) (rights.Savings, error) {
	var s rights.Savings
	err := db.readRights(ctx, login, audit.ReadSavings, func(c *conn, visible []people.Person, today time.Time) error {
		ages, err := agesOf(c, login.Mutuality)
		if err != nil {
			return err
		}
		s = rights.Savings{AsOf: ages[core.KindSaving]}
		for _, v := range visible {
			p := rights.PersonSaving{Person: v}
			var d dates
			err := c.get(`
				SELECT year, from_day, until, total, deposited, most, basis FROM savings
				WHERE mutuality = ? AND member = ? AND year <= ? ORDER BY year DESC LIMIT 1`,
				[]any{login.Mutuality, string(v.Member), today.Year()},
				&p.Year, d.at(&p.From), d.at(&p.Until), &p.Total, &p.Deposited, &p.Most, &p.Basis)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err == nil {
				err = d.read()
			}
			if err != nil {
				return err
			}
			if rights.Eligible(p, today) {
				s.Persons = append(s.Persons, p)
			}
		}
		return nil
	})
	return s, err
}

// Agreements implements rights.Store. The look is at those whose they are, not at all who
// may be seen.
func (db *DB) Agreements(ctx context.Context, login auth.Login, person auth.MemberID) (rights.Agreements, error) {
	var a rights.Agreements
	err := db.revealOf(ctx, login, audit.ReadAgreements, func(c *conn) ([]auth.MemberID, error) {
		visible, err := db.visible(c, login)
		if err != nil {
			return nil, err
		}
		ages, err := agesOf(c, login.Mutuality)
		if err != nil {
			return nil, err
		}
		a = rights.Agreements{AsOf: ages[core.KindAgreement], Persons: visible}
		wanted := visible
		if person != "" {
			one, ok := people.Find(visible, person)
			if !ok {
				return nil, rights.ErrNotFound
			}
			wanted = []people.Person{one}
		}
		for _, v := range wanted {
			if err := agreements(c, login.Mutuality, v, &a.List); err != nil {
				return nil, err
			}
		}
		return idsOf(wanted), nil
	})
	if err != nil {
		return rights.Agreements{}, fmt.Errorf("reading agreements: %w", err)
	}
	return a, nil
}

func agreements(c *conn, mutuality string, of people.Person, list *[]rights.PersonAgreement) error {
	return c.each(`
		SELECT agreement, kind, subject, professional, since, until, state, cents FROM agreements
		WHERE mutuality = ? AND member = ? ORDER BY coalesce(since, '') DESC, agreement LIMIT ?`,
		[]any{mutuality, string(of.Member), agreementRows}, func(scan func(...any) error) error {
			one := rights.PersonAgreement{Person: of}
			var d dates
			g := &one.Agreement
			if err := scan(&g.Reference, &g.Kind, &g.Subject, &g.Professional, d.at(&g.Since), d.at(&g.Until), &g.State, &g.Cents); err != nil {
				return err
			}
			err := d.read()
			*list = append(*list, one)
			return err
		})
}
