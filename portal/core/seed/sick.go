package seed

import (
	"fmt"
	"math/rand/v2"
	"time"

	"guichet.example/portal/core"
)

// sickness is a period of incapacity with what is paid for it.
func (g *Generator) sickness(r *rand.Rand, out *Records, p Person) {
	if p.Illness == "" {
		return
	}
	s := core.Incapacity{Member: p.Affiliation, Kind: p.Illness, State: "ended", Since: g.cfg.Until.AddDate(0, 0, -60-r.IntN(500))}
	switch p.Illness {
	case "invalidity":
		s.Since, s.State = g.cfg.Until.AddDate(-2, -r.IntN(8), 0), "accepted"
	case "maternity":
		s.Until = s.Since.AddDate(0, 0, 15*7-1)
	case "birth-leave":
		s.Until = s.Since.AddDate(0, 0, 19)
	default:
		if one(r, 3) || p.StillIll {
			s.Since, s.State = g.cfg.Until.AddDate(0, 0, -40-r.IntN(150)), "accepted"
		} else {
			s.Until = s.Since.AddDate(0, 0, 20+r.IntN(160))
		}
	}
	if !s.Until.IsZero() && s.Until.After(g.cfg.Until) {
		s.Until, s.State = time.Time{}, "accepted"
		if p.Illness == "maternity" || p.Illness == "birth-leave" {
			s.Until = s.Since.AddDate(0, 0, 15*7-1)
		}
	}
	out.Incapacities = append(out.Incapacities, s)
	g.indemnities(r, out, p, s)
	if s.State == "accepted" && p.Illness != "maternity" && p.Illness != "birth-leave" {
		g.appointments(r, out, p)
	}
}

// indemnities are paid at the end of each month, six days a week, after tax.
func (g *Generator) indemnities(r *rand.Rand, out *Records, p Person, s core.Incapacity) {
	daily := int64(5_500 + r.IntN(5_000))
	end := g.cfg.Until
	if !s.Until.IsZero() && s.Until.Before(end) {
		end = s.Until
	}
	n := 0
	for from := later(s.Since, g.from); !from.After(end); {
		to := month(from).AddDate(0, 1, -1)
		if to.After(end) {
			to = end
		}
		paid := workday(to.AddDate(0, 0, 3))
		if paid.After(g.cfg.Until) || to.Equal(g.cfg.Until) && s.Until.IsZero() {
			return // the month is not over
		}
		n++
		i := core.Indemnity{Member: p.Affiliation, Reference: reference(p.Affiliation, "I", n), Paid: paid, From: from, To: to,
			Days: workdays(from, to), Daily: daily, Last4: last4(p.IBAN)}
		i.Gross = daily * int64(i.Days)
		i.Tax = i.Gross * 1_111 / 10_000
		i.Net = i.Gross - i.Tax
		out.Indemnities = append(out.Indemnities, i)
		if i.Net > 0 {
			out.Payments = append(out.Payments, core.Payment{Member: p.Affiliation, Reference: i.Reference, Kind: core.Allowance,
				Treated: workday(to.AddDate(0, 0, 1)), Paid: paid, Payee: p.GivenNames + " " + p.Surname, Last4: i.Last4, Cents: i.Net,
				Communication: transfer(p.Affiliation, 7_000+n)})
		}
		from = to.AddDate(0, 0, 1)
	}
}

// workdays are all but Sundays: indemnities are paid for six days a week.
func workdays(from, to time.Time) int {
	n := 0
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		if d.Weekday() != time.Sunday {
			n++
		}
	}
	return n
}

// appointments with the medical adviser: one that was, one to come.
func (g *Generator) appointments(r *rand.Rand, out *Records, p Person) {
	at := placeOf(p.Postcode)
	for i, day := range []time.Time{g.cfg.Until.AddDate(0, -2, -r.IntN(20)), g.cfg.Until.AddDate(0, 0, 5+r.IntN(20))} {
		day = workday(day)
		a := core.Appointment{
			Member: p.Affiliation, Reference: fmt.Sprintf("M-%d-%d", day.Year(), i+1),
			At:    day.Add(time.Duration(8*60+r.IntN(28)*15) * time.Minute), // 9:00 to 15:45 in winter
			Place: at.name, Street: street(r, at), Postcode: at.code, City: at.name,
			Bring: "identity,medical-file", State: "set",
		}
		if day.Before(g.cfg.Until) {
			a.State = "done"
		} else if one(r, 4) {
			a.State, a.Bring = "moved", "identity,medical-file,imaging,medicines"
		}
		out.Appointments = append(out.Appointments, a)
	}
}
