package locale

import "strings"

// Phone is a telephone number of international form (E.164) as people read it in Belgium,
// with no-break spaces: +32470000142 is 0470 00 01 42, +3243221100 is 04 322 11 00 (zones
// 02, 03, 04 and 09), +3261234567 is 061 23 45 67, +3280012345 is 0800 12 345. One of
// another country, and what is no such number, stays as it is. A link to it (tel:) keeps
// the international form.
func Phone(number string) string {
	digits, ok := strings.CutPrefix(number, "+32")
	if !ok || strings.Trim(digits, "0123456789") != "" {
		return number
	}
	groups := phoneGroups(digits)
	if groups == nil {
		return number
	}
	digits = "0" + digits
	parts := make([]string, 0, len(groups))
	for _, n := range groups {
		parts, digits = append(parts, digits[:n]), digits[n:]
	}
	return strings.Join(parts, nbsp)
}

// phoneGroups are how many digits stand together, the leading nought counted in, in a
// Belgian number given without it; nil for a length that no number has.
func phoneGroups(digits string) []int {
	switch {
	case len(digits) == 9: // mobile
		return []int{4, 2, 2, 2}
	case len(digits) != 8:
		return nil
	case strings.HasPrefix(digits, "800"), strings.HasPrefix(digits, "90"):
		return []int{4, 2, 3}
	case strings.IndexByte("2349", digits[0]) >= 0:
		return []int{2, 3, 2, 2}
	}
	return []int{3, 2, 2, 2}
}
