package document

// money writes cents of euro as the language does: "1 234,56 EUR", with no-break spaces.
func money(l Language, cents int64) string {
	sign, mark := "", ","
	if cents < 0 {
		sign, cents = "−", -cents
	}
	if l == EN {
		mark = "."
	}
	return sign + thousands(l, cents/100) + mark + itoa(int(cents%100) + 100)[1:] + "\u00a0EUR"
}
