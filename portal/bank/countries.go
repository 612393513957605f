package bank

// shape is the structure of the national part of an IBAN, one letter for each
// character: n a digit, a a capital letter, c either.
type shape string

func (s shape) length() int { return 4 + len(s) }

func (s shape) matches(bban string) bool {
	if len(bban) != len(s) {
		return false
	}
	for i := range len(s) {
		c := bban[i]
		switch s[i] {
		case 'n':
			if !isDigit(c) {
				return false
			}
		case 'a':
			if !isUpper(c) {
				return false
			}
		}
	}
	return true
}

// countries is the IBAN registry that SWIFT keeps for ISO 13616: country code and
// structure. Overseas parts of a country use its own code (Réunion: FR) and have no
// entry.
var countries = func() map[string]shape {
	m := make(map[string]shape, len(registry))
	for _, c := range registry {
		var s []byte
		for _, p := range c.parts {
			for range p.n {
				s = append(s, p.kind)
			}
		}
		m[c.code] = shape(s)
	}
	return m
}()

// part is a run of characters of one kind; the registry writes 4!n for {4, 'n'}.
type part struct {
	n    int
	kind byte
}

var registry = []struct {
	code  string
	parts []part
}{
	{"AD", []part{{8, 'n'}, {12, 'c'}}},
	{"AE", []part{{19, 'n'}}},
	{"AL", []part{{8, 'n'}, {16, 'c'}}},
	{"AT", []part{{16, 'n'}}},
	{"AZ", []part{{4, 'a'}, {20, 'c'}}},
	{"BA", []part{{16, 'n'}}},
	{"BE", []part{{12, 'n'}}},
	{"BG", []part{{4, 'a'}, {6, 'n'}, {8, 'c'}}},
	{"BH", []part{{4, 'a'}, {14, 'c'}}},
	{"BI", []part{{23, 'n'}}},
	{"BR", []part{{23, 'n'}, {1, 'a'}, {1, 'c'}}},
	{"BY", []part{{4, 'c'}, {4, 'n'}, {16, 'c'}}},
	{"CH", []part{{5, 'n'}, {12, 'c'}}},
	{"CR", []part{{18, 'n'}}},
	{"CY", []part{{8, 'n'}, {16, 'c'}}},
	{"CZ", []part{{20, 'n'}}},
	{"DE", []part{{18, 'n'}}},
	{"DJ", []part{{23, 'n'}}},
	{"DK", []part{{14, 'n'}}},
	{"DO", []part{{4, 'c'}, {20, 'n'}}},
	{"EE", []part{{16, 'n'}}},
	{"EG", []part{{25, 'n'}}},
	{"ES", []part{{20, 'n'}}},
	{"FI", []part{{14, 'n'}}},
	{"FK", []part{{2, 'a'}, {12, 'n'}}},
	{"FO", []part{{14, 'n'}}},
	{"FR", []part{{10, 'n'}, {11, 'c'}, {2, 'n'}}},
	{"GB", []part{{4, 'a'}, {14, 'n'}}},
	{"GE", []part{{2, 'a'}, {16, 'n'}}},
	{"GI", []part{{4, 'a'}, {15, 'c'}}},
	{"GL", []part{{14, 'n'}}},
	{"GR", []part{{7, 'n'}, {16, 'c'}}},
	{"GT", []part{{24, 'c'}}},
	{"HN", []part{{4, 'a'}, {20, 'n'}}},
	{"HR", []part{{17, 'n'}}},
	{"HU", []part{{24, 'n'}}},
	{"IE", []part{{4, 'a'}, {14, 'n'}}},
	{"IL", []part{{19, 'n'}}},
	{"IQ", []part{{4, 'a'}, {15, 'n'}}},
	{"IS", []part{{22, 'n'}}},
	{"IT", []part{{1, 'a'}, {10, 'n'}, {12, 'c'}}},
	{"JO", []part{{4, 'a'}, {4, 'n'}, {18, 'c'}}},
	{"KW", []part{{4, 'a'}, {22, 'c'}}},
	{"KZ", []part{{3, 'n'}, {13, 'c'}}},
	{"LB", []part{{4, 'n'}, {20, 'c'}}},
	{"LC", []part{{4, 'a'}, {24, 'c'}}},
	{"LI", []part{{5, 'n'}, {12, 'c'}}},
	{"LT", []part{{16, 'n'}}},
	{"LU", []part{{3, 'n'}, {13, 'c'}}},
	{"LV", []part{{4, 'a'}, {13, 'c'}}},
	{"LY", []part{{21, 'n'}}},
	{"MC", []part{{10, 'n'}, {11, 'c'}, {2, 'n'}}},
	{"MD", []part{{20, 'c'}}},
	{"ME", []part{{18, 'n'}}},
	{"MK", []part{{3, 'n'}, {10, 'c'}, {2, 'n'}}},
	{"MN", []part{{16, 'n'}}},
	{"MR", []part{{23, 'n'}}},
	{"MT", []part{{4, 'a'}, {5, 'n'}, {18, 'c'}}},
	{"MU", []part{{4, 'a'}, {19, 'n'}, {3, 'a'}}},
	{"NI", []part{{4, 'a'}, {20, 'n'}}},
	{"NL", []part{{4, 'a'}, {10, 'n'}}},
	{"NO", []part{{11, 'n'}}},
	{"OM", []part{{3, 'n'}, {16, 'c'}}},
	{"PK", []part{{4, 'a'}, {16, 'c'}}},
	{"PL", []part{{24, 'n'}}},
	{"PS", []part{{4, 'a'}, {21, 'c'}}},
	{"PT", []part{{21, 'n'}}},
	{"QA", []part{{4, 'a'}, {21, 'c'}}},
	{"RO", []part{{4, 'a'}, {16, 'c'}}},
	{"RS", []part{{18, 'n'}}},
	{"RU", []part{{14, 'n'}, {15, 'c'}}},
	{"SA", []part{{2, 'n'}, {18, 'c'}}},
	{"SC", []part{{4, 'a'}, {20, 'n'}, {3, 'a'}}},
	{"SD", []part{{14, 'n'}}},
	{"SE", []part{{20, 'n'}}},
	{"SI", []part{{15, 'n'}}},
	{"SK", []part{{20, 'n'}}},
	{"SM", []part{{1, 'a'}, {10, 'n'}, {12, 'c'}}},
	{"SO", []part{{19, 'n'}}},
	{"ST", []part{{21, 'n'}}},
	{"SV", []part{{4, 'a'}, {20, 'n'}}},
	{"TL", []part{{19, 'n'}}},
	{"TN", []part{{20, 'n'}}},
	{"TR", []part{{6, 'n'}, {16, 'c'}}},
	{"UA", []part{{6, 'n'}, {19, 'c'}}},
	{"VA", []part{{18, 'n'}}},
	{"VG", []part{{4, 'a'}, {16, 'n'}}},
	{"XK", []part{{16, 'n'}}},
	{"YE", []part{{4, 'a'}, {4, 'n'}, {18, 'c'}}},
}
