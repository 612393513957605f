package locale

import "strings"

// Country is the name of a country, ISO 3166-1 alpha-2, as it stands under an address; the
// code itself where there is no name for it: better than an address in the wrong country.
func Country(l Language, code string) string {
	key := "letters.country." + strings.ToLower(code)
	if !Has(key) {
		return strings.ToUpper(code)
	}
	return T(l, key)
}
