package page

import (
	"html"
	"strings"

	"github.com/a-h/templ"
)

// Rich is a text of a catalogue with a little mark-up in it: **words** are strong, and
// the nth [words] are a link to the nth address. All else is shown as typed.
func Rich(text string, urls ...string) templ.Component {
	var b strings.Builder
	b.Grow(len(text) + 64)
	for strong := false; ; strong = !strong {
		before, after, found := strings.Cut(text, "**")
		urls = linked(&b, before, urls)
		if !found {
			if strong {
				b.WriteString("</strong>")
			}
			return markup(b.String())
		}
		if strong {
			b.WriteString("</strong>")
		} else {
			b.WriteString("<strong>")
		}
		text = after
	}
}

// linked writes text with its links and returns the addresses that are left.
func linked(b *strings.Builder, text string, urls []string) []string {
	for len(urls) > 0 {
		before, rest, opened := strings.Cut(text, "[")
		words, after, closed := strings.Cut(rest, "]")
		if !opened || !closed {
			break
		}
		b.WriteString(html.EscapeString(before))
		b.WriteString(`<a href="` + html.EscapeString(string(templ.URL(urls[0]))) + `">` + html.EscapeString(words) + `</a>`)
		text, urls = after, urls[1:]
	}
	b.WriteString(html.EscapeString(text))
	return urls
}
