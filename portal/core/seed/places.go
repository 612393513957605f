package seed

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"guichet.example/portal/core"
)

// place is a municipality.
type place struct {
	code, name, language string
	latitude, longitude  int64
	weight               int // how many live there, roughly, in thousands
}

var places = []place{
	{"1000", "Bruxelles", "fr", 50846700, 4352500, 90}, {"1030", "Schaerbeek", "fr", 50867500, 4373600, 70},
	{"1050", "Ixelles", "fr", 50833300, 4366700, 50}, {"1070", "Anderlecht", "fr", 50836300, 4307100, 60},
	{"1080", "Molenbeek-Saint-Jean", "fr", 50854900, 4338800, 50}, {"1180", "Uccle", "fr", 50801800, 4337300, 40},
	{"1300", "Wavre", "fr", 50717200, 4611500, 17}, {"1400", "Nivelles", "fr", 50598300, 4328500, 14},
	{"1500", "Halle", "nl", 50733900, 4234700, 20}, {"1800", "Vilvoorde", "nl", 50928100, 4424500, 22},
	{"2000", "Antwerpen", "nl", 51219400, 4402500, 120}, {"2100", "Deurne", "nl", 51222800, 4460800, 40},
	{"2300", "Turnhout", "nl", 51322500, 4944700, 23}, {"2800", "Mechelen", "nl", 51025900, 4477500, 43},
	{"3000", "Leuven", "nl", 50879800, 4700500, 51}, {"3500", "Hasselt", "nl", 50930700, 5332500, 40},
	{"3600", "Genk", "nl", 50965900, 5501700, 33}, {"3800", "Sint-Truiden", "nl", 50816700, 5186400, 20},
	{"4000", "Liège", "fr", 50640300, 5571400, 95}, {"4020", "Liège", "fr", 50636200, 5586900, 40},
	{"4040", "Herstal", "fr", 50664300, 5630600, 20}, {"4100", "Seraing", "fr", 50598300, 5504700, 32},
	{"4500", "Huy", "fr", 50518900, 5239700, 11}, {"4600", "Visé", "fr", 50735600, 5697800, 9},
	{"4700", "Eupen", "de", 50627900, 6036600, 10}, {"4720", "Kelmis", "de", 50711400, 6010600, 6},
	{"4780", "Sankt Vith", "de", 50281400, 6125800, 5}, {"4800", "Verviers", "fr", 50589200, 5862400, 28},
	{"4900", "Spa", "fr", 50492100, 5864500, 5}, {"5000", "Namur", "fr", 50467400, 4871900, 56},
	{"5300", "Andenne", "fr", 50489300, 5095300, 14}, {"5500", "Dinant", "fr", 50260600, 4912300, 7},
	{"6000", "Charleroi", "fr", 50411400, 4444800, 101}, {"6600", "Bastogne", "fr", 50000400, 5715200, 8},
	{"6700", "Arlon", "fr", 49683300, 5816700, 15}, {"6900", "Marche-en-Famenne", "fr", 50226900, 5344100, 9},
	{"7000", "Mons", "fr", 50454100, 3952300, 48}, {"7500", "Tournai", "fr", 50605700, 3387900, 35},
	{"7700", "Mouscron", "fr", 50743700, 3213900, 30}, {"8000", "Brugge", "nl", 51209300, 3224700, 60},
	{"8400", "Oostende", "nl", 51225400, 2919600, 36}, {"8500", "Kortrijk", "nl", 50827900, 3264900, 39},
	{"8800", "Roeselare", "nl", 50946500, 3122700, 32}, {"9000", "Gent", "nl", 51054300, 3717400, 132},
	{"9100", "Sint-Niklaas", "nl", 51165100, 4143700, 39}, {"9300", "Aalst", "nl", 50936600, 4035500, 44},
	{"9400", "Ninove", "nl", 50827800, 4026400, 20}, {"9600", "Ronse", "nl", 50745600, 3600700, 13},
}

// placeOf is the place of that postcode; the first of the list if there is none.
func placeOf(code string) place {
	if i := slices.IndexFunc(places, func(p place) bool { return p.code == code }); i >= 0 {
		return places[i]
	}
	return places[0]
}

// drawPlace goes by how many live there.
func drawPlace(r *rand.Rand) place {
	all := 0
	for _, p := range places {
		all += p.weight
	}
	n := r.IntN(all)
	for _, p := range places {
		if n -= p.weight; n < 0 {
			return p
		}
	}
	return places[0]
}

// provider is a professional, and which care is hers.
type provider struct {
	core.Provider
	care string
}

// professions: how many of a thousand providers there are, and the first digit of the
// number and the qualification.
var professions = []struct {
	name, speciality, care string
	share, digit, code     int
}{
	{"doctor", "general-medicine", "general", 300, 1, 4}, {"doctor", "paediatrics", "paediatrics", 30, 1, 690},
	{"doctor", "dermatology", "dermatology", 40, 1, 550}, {"doctor", "ophthalmology", "ophthalmology", 40, 1, 370},
	{"doctor", "gynaecology", "gynaecology", 40, 1, 340}, {"doctor", "cardiology", "cardiology", 40, 1, 730},
	{"doctor", "psychiatry", "psychiatry", 30, 1, 780}, {"doctor", "radiology", "imaging", 30, 1, 930},
	{"doctor", "clinical-biology", "laboratory", 10, 1, 870},
	{"dentist", "", "dentist", 140, 3, 1}, {"physiotherapist", "", "physiotherapy", 170, 5, 527},
	{"nurse", "", "nursing", 100, 4, 407}, {"speech-therapist", "", "speech", 30, 6, 802},
}

const streams = 1 << 62 // past all households: streams of what is not a household

// settle makes the providers: one for each 120 persons, and at least two of each
// profession in each place.
func (g *Generator) settle() {
	r := g.chance(streams)
	g.providers = map[string][]provider{}
	n := 0
	for _, at := range places {
		for _, p := range professions {
			count := max(2, g.cfg.Members/120*p.share/1000*at.weight/2_000)
			for range count {
				n++
				g.providers[p.care+at.code] = append(g.providers[p.care+at.code], g.provider(r, at, n, p.name, p.speciality, p.care, p.digit, p.code))
			}
		}
	}
}

func (g *Generator) provider(r *rand.Rand, at place, n int, profession, speciality, care string, digit, code int) provider {
	t := tongues[at.language]
	given := pick(r, t.women)
	if one(r, 2) {
		given = pick(r, t.men)
	}
	p := core.Provider{
		Number: providerNumber(digit, n, code), Name: pick(r, t.surnames) + " " + given,
		Profession: profession, Speciality: speciality, Street: street(r, at), Postcode: at.code, City: at.name,
		Status: "full", Since: time.Date(2010+r.IntN(16), time.January, 1, 0, 0, 0, 0, time.UTC),
	}
	switch n := r.IntN(100); {
	case n < 8:
		p.Status, p.Hours = "partial", pick(r, []string{"wed 14:00-18:00; sat 09:00-12:00", "fri 13:00-19:00", "tue 17:00-20:00; thu 17:00-20:00"})
	case n < 20:
		p.Status = "none"
	}
	return provider{p, care}
}

// street with a house number.
func street(r *rand.Rand, at place) string {
	t := tongues[at.language]
	s := fmt.Sprintf("%s%s%d", pick(r, t.streets), t.house, 1+r.IntN(220))
	switch {
	case one(r, 9) && at.language == "nl":
		s += fmt.Sprintf(" bus %d", 1+r.IntN(40))
	case one(r, 9) && at.language == "fr":
		s += fmt.Sprintf(" bte %d", 1+r.IntN(40))
	}
	return s
}

// Places returns what belongs to nobody.
func (g *Generator) Places() Places {
	p := Places{Tariffs: g.tariffs()}
	r := g.chance(streams + 1)
	for _, at := range places {
		p.Postcodes = append(p.Postcodes, core.Postcode{Code: at.code, Name: at.name, Latitude: at.latitude, Longitude: at.longitude})
		for _, of := range professions {
			for _, one := range g.providers[of.care+at.code] {
				p.Providers = append(p.Providers, one.Provider)
			}
		}
		if at.weight >= 20 || at.language == "de" {
			p.Branches = append(p.Branches, branch(r, at))
		}
	}
	return p
}

func branch(r *rand.Rand, at place) core.Branch {
	b := core.Branch{
		Code: "B" + at.code, Name: at.name, Street: street(r, at), Postcode: at.code, City: at.name,
		Phone:    fmt.Sprintf("+328000%04d", 1000+r.IntN(9000)),
		Latitude: at.latitude + r.Int64N(6_000) - 3_000, Longitude: at.longitude + r.Int64N(6_000) - 3_000,
		Hours:    "mon 08:30-12:30 13:30-17:00; tue 08:30-12:30 13:30-17:00; wed 08:30-12:30; thu 08:30-12:30 13:30-18:00; fri 08:30-12:30 13:30-16:00",
		Services: "advice,documents,enrolment", Wheelchair: !one(r, 8),
	}
	if b.Kiosk = at.weight >= 30; b.Kiosk {
		b.Services += ",kiosk"
	}
	if at.weight < 20 {
		b.Hours = "tue 09:00-12:30; thu 13:30-17:00"
	}
	return b
}
