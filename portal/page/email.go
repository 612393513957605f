package page

import (
	"strings"

	"github.com/a-h/templ"
)

// emailPart is how many characters of an address have room beside their label on a
// telephone: a longer part of one breaks too.
const emailPart = 18

// emailBreaks are where a long part goes on in the next line.
var emailBreaks = strings.NewReplacer(".", ".<wbr>", "_", "_<wbr>")

// Email is an address that breaks, where it is too long for its line, before the @, and in
// a long part after dots. Copied, it is the address.
func Email(address string) templ.Component {
	at := max(strings.LastIndexByte(address, '@'), 0)
	parts := []string{address[:at], address[at:]}
	for i, part := range parts {
		long := len(part) > emailPart
		if parts[i] = templ.EscapeString(part); long {
			parts[i] = emailBreaks.Replace(parts[i])
		}
	}
	if at == 0 {
		return markup(parts[1])
	}
	return markup(parts[0] + "<wbr>" + parts[1])
}
