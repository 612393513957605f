package document

import "time"

// created is the fixed clock of the tests.
var created = time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC)

func on(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func mutuality() Mutuality {
	return Mutuality{
		Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14",
		Postcode: "4020", City: "Liège", Phone: "0800 00 142",
	}
}

func member() Person {
	return Person{Name: "Mathieu Delcourt", Birth: on(1985, 7, 30), Affiliation: "319-0042-17"}
}

// bankChange fills every field.
func bankChange(l Language) BankChange {
	return BankChange{
		Reference: "GC-2026-4K7P-118", Language: l, Mutuality: mutuality(), Member: member(), Date: on(2026, 11, 20),
		NewIBAN: "BE68539007547034", BIC: "GKCCBEBB", Bank: "Banque de la Place", Holder: "Mathieu Delcourt",
		From: on(2026, 12, 1), ReplacesLast4: "6769", AccountVersion: 3, AlsoFor: []string{"Nora Delcourt", "Tom Delcourt"},
	}
}

// ehicOrder fills every field.
func ehicOrder(l Language) EHICOrder {
	departure, back := on(2026, 12, 24), on(2027, 1, 3)
	return EHICOrder{
		Reference: "GC-2026-8M2N-503", Language: l, Mutuality: mutuality(), Member: member(), Date: on(2026, 11, 20),
		ForPersons: []string{"Mathieu Delcourt", "Nora Delcourt"},
		DeliverTo:  []string{"Mathieu Delcourt", "Rue de la Paix 7, boîte 3", "4020 Liège"},
		Departure:  &departure, Return: &back, Country: "Österreich",
	}
}

// refundReceipt fills every field.
func refundReceipt(l Language) RefundReceipt {
	last := on(2026, 11, 10)
	return RefundReceipt{
		Reference: "GC-2026-5V8Q-204", Language: l, Mutuality: mutuality(), Member: member(), Date: on(2026, 11, 20),
		Payments: []Refund{
			{"R-2026-000417", on(2026, 11, 18), []RefundAct{
				{"Mathieu Delcourt", "Consultation dermatologue", "102535", "Dr A. Sarton", on(2026, 11, 12), nil, 2280, 2200},
				{"Nora Delcourt", "Kinésithérapie", "560011", "M. Peeters", on(2026, 11, 2), &last, 10_545, 1_230},
			}},
			{"R-2026-000388", on(2026, 10, 30), []RefundAct{{"Nora Delcourt", "Visite", "", "", on(2026, 10, 21), nil, 3_011, 400}}},
		},
	}
}

// indemnities fills every field.
func indemnities(l Language) Indemnities {
	return Indemnities{
		Reference: "GC-2026-2R5T-771", Language: l, Mutuality: mutuality(), Member: member(), Date: on(2026, 11, 20),
		Beneficiary: Person{Name: "Nora Delcourt", Birth: on(1988, 2, 29), Affiliation: "319-0042-18"},
		From:        on(2025, 12, 1), To: on(2026, 11, 30), DataAsOf: on(2026, 11, 19),
		Payments: []Indemnity{
			{on(2026, 2, 27), on(2026, 2, 1), on(2026, 2, 28), 24, 6_210, 149_040, 16_543, 132_497},
			{on(2026, 3, 31), on(2026, 3, 1), on(2026, 3, 31), 26, 6_210, 161_460, 17_922, 143_538},
		},
	}
}

// ehicCertificate fills every field.
func ehicCertificate(l Language) EHICCertificate {
	return EHICCertificate{
		Reference: "GC-2026-4C8H-902", Language: l, Mutuality: mutuality(), Member: member(), Date: on(2026, 11, 20),
		State: "BE", Surname: "Delcourt", GivenNames: "Nora", Birth: on(1988, 2, 29), Number: "88022901012", Institution: "319000",
		Card: "80056000000123456789", Expiry: on(2027, 12, 31), From: on(2026, 11, 20), Until: on(2027, 2, 18),
	}
}

// accessChange fills every field.
func accessChange(l Language, allow bool) AccessChange {
	return AccessChange{
		Reference: "GC-2026-3K9W-220", Language: l, Mutuality: mutuality(), Member: member(), Date: on(2026, 11, 20),
		Allow: allow, Holder: "Nora Delcourt", Booklet: "h0000000000000000000000001",
	}
}

func statementsChange(l Language, paper bool) StatementsChange {
	return StatementsChange{
		Reference: "GC-2026-5T7M-318", Language: l, Mutuality: mutuality(), Member: member(), Date: on(2026, 11, 20), Paper: paper}
}

// postOrder fills every field that the kind has.
func postOrder(l Language, k Kind) PostOrder {
	a := PostOrder{
		What: k, Reference: "GC-2026-7R3D-660", Language: l, Mutuality: mutuality(), Member: member(), Date: on(2026, 11, 20),
		ForPersons: []string{"Mathieu Delcourt", "Nora Delcourt"},
		DeliverTo:  []string{"Mathieu Delcourt", "Rue de la Paix 7, boîte 3", "4020 Liège"},
	}
	switch k {
	case KindEnvelopes:
		a.Quantity, a.ForPersons = 5, a.ForPersons[:1]
	case KindTravelPapers:
		from, until := on(2026, 12, 24), on(2027, 1, 4)
		a.From, a.Until, a.Country = &from, &until, "Türkiye"
	}
	return a
}
