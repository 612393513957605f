package demo

import (
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/certs/certstest"
	"guichet.example/portal/account"
	"guichet.example/portal/bank"
	"guichet.example/portal/office"
)

// PIN of every card of the demo.
const PIN = "1234"

// character is someone made up for the demo: a card, and mostly a member.
type character struct {
	Key     string // name of the card on the desk, and of its file
	What    string // what is special about the card, for the desk
	Person  certstest.Person
	Revoked bool
	// Member is nil for a person the mutuality does not know.
	Member  *account.Member
	Account bank.Account
	Staff   *office.Colleague // nil for who does not work there
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// characters are the people of the demo. Their national numbers have right check
// digits; none of them exists.
func characters(now time.Time) []character {
	return append([]character{
		{
			Key: "mathieu", What: "RSA card, in force",
			Person: certstest.Person{GivenNames: "Mathieu Jean", Surname: "Delcourt", NationalNumber: "85073003328",
				Algorithm: certstest.RSA2048, Street: "Rue Hors-Château 28", Postcode: "4000", Municipality: "Liège",
				Birth: day(1985, 7, 30), BirthPlace: "Verviers", Sex: "M", Nationality: "Belge"},
			Member: &account.Member{Affiliation: "0305 118 422", GivenNames: "Mathieu", Surname: "Delcourt",
				Email: "mathieu.delcourt@mail.example", Phone: "+32470000142", Language: "fr", Since: day(2009, 9, 1)},
			Account: account1("BE48001123456727", "GEBABEBB", "BNP Paribas Fortis", "Mathieu Delcourt"),
		},
		{
			Key: "lotte", What: "EC card (P-384), in force",
			Person: certstest.Person{GivenNames: "Lotte Maria", Surname: "Vermeulen", NationalNumber: "72022911853",
				Algorithm: certstest.P384, Street: "Coupure Links 9", Postcode: "9000", Municipality: "Gent",
				Birth: day(1972, 2, 29), BirthPlace: "Oostende", Sex: "V", Nationality: "Belg"},
			Member: &account.Member{Affiliation: "0305 207 915", GivenNames: "Lotte", Surname: "Vermeulen",
				Email: "lotte.vermeulen@mail.example", Phone: "+32471000157", Language: "nl", Since: day(1998, 1, 1)},
			Account: account1("BE47733022334480", "KREDBEBB", "KBC Bank", "Lotte Vermeulen"),
		},
		{
			Key: "emile", What: "revoked: reported stolen yesterday", Revoked: true,
			Person: certstest.Person{GivenNames: "Émile Georges", Surname: "Noirhomme", NationalNumber: "68110521177",
				Algorithm: certstest.RSA2048, Street: "Place du Marché 3", Postcode: "4900", Municipality: "Spa",
				Birth: day(1968, 11, 5), BirthPlace: "Spa", Sex: "M", Nationality: "Belge"},
			Member: &account.Member{Affiliation: "0305 330 064", GivenNames: "Émile", Surname: "Noirhomme",
				Email: "emile.noirhomme@mail.example", Language: "fr", Since: day(1990, 7, 1)},
			Account: account1("BE02363098765440", "BBRUBEBB", "ING België", "Émile Noirhomme"),
		},
		{
			Key: "hanna", What: "no signature certificate: asked for before she was 18",
			Person: certstest.Person{GivenNames: "Hanna", Surname: "Schmitz", NationalNumber: "09031424658",
				Algorithm: certstest.P384, NoSignature: true, Street: "Klosterstraße 41", Postcode: "4700", Municipality: "Eupen",
				Birth: day(2009, 3, 14), BirthPlace: "Eupen", Sex: "W", Nationality: "Belgisch"},
			Member: &account.Member{Affiliation: "0305 412 780", GivenNames: "Hanna", Surname: "Schmitz",
				Email: "hanna.schmitz@mail.example", Language: "de", Since: day(2009, 4, 1)},
			Account: account1("BE74068055511107", "GKCCBEBB", "Belfius", "Hanna Schmitz"),
		},
		{
			Key: "grace", What: "EC card (P-384), in force; reads English",
			Person: certstest.Person{GivenNames: "Grace Adaeze", Surname: "Okonkwo", NationalNumber: "79090245246",
				Algorithm: certstest.P384, Foreigner: true, Street: "Rue du Noyer 211", Postcode: "1030", Municipality: "Schaerbeek",
				Birth: day(1979, 9, 2), BirthPlace: "Enugu", Sex: "F", Nationality: "Nigeria"},
			Member: &account.Member{Affiliation: "0305 509 336", GivenNames: "Grace", Surname: "Okonkwo",
				Email: "grace.okonkwo@mail.example", Phone: "+32472000119", Language: "en", Since: day(2016, 3, 1)},
			Account: account1("BE82979404040468", "ARSPBE22", "Argenta", "Grace Okonkwo"),
		},
		{
			Key: "jeanne", What: "certificates expired last month, the card itself still valid",
			Person: certstest.Person{GivenNames: "Jeanne Odile", Surname: "Delcourt", NationalNumber: "48011706453",
				Algorithm: certstest.RSA2048, Street: "Rue Neuvice 12", Postcode: "4000", Municipality: "Liège",
				Birth: day(1948, 1, 17), BirthPlace: "Herve", Sex: "F", Nationality: "Belge",
				NotBefore: now.AddDate(-5, -1, 0), NotAfter: now.AddDate(0, -1, 0)},
			Member: &account.Member{Affiliation: "0305 004 171", GivenNames: "Jeanne", Surname: "Delcourt",
				Language: "fr", Since: day(1966, 1, 1)},
			Account: account1("BE38103060606072", "NICABEBB", "Crelan", "Jeanne Delcourt"),
		},
		{
			Key: "louise", What: "RSA card, in force; not a member of this mutuality",
			Person: certstest.Person{GivenNames: "Louise", Surname: "Van den Bossche", NationalNumber: "91062130548",
				Algorithm: certstest.RSA2048, Street: "Korenmarkt 4", Postcode: "2800", Municipality: "Mechelen",
				Birth: day(1991, 6, 21), BirthPlace: "Mechelen", Sex: "V", Nationality: "Belg"},
		},
	}, append(newcomers(), staff()...)...)
}

func account1(iban bank.IBAN, bic, name, holder string) bank.Account {
	return bank.Account{Purpose: bank.Benefits, IBAN: iban, BIC: bic, Bank: name, Holder: holder,
		Since: day(2019, 5, 1), Version: 1}
}

// mustNumber panics on a wrong number: the people above are ours.
func mustNumber(s string) nrn.Number {
	number, err := nrn.Parse(s)
	if err != nil {
		panic("made-up national number: " + err.Error())
	}
	return number
}
