package core

import "hash/maphash"

// MostAhead is how many members, payments and years of households, of each, a preview
// remembers: some 200 MB in all.
const MostAhead = 1 << 21

// Ahead is what a preview of several files would have stored by now and is not stored yet:
// later files refer to it. It holds hashes of 64 bits, up to MostAhead of each. What comes
// behind is counted, and from then on a reference to what is nowhere is taken as right.
type Ahead struct {
	seed     maphash.Seed
	most     int
	members  map[uint64]struct{}
	payments map[uint64]aheadPayment
	years    map[uint64]int64
	beyond   int64
}

// aheadPayment is what lines are held against.
type aheadPayment struct {
	cents int64
	kind  int8 // its place in aheadKinds; -1: another one
}

var aheadKinds = []PaymentKind{Refund, ThirdParty, Contribution, Allowance, Ceiling, Recovery}

// NewAhead is of the first file.
func NewAhead() *Ahead { return newAhead(MostAhead) }

func newAhead(most int) *Ahead {
	return &Ahead{seed: maphash.MakeSeed(), most: most, members: map[uint64]struct{}{}, payments: map[uint64]aheadPayment{}, years: map[uint64]int64{}}
}

// Beyond is how many members, payments and years came that are not remembered.
func (a *Ahead) Beyond() int64 { return a.beyond }

// AddMember notes the affiliation number of a member who would be new.
func (a *Ahead) AddMember(number string) { remember(a, a.members, number, struct{}{}) }

// Member tells whether a member would have the number by now, as far as is known.
func (a *Ahead) Member(number string) bool {
	_, ok := a.members[maphash.String(a.seed, number)]
	return ok || a.beyond > 0
}

// AddPayment notes a payment that would be new, or another one.
func (a *Ahead) AddPayment(reference string, kind PaymentKind, cents int64) {
	p := aheadPayment{cents: cents, kind: -1}
	for i, k := range aheadKinds {
		if k == kind {
			p.kind = int8(i)
		}
	}
	remember(a, a.payments, reference, p)
}

// Payment is a payment as it would be by now. held tells that it is remembered; there that
// it may be there all the same, as something of which nothing is known.
func (a *Ahead) Payment(reference string) (kind PaymentKind, cents int64, held, there bool) {
	p, ok := a.payments[maphash.String(a.seed, reference)]
	if !ok {
		return "", 0, false, a.beyond > 0
	}
	if p.kind >= 0 {
		kind = aheadKinds[p.kind]
	}
	return kind, p.cents, true, true
}

// AddYear notes what a household has counted in a year under maximum billing.
func (a *Ahead) AddYear(of string, counted int64) { remember(a, a.years, of, counted) }

// Year is what a household would have counted by now; held and there as with Payment.
func (a *Ahead) Year(of string) (counted int64, held, there bool) {
	counted, held = a.years[maphash.String(a.seed, of)]
	return counted, held, held || a.beyond > 0
}

func remember[T any](a *Ahead, all map[uint64]T, key string, value T) {
	sum := maphash.String(a.seed, key)
	if _, had := all[sum]; !had && len(all) >= a.most {
		a.beyond++
		return
	}
	all[sum] = value
}
