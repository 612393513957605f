package page

import (
	"html"
	"strings"

	"github.com/a-h/templ"

	"guichet.example/portal/web"
)

// links are the stylesheets and scripts of a page, by their hashed addresses. Modules
// that a script imports are announced with their hashes too.
func links(v View) templ.Component {
	switch {
	case v.CardPage:
		return v.Brand.prepared().cardLinks
	case v.SelfTest:
		return v.Brand.prepared().testLinks
	}
	return v.Brand.prepared().links
}

// prepared is what Prepare made; a brand that did not pass it looks as shipped.
func (b Brand) prepared() *ready {
	if b.ready == nil {
		return defaultBrand.ready
	}
	return b.ready
}

func (r *ready) writeLinks() {
	var page strings.Builder
	tag(&page, `<link rel="icon" type="image/svg+xml" href="`, web.Asset("icon.svg"), "")
	tag(&page, `<link rel="stylesheet" href="`, web.Asset("guichet.css"), web.Integrity("guichet.css"))
	tag(&page, `<link rel="stylesheet" href="`, r.url, r.integrity)
	script(&page, "js/page.js")
	r.links = markup(page.String())
	for _, name := range []string{"js/agent.js", "js/webeid.js"} {
		tag(&page, `<link rel="modulepreload" href="`, web.Asset(name), web.Integrity(name))
	}
	before := page.String()
	script(&page, "js/card.js")
	r.cardLinks = markup(page.String())
	page.Reset()
	page.WriteString(before)
	script(&page, "js/selftest.js")
	r.testLinks = markup(page.String())
}

func tag(b *strings.Builder, opening, address, integrity string) {
	b.WriteString(opening + html.EscapeString(address))
	if integrity != "" {
		b.WriteString(`" integrity="` + integrity)
	}
	b.WriteString(`">`)
}

func script(b *strings.Builder, name string) {
	tag(b, `<script type="module" src="`, web.Asset(name), web.Integrity(name))
	b.WriteString("</script>")
}
