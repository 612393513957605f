package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"guichet.example/portal/core"
	"guichet.example/portal/places"
)

var _ places.Store = (*DB)(nil)

// Branches implements places.Store.
func (db *DB) Branches(ctx context.Context, mutuality string) ([]core.Branch, error) {
	list := []core.Branch{}
	err := db.read(ctx, func(c *conn) error {
		list = list[:0]
		return c.each(`
			SELECT code, name, street, postcode, city, phone, latitude, longitude, hours, services, wheelchair, kiosk FROM branches
			WHERE mutuality = ? ORDER BY code LIMIT 500`, []any{mutuality}, func(scan func(...any) error) error {
			var b core.Branch
			var wheelchair, kiosk int
			err := scan(&b.Code, &b.Name, &b.Street, &b.Postcode, &b.City, &b.Phone, &b.Latitude, &b.Longitude, &b.Hours, &b.Services, &wheelchair, &kiosk)
			b.Wheelchair, b.Kiosk = wheelchair != 0, kiosk != 0
			list = append(list, b)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing branches: %w", err)
	}
	return list, nil
}

// Where implements places.Store.
func (db *DB) Where(ctx context.Context, mutuality, postcode string) (p core.Postcode, ok bool, err error) {
	err = db.read(ctx, func(c *conn) error {
		return c.get(`SELECT code, name, latitude, longitude FROM postcodes WHERE mutuality = ? AND code = ? ORDER BY name LIMIT 1`,
			[]any{mutuality, postcode}, &p.Code, &p.Name, &p.Latitude, &p.Longitude)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("finding a postcode: %w", err)
	}
	return p, true, nil
}

// maxWords is how many words of a search are looked at.
const maxWords = 4

// Providers implements places.Store. A word of a search holds letters and digits alone, so
// that none of LIKE's signs is in it.
func (db *DB) Providers(ctx context.Context, mutuality string, q places.Query, limit int) ([]core.Provider, string, error) {
	var w conditions
	w.add(`mutuality = ?`, mutuality)
	letters := func(s string) []string {
		words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		return words[:min(len(words), maxWords)]
	}
	for _, word := range letters(q.Name) {
		w.add(`(' ' || name_key) LIKE ?`, "% "+word+"%")
	}
	if place := letters(q.Place); len(place) > 0 {
		w.add(`(postcode = ? OR (' ' || city_key) LIKE ?)`, place[0], "% "+strings.Join(place, " ")+"%")
	}
	if name, number, ok := strings.Cut(q.After, "~"); ok && len(q.After) < 300 && utf8.ValidString(q.After) && !strings.Contains(q.After, "\x00") {
		w.add(`(name_key, number) > (?, ?)`, name, number)
	}
	limit = bounded(limit)
	var list []core.Provider
	var keys []string
	err := db.read(ctx, func(c *conn) error {
		list, keys = list[:0], keys[:0]
		return c.each(`
			SELECT number, name, name_key, profession, speciality, street, postcode, city, status, hours FROM providers
			WHERE `+w.where()+` ORDER BY name_key, number LIMIT ?`, append(w.args, limit+1), func(scan func(...any) error) error {
			var p core.Provider
			var key string
			err := scan(&p.Number, &p.Name, &key, &p.Profession, &p.Speciality, &p.Street, &p.Postcode, &p.City, &p.Status, &p.Hours)
			list, keys = append(list, p), append(keys, key)
			return err
		})
	})
	if err != nil {
		return nil, "", fmt.Errorf("searching professionals: %w", err)
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], keys[limit-1] + "~" + list[limit-1].Number, nil
}
