package refunds

// calculation is the sum that leads to one's own share:
//
//	official fee + supplement - refund = own share
//
// A supplement that was not declared is unknown, and is not in the own share.
type calculation struct {
	Fee, Supplement, Refund, Own int64
	Unknown                      bool // a supplement was not declared
	Declared                     bool // one was
}

func calculate(lines []Line) (c calculation) {
	for _, x := range lines {
		c.Fee, c.Refund, c.Own = c.Fee+x.Fee, c.Refund+x.Refund, c.Own+x.Own
		if x.Supplement == nil {
			c.Unknown = true
			continue
		}
		c.Supplement, c.Declared = c.Supplement+*x.Supplement, true
	}
	return c
}

// Asked is what the professional asked, as far as we know.
func (c calculation) Asked() int64 { return c.Fee + c.Supplement }

// Share is the part of the own share that is no supplement.
func (c calculation) Share() int64 { return c.Own - c.Supplement }

// Holds says whether the sum adds up as the page writes it; the insurance system may
// round or cap otherwise, and then the page does not write it.
func (c calculation) Holds() bool { return c.Fee+c.Supplement-c.Refund == c.Own }

// split says that the own share has two parts to tell apart.
func (c calculation) split() bool { return c.Supplement > 0 && c.Share() > 0 }

// ownKind is the pattern of the own share in the bar, where it is one part.
func (c calculation) ownKind() string {
	switch {
	case c.split() || len(c.bar()) == 0:
		return ""
	case c.Supplement > 0:
		return "supplement"
	}
	return "share"
}

// segment is a part of the bar: percentages of its width, times 100.
type segment struct {
	Kind     string // refund, share, supplement
	Cents    int64
	At, Wide int64
}

// bar cuts the amount asked into its parts; none where a part would be less than nothing.
func (c calculation) bar() []segment {
	all := c.Refund + c.Share() + c.Supplement
	if all <= 0 || c.Refund < 0 || c.Share() < 0 || c.Supplement < 0 {
		return nil
	}
	var parts []segment
	var at int64
	for _, s := range []segment{{Kind: "refund", Cents: c.Refund}, {Kind: "share", Cents: c.Share()}, {Kind: "supplement", Cents: c.Supplement}} {
		if s.Cents == 0 {
			continue
		}
		end := at + s.Cents
		s.At = at * 10000 / all
		s.Wide = end*10000/all - s.At
		parts, at = append(parts, s), end
	}
	return parts
}

// group is what one person had under one certificate.
type group struct {
	Certificate string
	Lines       []Line
}

// share is what one person had in a payment.
type share struct {
	Person       string // id
	Certificates []group
	Refund       int64
}

// sharesOf groups the acts of a payment by person and certificate, in their order.
func sharesOf(p Payment) (all []share) {
	for _, x := range p.Lines {
		if n := len(all); n == 0 || all[n-1].Person != string(x.Person) {
			all = append(all, share{Person: string(x.Person)})
		}
		s := &all[len(all)-1]
		s.Refund += x.Refund
		if n := len(s.Certificates); n == 0 || s.Certificates[n-1].Certificate != x.Certificate {
			s.Certificates = append(s.Certificates, group{Certificate: x.Certificate})
		}
		g := &s.Certificates[len(s.Certificates)-1]
		g.Lines = append(g.Lines, x)
	}
	return all
}

// rest is what a payment holds for persons who are not to be seen: part of an amount that
// the member got, of which nothing else is told.
func rest(p Payment) int64 {
	if !p.Open || len(p.Lines) == 0 && !p.ofCare() {
		return 0
	}
	left := p.Whole
	for _, x := range p.Lines {
		left -= x.Refund
	}
	return left
}
