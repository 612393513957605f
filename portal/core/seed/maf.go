package seed

import (
	"fmt"
	"math/rand/v2"
	"time"

	"guichet.example/portal/core"
)

// ceilings of a household's own shares in a year, by class of income.
var ceilings = []int64{52_500, 52_500, 75_800, 116_700, 163_300, 210_000, 233_400, 256_700}

// maf counts the own shares of this year and the two before. Supplements do not count.
// What is above the ceiling is paid back to who had it.
func (g *Generator) maf(r *rand.Rand, out *Records, f Family) {
	holder := f.People[0]
	for year := g.cfg.Until.Year() - 2; year <= g.cfg.Until.Year(); year++ {
		m := core.Maf{Holder: holder.Affiliation, Year: year, Class: f.Class, Ceiling: f.Ceiling, Closed: year < g.cfg.Until.Year()-1,
			Since: time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)}
		if m.Ceiling == 0 {
			m.Ceiling = ceilings[f.Class]
		}
		counted := g.counted(r, out, f, year)
		for _, n := range counted {
			m.Counted += n
		}
		above := max(0, m.Counted-m.Ceiling)
		for i, p := range f.People {
			s := core.MafShare{Holder: holder.Affiliation, Year: year, Member: p.Affiliation, Counted: counted[i]}
			if above > 0 {
				s.Refunded = above * counted[i] / m.Counted
				if i == 0 { // the rest that dividing left
					s.Refunded = above
					for j := range f.People[1:] {
						s.Refunded -= above * counted[j+1] / m.Counted
					}
				}
			}
			if !m.Closed && year == g.cfg.Until.Year() && s.Refunded > 0 {
				s.Due = s.Refunded / 4
				s.Refunded -= s.Due
				s.Expected = workday(month(g.cfg.Until).AddDate(0, 1, 9))
			}
			out.Shares = append(out.Shares, s)
			g.ceilingPaid(out, f, year, i, s.Refunded)
		}
		out.Mafs = append(out.Mafs, m)
	}
}

// counted is each person's own share in the year. Of the first year only the last weeks
// are in the data; the rest is drawn.
func (g *Generator) counted(r *rand.Rand, out *Records, f Family, year int) []int64 {
	counted := make([]int64, len(f.People))
	place := map[string]int{}
	for i, p := range f.People {
		place[p.Affiliation] = i
		if year == g.from.Year() {
			counted[i] = int64(float64(r.IntN(12_000)) * p.Health)
		}
	}
	for _, l := range out.Lines {
		if l.From.Year() == year {
			counted[place[l.Member]] += max(0, l.Fee-l.Refund)
		}
	}
	return counted
}

// ceilingPaid is the payment of what was above the ceiling, within the two years.
func (g *Generator) ceilingPaid(out *Records, f Family, year, person int, cents int64) {
	treated := time.Date(year, time.December, 10, 0, 0, 0, 0, time.UTC)
	if year == g.cfg.Until.Year() {
		treated = month(g.cfg.Until).AddDate(0, 0, 9)
	}
	if treated = workday(treated); cents <= 0 || treated.Before(g.from) || treated.After(g.cfg.Until) {
		return
	}
	holder := f.People[0]
	n := (year%100)*10 + person
	out.Payments = append(out.Payments, core.Payment{
		Member: holder.Affiliation, Reference: reference(holder.Affiliation, "M", n), Kind: core.Ceiling,
		Treated: treated, Paid: treated, Payee: holder.GivenNames + " " + holder.Surname, Last4: last4(holder.IBAN), Cents: cents,
		Communication: fmt.Sprintf("MAF %d %s", year, f.People[person].GivenNames),
	})
}

// tariffs of this year and the one before, with and without increased reimbursement.
func (g *Generator) tariffs() []core.Tariff {
	var list []core.Tariff
	for _, c := range catalogue {
		if c.tariff == "" {
			continue
		}
		for back := 1; back >= 0; back-- {
			t := core.Tariff{Code: c.code, Nature: c.tariff, From: time.Date(g.cfg.Until.Year()-back, time.January, 1, 0, 0, 0, 0, time.UTC),
				Fee: c.fee - int64(back)*c.fee/33, With: c.refund, Without: c.without}
			if t.Without == 0 {
				t.Without = t.With
			}
			list = append(list, t)
			t.Increased, t.With = true, c.increased
			if c.without > 0 {
				t.Without = c.increased - (c.refund - c.without)
			} else {
				t.Without = c.increased
			}
			list = append(list, t)
		}
	}
	return list
}
