package seed

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"guichet.example/portal/core"
)

// Live gives a family that is known already its two years. The holder comes first;
// f.Ceiling 0 is that of the class. The same number gives the same family the same life;
// families of one generator want different ones.
func (g *Generator) Live(number uint32, f Family) Records {
	return g.live(g.chance(streams+2+uint64(number)), f)
}

func (g *Generator) live(r *rand.Rand, f Family) Records {
	if f.place.code == "" {
		f.place = placeOf(f.People[0].Postcode)
	}
	var out Records
	var acts []act
	for _, p := range f.People {
		out.Members = append(out.Members, p.Member)
		out.Households = append(out.Households, core.Household{Holder: f.People[0].Affiliation, Member: p.Affiliation, Role: p.Role, Since: p.Entitled})
		g.cover(r, &out, f, p)
		g.medicalFile(r, &out, f, p)
		g.saving(r, &out, p)
		g.agreement(r, &out, f, p)
		g.card(&out, p)
		g.sickness(r, &out, p)
		acts = append(acts, g.acts(r, f, p)...)
	}
	g.file(r, &out, f, acts)
	g.contributions(&out, f)
	g.maf(r, &out, f)
	slices.SortStableFunc(out.Payments, func(a, b core.Payment) int { return a.Treated.Compare(b.Treated) })
	return out
}

func (g *Generator) cover(r *rand.Rand, out *Records, f Family, p Person) {
	c := core.Cover{Member: p.Affiliation, Cover: core.Compulsory, Status: core.InForce, Since: p.Entitled, Code: "110/110"}
	if f.Increased {
		c.Status, c.Code = core.Increased, "111/111"
	}
	out.Covers = append(out.Covers, c)
	extra := core.Cover{Member: p.Affiliation, Cover: core.Complementary, Status: core.InForce, Since: p.Entitled}
	if p.Role == core.RoleHolder && likely(r, 0.03) {
		extra.Status = core.Suspended
	}
	out.Covers = append(out.Covers, extra)
	if p.Hospital {
		out.Covers = append(out.Covers, g.young(r, core.Cover{Member: p.Affiliation, Cover: core.Hospital, Since: p.Entitled}, 6))
	}
	if p.Dentures {
		out.Covers = append(out.Covers, g.young(r, core.Cover{Member: p.Affiliation, Cover: core.Dental, Since: p.Entitled}, 12))
	}
}

// young is a cover that one in twelve took lately, so that it waits still, or gave up.
func (g *Generator) young(r *rand.Rand, c core.Cover, waiting int) core.Cover {
	c.Status = core.InForce
	switch n := r.IntN(24); {
	case n == 0:
		c.Status, c.Since = core.Waiting, month(g.cfg.Until).AddDate(0, -r.IntN(waiting), 0)
	case n == 1:
		c.Status, c.Until = core.Ended, time.Date(g.cfg.Until.Year()-1, time.December, 31, 0, 0, 0, 0, time.UTC)
		if c.Until.Before(c.Since) {
			c.Status, c.Until = core.InForce, time.Time{}
		}
	}
	return c
}

// month is the first day of it.
func month(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// medicalFile: valid until the end of the second calendar year after it was opened.
func (g *Generator) medicalFile(r *rand.Rand, out *Records, f Family, p Person) {
	if p.NoFile {
		return
	}
	doctor := g.provider1("general", f.place, p.DoctorNo)
	opened := g.cfg.Until.AddDate(0, -1-r.IntN(9), -r.IntN(28))
	if p.Lapsing {
		opened = opened.AddDate(-1, 0, 0)
	}
	if opened.Before(p.Birth) {
		opened = p.Birth
	}
	before := opened.AddDate(-2, -r.IntN(3), 0)
	if !before.Before(p.Birth) {
		out.Files = append(out.Files, core.MedicalFile{Member: p.Affiliation, Since: before, Until: opened.AddDate(0, 0, -1), Doctor: doctor.Name, Number: doctor.Number})
	}
	out.Files = append(out.Files, core.MedicalFile{Member: p.Affiliation, Since: opened,
		Until: time.Date(opened.Year()+1, time.December, 31, 0, 0, 0, 0, time.UTC), Doctor: doctor.Name, Number: doctor.Number})
}

// saving: one row a year for the last three, from 14 to 30.
func (g *Generator) saving(r *rand.Rand, out *Records, p Person) {
	if !p.Saves {
		return
	}
	s := core.Saving{Member: p.Affiliation, From: p.Birth.AddDate(14, 0, 0), Until: p.Birth.AddDate(30, 0, 0).AddDate(0, 0, -1), Most: 5_000, Basis: 1_300}
	for year := g.cfg.Until.Year() - 2; year <= g.cfg.Until.Year(); year++ {
		if year < s.From.Year() {
			continue
		}
		s.Year, s.Deposited = year, int64(r.IntN(11))*500
		s.Total += s.Deposited
		out.Savings = append(out.Savings, s)
	}
}

// card: everybody has had a European one; three in four may have a certificate in its place.
func (g *Generator) card(out *Records, p Person) {
	h := fnv.New32a()
	h.Write([]byte(p.Affiliation))
	n := h.Sum32()
	c := core.EuropeanCard{Member: p.Affiliation, Institution: "319000", Number: fmt.Sprintf("80056%015d", n),
		Until: time.Date(g.cfg.Until.Year()+1+int(n%2), time.December, 31, 0, 0, 0, 0, time.UTC)}
	if n%4 > 0 {
		c.Certificate = g.cfg.Until.AddDate(0, 3, 0)
	}
	out.Cards = append(out.Cards, c)
}

var subjects = map[string]map[string][]string{
	"medicine":       {"fr": {"Insuline", "Médicament biologique", "Anticoagulant"}, "nl": {"Insuline", "Biologisch geneesmiddel", "Bloedverdunner"}, "de": {"Insulin", "Biologisches Arzneimittel", "Blutverdünner"}},
	"rehabilitation": {"fr": {"Rééducation du dos"}, "nl": {"Rugrevalidatie"}, "de": {"Rückenrehabilitation"}},
	"care-pathway":   {"fr": {"Trajet de soins diabète de type 2"}, "nl": {"Zorgtraject diabetes type 2"}, "de": {"Behandlungspfad Diabetes Typ 2"}},
	"speech-therapy": {"fr": {"Logopédie, troubles du langage"}, "nl": {"Logopedie, taalstoornis"}, "de": {"Logopädie, Sprachstörung"}},
	"quote-dental":   {"fr": {"Couronne et pont"}, "nl": {"Kroon en brug"}, "de": {"Krone und Brücke"}},
	"quote-optical":  {"fr": {"Verres progressifs"}, "nl": {"Progressieve glazen"}, "de": {"Gleitsichtgläser"}},
	"waiting-time":   {"fr": {"Hospitalisation, maladie existante"}, "nl": {"Hospitalisatie, bestaande ziekte"}, "de": {"Krankenhausaufenthalt, bestehende Krankheit"}},
	"approval":       {"fr": {"Fauteuil roulant"}, "nl": {"Rolstoel"}, "de": {"Rollstuhl"}},
}

// agreement of the medical adviser; one in five ends within two months.
func (g *Generator) agreement(r *rand.Rand, out *Records, f Family, p Person) {
	if p.Treatment == "" {
		return
	}
	language := p.Language
	if subjects[p.Treatment][language] == nil {
		language = "fr"
	}
	care := "general"
	switch p.Treatment {
	case "speech-therapy":
		care = "speech"
	case "quote-dental":
		care = "dentist"
	case "quote-optical":
		care = "ophthalmology"
	case "rehabilitation":
		care = "physiotherapy"
	}
	a := core.Agreement{
		Member: p.Affiliation, Reference: reference(p.Affiliation, "A", 1), Kind: p.Treatment, Subject: pick(r, subjects[p.Treatment][language]),
		Professional: g.provider1(care, f.place, p.DoctorNo).Name, State: "granted",
	}
	switch n := r.IntN(10); {
	case n < 2: // ends soon
		a.Until = g.cfg.Until.AddDate(0, 0, 10+r.IntN(45))
		a.Since = a.Until.AddDate(-1, 0, 1)
	case n < 7:
		a.Since = g.cfg.Until.AddDate(0, -2-r.IntN(7), 0)
		a.Until = a.Since.AddDate(1, 0, -1)
	case n < 8:
		a.Since, a.Until, a.State = g.cfg.Until.AddDate(-2, 1, 0), g.cfg.Until.AddDate(-1, 1, -1), "ended"
	case n < 9:
		a.State = "asked"
	default:
		a.State = "refused"
	}
	if strings.HasPrefix(a.Kind, "quote-") {
		a.Cents = 10_000 + r.Int64N(40)*1_000
	}
	out.Agreements = append(out.Agreements, a)
}

// mutuality in the words of a member's language: who is paid a contribution.
var mutuality = map[string]string{"fr": "Mutualité", "nl": "Mutualiteit", "de": "Krankenkasse", "en": "Mutuality"}

// contributions for the complementary insurance: each quarter, by who has an account.
func (g *Generator) contributions(out *Records, f Family) {
	holder := f.People[0]
	n := 0
	for at := month(g.from).AddDate(0, 1, 14); !at.After(g.cfg.Until); at = at.AddDate(0, 3, 0) {
		n++
		day := workday(at)
		out.Payments = append(out.Payments, core.Payment{
			Member: holder.Affiliation, Reference: reference(holder.Affiliation, "C", n), Kind: core.Contribution,
			Treated: day, Paid: day, Payee: mutuality[holder.Language], Last4: last4(holder.IBAN),
			Cents: -int64(2_340 * adults(f, at)), Communication: transfer(holder.Affiliation, 5_000+n),
		})
	}
}

func adults(f Family, at time.Time) int {
	n := 0
	for _, p := range f.People {
		if years(p.Birth, at) >= 18 {
			n++
		}
	}
	return max(1, n)
}
