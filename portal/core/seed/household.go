package seed

import (
	"fmt"
	"math/rand/v2"
	"time"

	"guichet.example/portal/core"
)

// pyramid is how many of a thousand holders are in each five years of age, from 20 on.
var pyramid = []int{62, 82, 88, 84, 80, 78, 82, 86, 84, 76, 66, 52, 38, 25, 12, 4, 1}

func (g *Generator) holderAge(r *rand.Rand) int {
	all := 0
	for _, n := range pyramid {
		all += n
	}
	n := r.IntN(all)
	for i, weight := range pyramid {
		if n -= weight; n < 0 {
			return 20 + 5*i + r.IntN(5)
		}
	}
	return 40
}

// children at home, by the holder's age.
func children(r *rand.Rand, age int) int {
	chance := 0.0
	switch {
	case age < 25:
		chance = 0.06
	case age < 30:
		chance = 0.22
	case age < 50:
		chance = 0.50
	case age < 58:
		chance = 0.26
	}
	if !likely(r, chance) {
		return 0
	}
	switch n := r.IntN(100); {
	case n < 40:
		return 1
	case n < 80:
		return 2
	case n < 95:
		return 3
	}
	return 4
}

// draw makes a family of at most most persons.
func (g *Generator) draw(r *rand.Rand, household uint64, most int) Family {
	f := Family{place: drawPlace(r), Increased: likely(r, 0.18), Class: 1 + r.IntN(7)}
	if f.Increased {
		f.Class = pick(r, []int{0, 0, 1})
	}
	language := f.place.language
	switch {
	case one(r, 40):
		language = "en"
	case f.place.code[0] == '1' && one(r, 8):
		language = "nl"
	}
	base := core.Member{Street: street(r, f.place), Postcode: f.place.code, Municipality: f.place.name, Country: "BE", Language: language}
	age := g.holderAge(r)
	t := tongues[f.place.language]
	surname := pick(r, t.surnames)
	sex := byte('f')
	if one(r, 2) {
		sex = 'm'
	}
	add := func(role core.Role, sex byte, age int, surname string) {
		if len(f.People) < min(most, 10) {
			f.People = append(f.People, g.person(r, base, household, len(f.People), role, sex, age, surname))
		}
	}
	add(core.RoleHolder, sex, age, surname)
	kids := children(r, age)
	if age >= 25 && likely(r, 0.14) {
		add(core.RolePartner, other(sex), max(20, age-4+r.IntN(9)), pick(r, t.surnames))
	}
	for range kids {
		sex := byte('m')
		if one(r, 2) {
			sex = 'f'
		}
		if years := age - 21 - r.IntN(18); years >= -3 && years <= 25 {
			add(core.RoleChild, sex, max(0, years), surname)
		}
	}
	if age >= 45 && one(r, 150) {
		add(core.RoleOther, pick(r, []byte{'f', 'm'}), age+24+r.IntN(8), surname)
	}
	return f
}

func other(sex byte) byte {
	if sex == 'm' {
		return 'f'
	}
	return 'm'
}

func (g *Generator) person(r *rand.Rand, base core.Member, household uint64, at int, role core.Role, sex byte, age int, surname string) Person {
	birth := g.cfg.Until.AddDate(-age, 0, -r.IntN(365)-1)
	p := Person{Member: base, Sex: sex, Role: role, Health: health(r, age), DoctorNo: r.IntN(1 << 16)}
	p.NationalNumber, p.Birth = g.number(r, birth, sex)
	p.Affiliation, p.Surname = affiliation(household, at), surname
	t := tongues[placeOf(base.Postcode).language]
	if p.GivenNames = pick(r, t.men); sex == 'f' {
		p.GivenNames = pick(r, t.women)
	}
	if age >= 16 && likely(r, 0.7) {
		p.Email = fmt.Sprintf("m%d.%d@mail.example", household, at)
	}
	if age >= 12 && likely(r, 0.8) {
		p.Phone = fmt.Sprintf("+3247%07d", r.IntN(10_000_000))
	}
	if role == core.RoleHolder {
		p.IBAN, p.AccountHolder = iban(r), p.GivenNames+" "+p.Surname
	}
	p.Since = later(p.Birth, g.cfg.Until.AddDate(-3-r.IntN(22), -r.IntN(12), 0))
	p.Since = time.Date(p.Since.Year(), p.Since.Month(), 1, 0, 0, 0, 0, time.UTC)
	p.Entitled = p.Since
	if p.IBAN != "" {
		p.AccountSince = p.Since
	}
	g.fate(r, &p, age)
	return p
}

// fate is what the two years hold for a person.
func (g *Generator) fate(r *rand.Rand, p *Person, age int) {
	p.Dentures, p.Hospital = likely(r, 0.22), likely(r, 0.45)
	p.NoFile, p.Lapsing = likely(r, 0.22), likely(r, 0.12)
	p.Saves = age >= 14 && age <= 30 && likely(r, 0.25)
	if age >= 20 && age < 66 && p.Role == core.RoleHolder && likely(r, 0.1) {
		p.Illness = pick(r, []string{"primary", "primary", "primary", "accident", "invalidity"})
		if p.Sex == 'f' && age < 42 && one(r, 2) {
			p.Illness = "maternity"
		}
		if p.Sex == 'm' && age < 45 && one(r, 4) {
			p.Illness = "birth-leave"
		}
	}
	if p.Health > 2 && likely(r, 0.4) {
		p.Treatment = pick(r, []string{"medicine", "medicine", "rehabilitation", "care-pathway", "quote-dental", "quote-optical", "waiting-time", "approval"})
	}
	if age >= 5 && age <= 12 && likely(r, 0.06) {
		p.Treatment = "speech-therapy"
	}
}

// health grows with age, and a few need much more care than the others.
func health(r *rand.Rand, age int) float64 {
	h := 0.5 + float64(age)/60
	if age < 3 {
		h = 1.1
	}
	h *= 0.4 + r.ExpFloat64()*0.6
	return min(h, 8)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
