package seed

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/portal/bank"
	"guichet.example/portal/core"
)

func generator(t *testing.T, cfg Config) *Generator {
	t.Helper()
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func everything(g *Generator) (all []Records) {
	for r := range g.Families() {
		all = append(all, r)
	}
	return all
}

func TestOutOfBounds(t *testing.T) {
	for _, cfg := range []Config{{}, {Members: -1}, {Members: MostMembers + 1}, {Members: 1, Lines: -1}, {Members: 1, Lines: MostLines + 1}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("New(%+v) gave no error", cfg)
		}
	}
}

func TestSameSeedSameRecords(t *testing.T) {
	g := generator(t, Config{Seed: 7, Members: 300})
	first := everything(g)
	if again := everything(g); !reflect.DeepEqual(first, again) {
		t.Error("the same generator gave other families the second time")
	}
	if other := everything(generator(t, Config{Seed: 7, Members: 300})); !reflect.DeepEqual(first, other) {
		t.Error("the same seed number gave other families")
	}
	if other := everything(generator(t, Config{Seed: 8, Members: 300})); reflect.DeepEqual(first, other) {
		t.Error("another seed number gave the same families")
	}
}

func TestAsManyMembersAsAskedFor(t *testing.T) {
	for _, n := range []int{1, 2, 999} {
		members := 0
		for _, r := range everything(generator(t, Config{Members: n})) {
			members += len(r.Members)
		}
		if members != n {
			t.Errorf("%d members, want %d", members, n)
		}
	}
}

func TestNumbersAreRightAndNobodyElses(t *testing.T) {
	numbers, affiliations, bis := map[nrn.Number]bool{}, map[string]bool{}, 0
	for _, r := range everything(generator(t, Config{Members: 20_000, Lines: 1})) {
		for _, m := range r.Members {
			if numbers[m.NationalNumber] || affiliations[m.Affiliation] {
				t.Fatalf("number of %s given twice", m.Affiliation)
			}
			numbers[m.NationalNumber], affiliations[m.Affiliation] = true, true
			if birth, ok := m.NationalNumber.Birth(); !ok || !birth.Equal(m.Birth) {
				t.Errorf("birth %s is not that of the number", m.Birth)
			}
			if m.NationalNumber.BIS() {
				bis++
			}
			if m.IBAN == "" {
				continue
			}
			if _, err := bank.ParseIBAN(m.IBAN); err != nil {
				t.Fatal(err)
			}
		}
	}
	if bis < 200 || bis > 800 {
		t.Errorf("%d of 20000 have a BIS number", bis)
	}
}

// How many of a thousand people in Belgium are in each ten years of age, roughly.
var belgium = []int{104, 114, 119, 130, 127, 134, 124, 92, 46, 10}

func TestAgesLookLikeBelgium(t *testing.T) {
	ages, all := make([]int, len(belgium)), 0
	for _, r := range everything(generator(t, Config{Members: 20_000, Lines: 1})) {
		for _, m := range r.Members {
			ages[min(len(ages)-1, years(m.Birth, DefaultUntil)/10)]++
			all++
		}
	}
	for i, want := range belgium {
		got := float64(ages[i]) * 1000 / float64(all)
		if math.Abs(got-float64(want)) > max(12, 0.25*float64(want)) {
			t.Errorf("%d to %d years: %.0f of a thousand, want about %d", 10*i, 10*i+9, got, want)
		}
	}
}

func TestAmountsAddUp(t *testing.T) {
	lines, members := 0, 0
	for _, r := range everything(generator(t, Config{Members: 2_000})) {
		members += len(r.Members)
		lines += len(r.Lines)
		sums := map[string]int64{}
		for _, l := range r.Lines {
			sums[l.Payment] += l.Refund
			own := l.Fee - l.Refund
			if l.Supplement != nil {
				own += *l.Supplement
			}
			if own != l.Own || l.Own < 0 || l.Quantity < 1 {
				t.Fatalf("line %+v does not add up", l)
			}
		}
		known := map[string]bool{}
		for _, p := range r.Payments {
			if known[p.Reference] {
				t.Fatalf("reference %s given twice", p.Reference)
			}
			known[p.Reference] = true
			check(t, p, sums[p.Reference])
		}
	}
	if mean := float64(lines) / float64(members); mean < 14 || mean > 26 {
		t.Errorf("%.1f lines a person, want about %d", mean, DefaultLines)
	}
}

func check(t *testing.T, p core.Payment, lines int64) {
	t.Helper()
	from := DefaultUntil.AddDate(-2, 0, 0)
	if (p.Kind == core.Refund || p.Kind == core.ThirdParty) && p.Cents != lines {
		t.Errorf("payment %s is of %d, its lines of %d", p.Reference, p.Cents, lines)
	}
	if p.Treated.After(DefaultUntil) || p.Treated.Before(from) || p.Paid.After(DefaultUntil) || p.Received.After(p.Treated) {
		t.Errorf("payment %s at impossible times", p.Reference)
	}
	if (p.Kind == core.Contribution) != (p.Cents < 0) {
		t.Errorf("payment %s, a %s, is of %d", p.Reference, p.Kind, p.Cents)
	}
	if digits, ok := strings.CutPrefix(p.Communication, "+++"); ok {
		digits = strings.ReplaceAll(strings.TrimSuffix(digits, "+++"), "/", "")
		var n, c int64
		for _, d := range digits[:10] {
			n = n*10 + int64(d-'0')
		}
		for _, d := range digits[10:] {
			c = c*10 + int64(d-'0')
		}
		if check97(n) != c {
			t.Errorf("communication %s has wrong check digits", p.Communication)
		}
	}
}

// The shares of a year add up to the household's counter, and what is paid back to what
// is above the ceiling.
func TestMafAddsUp(t *testing.T) {
	reached := 0
	for _, r := range everything(generator(t, Config{Members: 3_000})) {
		for _, m := range r.Mafs {
			var counted, back int64
			for _, s := range r.Shares {
				if s.Year == m.Year {
					counted, back = counted+s.Counted, back+s.Refunded+s.Due
				}
			}
			if counted != m.Counted || back != max(0, m.Counted-m.Ceiling) {
				t.Fatalf("%d of %s: shares count %d of %d, paid back %d of %d", m.Year, m.Holder, counted, m.Counted, back, m.Counted-m.Ceiling)
			}
			if back > 0 {
				reached++
			}
		}
	}
	if reached < 20 {
		t.Errorf("the ceiling was reached %d times only", reached)
	}
}

// Families are made one at a time; what stays is the count of births.
func TestMemoryDoesNotGrow(t *testing.T) {
	g := generator(t, Config{Members: 5_000, Lines: 1})
	n := 0
	for range g.Families() {
		if n++; n == 10 {
			break
		}
	}
	if len(g.serials) > 200 {
		t.Errorf("%d days remembered after ten families", len(g.serials))
	}
}

func TestEveryKindIsThere(t *testing.T) {
	var all Records
	for _, r := range everything(generator(t, Config{Members: 3_000})) {
		into, from := reflect.ValueOf(&all).Elem(), reflect.ValueOf(r)
		for i := range into.NumField() {
			into.Field(i).Set(reflect.AppendSlice(into.Field(i), from.Field(i)))
		}
	}
	v := reflect.ValueOf(all)
	for i := range v.NumField() {
		if v.Field(i).Len() == 0 {
			t.Errorf("no %s at all", v.Type().Field(i).Name)
		}
	}
	places := reflect.ValueOf(generator(t, Config{Members: 1}).Places())
	for i := range places.NumField() {
		if places.Field(i).Len() == 0 {
			t.Errorf("no %s at all", places.Type().Field(i).Name)
		}
	}
	if d := all.Payments[0].Treated; d.Hour() != 0 || d.Location() != time.UTC {
		t.Errorf("a date that is none: %s", d)
	}
}

// References stand in addresses of pages: each is one payment's, and none says whose.
func TestReferencesAreNeutral(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range everything(generator(t, Config{Seed: 7, Members: 300})) {
		for _, p := range r.Payments {
			if seen[p.Reference] || strings.Contains(p.Reference, strings.ReplaceAll(p.Member, " ", "")) {
				t.Fatalf("reference %s of %s", p.Reference, p.Member)
			}
			seen[p.Reference] = true
		}
	}
	if len(seen) == 0 {
		t.Error("no payments")
	}
}
