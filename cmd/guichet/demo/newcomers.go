package demo

import (
	"context"
	"fmt"

	"guichet.example/certs/certstest"
	"guichet.example/portal/account"
)

// newcomers are insured and have no account yet: who tries a way to enrol is one of them.
func newcomers() []character {
	return []character{
		{
			Key: "odile", What: "EC card (P-384), in force; insured, no account yet",
			Person: certstest.Person{GivenNames: "Odile Marie", Surname: "Lambert", NationalNumber: "56091130225",
				Algorithm: certstest.P384, Street: "Rue de Campine 65", Postcode: "4000", Municipality: "Liège",
				Birth: day(1956, 9, 11), BirthPlace: "Huy", Sex: "F", Nationality: "Belge"},
			Member: &account.Member{Affiliation: "0305 611 208", GivenNames: "Odile", Surname: "Lambert",
				Language: "fr", Since: day(1974, 9, 1)},
			Account: account1("BE78340123456786", "BBRUBEBB", "ING België", "Odile Lambert"),
		},
		{
			Key: "nele", What: "EC card (P-384), in force; insured, no account yet",
			Person: certstest.Person{GivenNames: "Nele Anna", Surname: "De Smet", NationalNumber: "93082706270",
				Algorithm: certstest.P384, Street: "Brusselsestraat 112", Postcode: "3000", Municipality: "Leuven",
				Birth: day(1993, 8, 27), BirthPlace: "Leuven", Sex: "V", Nationality: "Belg"},
			Member: &account.Member{Affiliation: "0305 702 553", GivenNames: "Nele", Surname: "De Smet",
				Email: "nele.desmet@mail.example", Language: "nl", Since: day(2018, 9, 1)},
			Account: account1("BE73735012345660", "KREDBEBB", "KBC Bank", "Nele De Smet"),
		},
		{
			Key: "karl", What: "EC card (P-384), in force; insured, no account yet",
			Person: certstest.Person{GivenNames: "Karl Josef", Surname: "Hansen", NationalNumber: "84031215311",
				Algorithm: certstest.P384, Street: "Neustraße 20", Postcode: "4700", Municipality: "Eupen",
				Birth: day(1984, 3, 12), BirthPlace: "Eupen", Sex: "M", Nationality: "Belgisch"},
			Member: &account.Member{Affiliation: "0305 810 026", GivenNames: "Karl", Surname: "Hansen",
				Email: "karl.hansen@mail.example", Language: "de", Since: day(2003, 1, 1)},
			Account: account1("BE41063012345610", "GKCCBEBB", "Belfius", "Karl Hansen"),
		},
	}
}

// printedCode is the access code on the card of a newcomer.
func printedCode(key string) string { return key[:2] + "7x2q" }

// newcomerEmail is the address that a newcomer without one on file gives.
func newcomerEmail(key string) string { return key + "@mail.example" }

// printCodes gives newcomers the access codes that an insurance system would have
// printed on their cards.
func (w *world) printCodes(ctx context.Context, _ Config) error {
	for _, p := range newcomers() {
		if err := w.store.AddAccessCode(ctx, mutualityID, memberID(p.Key), printedCode(p.Key)); err != nil {
			return fmt.Errorf("printing the card of %s: %w", p.Key, err)
		}
	}
	return nil
}
