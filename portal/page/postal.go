package page

import (
	"strings"

	"guichet.example/portal/locale"
)

// Postal is somebody's address as the insurance system delivers it. Any part may be empty.
type Postal struct {
	Street         string // with number and box
	Postcode, City string
	Country        string // ISO 3166-1 alpha-2; empty: Belgium
}

const belgium = "BE"

// Lines are the address as it stands on an envelope, with the country where it is another
// one; none if the post could not find it.
func (p Postal) Lines(l locale.Language) []string {
	if p.Street == "" || p.City == "" {
		return nil
	}
	lines := []string{p.Street, strings.TrimSpace(p.Postcode + " " + p.City)}
	if p.Country != "" && !strings.EqualFold(p.Country, belgium) {
		lines = append(lines, locale.Country(l, p.Country))
	}
	return lines
}
