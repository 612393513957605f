package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/portal/office"
)

// staff are the people who work at the demo's mutuality, with cards like everybody's.
func staff() []character {
	return []character{
		{
			Key: "ines", What: "EC card (P-384), in force; works at the office",
			Person: certstest.Person{GivenNames: "Inès", Surname: "Collard", NationalNumber: "79042118497",
				Algorithm: certstest.P384, Street: "Rue Saint-Gilles 77", Postcode: "4000", Municipality: "Liège",
				Birth: day(1979, 4, 21), BirthPlace: "Namur", Sex: "F", Nationality: "Belge"},
			Staff: &office.Colleague{Language: "fr", Roles: []auth.Role{auth.Administrator}},
		},
		{
			Key: "bram", What: "EC card (P-384), in force; works at the office",
			Person: certstest.Person{GivenNames: "Bram", Surname: "Claes", NationalNumber: "88061421789",
				Algorithm: certstest.P384, Street: "Naamsestraat 60", Postcode: "3000", Municipality: "Leuven",
				Birth: day(1988, 6, 14), BirthPlace: "Hasselt", Sex: "M", Nationality: "Belg"},
			Staff: &office.Colleague{Language: "nl", Roles: []auth.Role{auth.Advisor}},
		},
		{
			Key: "sofia", What: "EC card (P-384), in force; works at the office",
			Person: certstest.Person{GivenNames: "Sofia", Surname: "Marchetti", NationalNumber: "95020310271",
				Algorithm: certstest.P384, Street: "Rue de l'Hôtel de Ville 5", Postcode: "4800", Municipality: "Verviers",
				Birth: day(1995, 2, 3), BirthPlace: "Verviers", Sex: "F", Nationality: "Belge"},
			Staff: &office.Colleague{Language: "fr", Place: "Verviers", Roles: []auth.Role{auth.ContactPoint, auth.Mailroom}},
		},
		{
			Key: "karin", What: "EC card (P-384), in force; receives people for the medical adviser",
			Person: certstest.Person{GivenNames: "Karin", Surname: "Hoffmann", NationalNumber: "84031224813",
				Algorithm: certstest.P384, Street: "Gospertstraße 18", Postcode: "4700", Municipality: "Eupen",
				Birth: day(1984, 3, 12), BirthPlace: "Eupen", Sex: "W", Nationality: "Belgisch"},
			Staff: &office.Colleague{Language: "de", Place: "Eupen", Roles: []auth.Role{auth.MedicalDesk}},
		},
	}
}

// employ makes them members of the staff; doing it again changes nothing.
func (w *world) employ(ctx context.Context, _ Config) error {
	for _, p := range w.people {
		if p.Staff == nil {
			continue
		}
		c := *p.Staff
		c.Name = p.Person.GivenNames + " " + p.Person.Surname
		_, err := w.store.AddStaff(ctx, office.By{Mutuality: mutualityID},
			office.NewColleague{Colleague: c, Number: mustNumber(p.Person.NationalNumber)})
		if err != nil && !errors.Is(err, office.ErrStaffExists) {
			return fmt.Errorf("employing %s: %w", p.Key, err)
		}
	}
	return nil
}

// standing is what the mutuality knows of the person, for the desk.
func (c character) standing() string {
	if c.Staff == nil {
		return ""
	}
	words := make([]string, len(c.Staff.Roles))
	for i, r := range c.Staff.Roles {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}
