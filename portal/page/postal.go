package page

import (
	"cmp"
	"strings"

	"guichet.example/portal/locale"
)

// Postal is somebody's address as the insurance system delivers it. Any part may be empty.
type Postal struct {
	Street         string // with number and box
	Postcode, City string
	Country        string // ISO 3166-1 alpha-2; empty: that of the mutuality
}

// Lines are the address as it stands on an envelope, with the country where it is not that
// of the mutuality; none if the post could not find it.
func (p Postal) Lines(v View) []string {
	if p.Street == "" || p.City == "" {
		return nil
	}
	lines := []string{p.Street, strings.TrimSpace(p.Postcode + " " + p.City)}
	if p.Country != "" && !strings.EqualFold(p.Country, cmp.Or(v.Country, "BE")) {
		lines = append(lines, locale.Country(v.Lang, p.Country))
	}
	return lines
}
