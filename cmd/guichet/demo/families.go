package demo

import (
	"slices"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
)

// relative is somebody on a character's booklet, or the holder of it, without a card.
type relative struct {
	given, surname string
	birth          time.Time
	serial         int // odd for men
	role           core.Role
	fate           func(*seed.Person)
}

// household is a booklet of the demo. Who it is of comes first; the character is the
// holder, unless holder says who is.
type household struct {
	key       string    // of the character
	holder    *relative // nil: the character
	increased bool
	class     int
	fate      func(*seed.Person) // of the character
	others    []relative
}

// nearing is how long it takes until a child of the demo is of age.
const nearing = 12 * 24 * time.Hour

// households are who lives with whom, and what the last two years brought. Day is today.
func households(today time.Time) []household {
	nearly := today.Add(nearing).AddDate(-18, 0, 0)
	return []household{
		{
			key: "mathieu", class: 4,
			fate: func(p *seed.Person) { p.Health, p.Hospital, p.Dentures = 1.2, true, true },
			others: []relative{
				{"Sacha", "Delcourt", day(2005, 2, 11), 215, core.RoleChild, func(p *seed.Person) { p.Health, p.Saves = 0.6, true }},
				{"Juliette", "Delcourt", nearly, 124, core.RoleChild, func(p *seed.Person) { p.Health, p.Saves = 0.7, true }},
				{"Nora", "Delcourt", day(2013, 5, 17), 86, core.RoleChild, func(p *seed.Person) { p.Health, p.NoFile = 1, true }},
				{"Eliott", "Delcourt", day(2019, 10, 2), 311, core.RoleChild, func(p *seed.Person) { p.Health, p.Treatment = 1, "speech-therapy" }},
			},
		},
		{
			key: "lotte", class: 1,
			fate: func(p *seed.Person) {
				p.Health, p.Treatment, p.Lapsing, p.Hospital = 11, "care-pathway", true, true
			},
			others: []relative{
				{"Daan", "Vermeulen", day(2011, 8, 30), 197, core.RoleChild, func(p *seed.Person) { p.Health, p.Dentures = 1.4, true }},
			},
		},
		{key: "emile", class: 2, fate: func(p *seed.Person) { p.Health, p.Illness, p.Treatment = 2, "invalidity", "medicine" }},
		{
			key: "hanna", class: 3,
			fate:   func(p *seed.Person) { p.Health, p.Saves = 0.8, true },
			holder: &relative{"Brigitte", "Schmitz", day(1980, 6, 9), 142, core.RoleHolder, func(p *seed.Person) { p.Health = 1 }},
		},
		{
			key: "grace", class: 2,
			fate: func(p *seed.Person) {

				p.Health, p.Illness, p.StillIll, p.Treatment, p.Hospital = 1.8, "primary", true, "rehabilitation", true

			},
			others: []relative{
				{"Chidi", "Okonkwo", day(2015, 4, 6), 73, core.RoleChild, func(p *seed.Person) { p.Health = 0.9 }},
			},
		},
		{key: "jeanne", increased: true, fate: func(p *seed.Person) { p.Health, p.Treatment, p.Hospital = 3, "approval", true }},
		{key: "odile", class: 2, fate: func(p *seed.Person) { p.Health, p.Treatment = 1.5, "quote-dental" }},
		{key: "nele", class: 5, fate: func(p *seed.Person) { p.Health = 0.5 }},
		{key: "karl", class: 4, fate: func(p *seed.Person) { p.Health, p.Illness = 0.7, "birth-leave" }},
	}
}

// family is the household as package seed wants it.
func (w *world) family(h household) seed.Family {
	f := seed.Family{Increased: h.increased, Class: h.class}
	c := w.people[slices.IndexFunc(w.people, func(c character) bool { return c.Key == h.key })]
	own := seed.Person{Member: c.record(), Sex: c.sex(), Role: core.RoleHolder, Entitled: c.Member.Since}
	h.fate(&own)
	add := func(i int, r relative) {
		m := own.Member
		m.NationalNumber, m.Birth = seed.Number(r.birth, r.serial), r.birth
		m.Affiliation = neighbour(own.Affiliation, i)
		m.GivenNames, m.Surname, m.Email, m.Phone = r.given, r.surname, "", ""
		m.IBAN, m.AccountHolder, m.AccountSince = "", "", time.Time{}
		m.Since = own.Since
		if m.Since.Before(r.birth) {
			m.Since = r.birth
		}
		p := seed.Person{Member: m, Sex: "fm"[r.serial%2], Role: r.role, Entitled: m.Since}
		if r.fate(&p); r.role == core.RoleHolder {
			p.IBAN, p.AccountHolder, p.AccountSince = "BE68539007547034", r.given+" "+r.surname, day(2009, 1, 1)
		}
		f.People = append(f.People, p)
	}
	if h.holder != nil {
		add(8, *h.holder)
		own.Role = core.RoleChild
	}
	f.People = append(f.People, own)
	for i, r := range h.others {
		add(i, r)
	}
	return f
}

// neighbour is the affiliation number of another person of the household, 0 to 8: that of
// the character with another digit third from the end.
func neighbour(affiliation string, i int) string {
	at := len(affiliation) - 3
	digit := '0' + byte(i)
	if digit >= affiliation[at] {
		digit++
	}
	return affiliation[:at] + string(digit) + affiliation[at+1:]
}

// record is the character's file as the insurance system would deliver it.
func (c character) record() core.Member {
	m := c.member()
	return core.Member{
		NationalNumber: m.NationalNumber, Affiliation: m.Affiliation, GivenNames: m.GivenNames, Surname: m.Surname, Birth: m.Birth,
		Street: m.Street, Postcode: m.Postcode, Municipality: m.Municipality, Country: m.Country,
		Email: m.Email, Phone: m.Phone, Language: m.Language, Since: m.Since,
		IBAN: string(c.Account.IBAN), AccountHolder: c.Account.Holder, AccountSince: c.Account.Since,
	}
}

func (c character) sex() byte {
	if n := mustNumber(c.Person.NationalNumber); (n[8]-'0')%2 == 1 {
		return 'm'
	}
	return 'f'
}
