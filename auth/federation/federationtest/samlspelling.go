package federationtest

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf16"
)

// text changes the XML as text, after it was signed.
func text(name string, change func(wire string) string) SAMLMutation {
	return SAMLMutation{Name: name, Apply: func(a *SAMLAnswer) { a.Raw = []byte(change(string(a.Wire()))) }}
}

// spellings are XML that one parser reads so and another otherwise.
func spellings() []SAMLMutation {
	before := func(name, what string) SAMLMutation {
		return text(name, func(w string) string { return what + w })
	}
	after := func(name, what string) SAMLMutation {
		return text(name, func(w string) string { return w + what })
	}
	inNumber := func(name, what string) SAMLMutation {
		return text(name, func(w string) string { return strings.Replace(w, "85073003328", what, 1) })
	}
	return []SAMLMutation{
		before("DOCTYPE", "<!DOCTYPE Response>"),
		before("entity", `<!DOCTYPE r [<!ENTITY n "85073003328">]>`),
		before("external entity", `<!DOCTYPE r [<!ENTITY n SYSTEM "file:///etc/passwd">]>`),
		before("external DTD", `<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd">`),
		before("entity bomb", `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`),
		before("100 kB of declarations", "<!DOCTYPE r ["+strings.Repeat("<!ENTITY a 'b'>", 6666)+"]>"),
		inNumber("number from an entity", "&n;"),
		inNumber("comment in the number", "850730<!-- -->03328"),
		inNumber("comment that ends the number", "85073003328<!---->"),
		inNumber("CDATA in the number", "850730<![CDATA[03328]]>"),
		inNumber("processing instruction in the number", "850730<?x y?>03328"),
		text("comment in the name", func(w string) string { return strings.Replace(w, "</saml:NameID>", "<!---->x</saml:NameID>", 1) }),
		before("processing instruction before", `<?xml-stylesheet href="x"?>`),
		after("processing instruction after", "<?x?>"),
		after("comment after", "<!-- -->"),
		after("text after", "x"),
		after("second root", "<x/>"),
		text("second response", func(w string) string { return w + w }),
		before("text before", "x"),
		before("byte order mark", "\ufeff"),
		after("NUL after", "\x00"),
		inNumber("NUL in the number", "85073003328\x00"),
		inNumber("control character by reference", "85073003328&#1;"),
		inNumber("broken UTF-8 in the number", "85073003328\xff"),
		before("declared in Latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?>`),
		before("declared in UTF-16", `<?xml version="1.0" encoding="UTF-16"?>`),
		before("declared twice", `<?xml version="1.0"?><?xml version="1.0"?>`),
		before("version 1.1 of XML", `<?xml version="1.1"?>`),
		text("in UTF-16", inUTF16),
		text("in UTF-7", func(w string) string { return strings.ReplaceAll(w, "<", "+ADw-") }),
		text("cut short", func(w string) string { return w[:len(w)-20] }),
		text("not closed", func(w string) string { return strings.TrimSuffix(w, "</samlp:Response>") }),
		text("closed by another name", func(w string) string { return strings.TrimSuffix(w, "</samlp:Response>") + "</samlp:Response2>" }),
		text("not XML", func(string) string { return "SAML" }),
		text("empty", func(string) string { return "" }),
		text("JSON", func(string) string { return `{"a":1}` }),
		text("another root", func(w string) string { return strings.ReplaceAll(w, "samlp:Response", "samlp:ArtifactResponse") }),
		text("assertion as root", func(w string) string {
			return w[strings.Index(w, "<saml:Assertion") : strings.Index(w, "</saml:Assertion>")+len("</saml:Assertion>")]
		}),
		text("root in another namespace", func(w string) string {
			return strings.Replace(w, "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.0:protocol", 1)
		}),
		text("prefix not declared", func(w string) string { return strings.Replace(w, "<saml:Subject>", "<nobody:Subject>", 1) }),
		text("attribute twice", func(w string) string {
			return strings.Replace(w, `Recipient="`, `Recipient="https://evil.example" Recipient="`, 1)
		}),
		text("attribute twice, one in a namespace", func(w string) string {
			return strings.Replace(w, `Recipient="`, `xmlns:x="urn:x" x:Recipient="https://evil.example" Recipient="`, 1)
		}),
		text("attribute twice by two prefixes", func(w string) string {
			return strings.Replace(w, `<saml:Subject>`, `<saml:Subject xmlns:a="urn:x" xmlns:b="urn:x" a:y="1" b:y="2">`, 1)
		}),
		text("namespace undeclared", func(w string) string { return strings.Replace(w, "<saml:Subject>", `<saml:Subject xmlns:x="">`, 1) }),
		text("the prefix xml for another", func(w string) string {
			return strings.Replace(w, "<saml:Subject>", `<saml:Subject xmlns:xml="urn:x">`, 1)
		}),
		text("a prefix that is xmlns", func(w string) string {
			return strings.Replace(w, "<saml:Subject>", `<saml:Subject xmlns:xmlns="urn:x">`, 1)
		}),
		text("two colons in a name", func(w string) string { return strings.Replace(w, "<saml:Subject>", `<saml:Subject a:b:c="x">`, 1) }),
		text("a second ID by another name", func(w string) string { return strings.Replace(w, "<saml:Subject>", `<saml:Subject xml:id="x">`, 1) }),
		text("an ID in small letters", func(w string) string {
			return strings.Replace(w, "<saml:Subject>", `<saml:Subject id="x y">`, 1)
		}),
		text("a base for references", func(w string) string {
			return strings.Replace(w, "<saml:Subject>", `<saml:Subject xml:base="urn:x">`, 1)
		}),
		text("text between elements", func(w string) string { return strings.Replace(w, "<saml:Subject>", "x<saml:Subject>", 1) }),
	}
}

func inUTF16(w string) string {
	var out bytes.Buffer
	out.WriteString("\xff\xfe")
	for _, u := range utf16.Encode([]rune(w)) {
		out.WriteByte(byte(u))
		out.WriteByte(byte(u >> 8))
	}
	return out.String()
}

// bombs are messages that cost who reads them.
func bombs() []SAMLMutation {
	inside := func(name string, what func() string) SAMLMutation {
		return text(name, func(w string) string { return strings.Replace(w, "<saml:Subject>", what()+"<saml:Subject>", 1) })
	}
	nested := func(n int) func() string {
		return func() string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	}
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	return []SAMLMutation{
		inside("40 elements deep", nested(40)),
		inside("10,000 elements deep", nested(10_000)),
		inside("100,000 elements deep", nested(100_000)),
		inside("10,000 elements wide", func() string { return strings.Repeat("<a/>", 10_000) }),
		inside("5,000 attributes", func() string { return "<a " + many(5_000, `a%d="1" `) + "/>" }),
		inside("50,000 attributes", func() string { return "<a " + many(50_000, `a%d="1" `) + "/>" }),
		inside("20,000 namespaces", func() string { return "<a " + many(20_000, `xmlns:a%d="u" `) + "/>" }),
		inside("an attribute of 200 kB", func() string { return `<a b="` + strings.Repeat("x", 200_000) + `"/>` }),
		inside("a name of 200 kB", func() string { return "<" + strings.Repeat("x", 200_000) + "/>" }),
		text("a number of 200 kB", func(w string) string {
			return strings.Replace(w, "85073003328", strings.Repeat("8", 200_000), 1)
		}),
		text("200 kB of references to characters", func(w string) string {
			return strings.Replace(w, "85073003328", strings.Repeat("&#56;", 40_000), 1)
		}),
		text("8 MB", func(w string) string { return strings.Replace(w, "85073003328", strings.Repeat("8", 8<<20), 1) }),
		text("8 MB of blanks after", func(w string) string { return w + strings.Repeat(" ", 8<<20) }),
		resigned("2,000 values, well signed", func(a *SAMLAnswer) {
			attr := attributeNamed(a, "mail")
			for range 2_000 {
				attr.AddChild(element("saml:AttributeValue", "x")())
			}
		}),
		resigned("a thousand transforms", func(a *SAMLAnswer) {
			a.Sign()
			t := sig(a).FindElement("./SignedInfo/Reference/Transforms")
			for range 1_000 {
				t.AddChild(t.SelectElement("Transform").Copy())
			}
			a.signInfo()
			a.Raw = a.Wire()
		}),
	}
}

// forms are wrong around the message.
func forms() []SAMLMutation {
	form := func(name string, change func(v url.Values)) SAMLMutation {
		return SAMLMutation{Name: name, Apply: func(a *SAMLAnswer) {
			v := a.Values()
			change(v)
			a.Form = v
		}}
	}
	message := func(name string, change func(m string) string) SAMLMutation {
		return form(name, func(v url.Values) { v.Set("SAMLResponse", change(v.Get("SAMLResponse"))) })
	}
	relay := func(value string) SAMLMutation {
		return form("relay state "+value, func(v url.Values) { v.Set("RelayState", value) })
	}
	return []SAMLMutation{
		form("an artifact", func(v url.Values) { v.Set("SAMLart", "AAQAAA==") }),
		form("an artifact alone", func(v url.Values) { v.Del("SAMLResponse"); v.Set("SAMLart", "AAQAAA==") }),
		form("two messages", func(v url.Values) { v.Add("SAMLResponse", v.Get("SAMLResponse")) }),
		form("no message", func(v url.Values) { v.Del("SAMLResponse") }),
		form("a request in its place", func(v url.Values) { v.Set("SAMLRequest", v.Get("SAMLResponse")); v.Del("SAMLResponse") }),
		form("two relay states", func(v url.Values) { v.Add("RelayState", v.Get("RelayState")) }),
		form("no relay state", func(v url.Values) { v.Del("RelayState") }),
		relay("https://evil.example/"), relay("//evil.example"), relay(`/\evil.example`), relay("javascript:alert(1)"),
		relay("%2f%2fevil.example"), relay(strings.Repeat("A", 43)),
		message("not base64", func(string) string { return "<samlp:Response/>" }),
		message("base64 for addresses", func(m string) string { return strings.NewReplacer("+", "-", "/", "_").Replace(m) + "-_" }),
		message("base64 without its end", func(m string) string { return strings.TrimRight(m, "=") + "A" }),
		message("base64 twice", func(m string) string { return m + "=" + m }),
		message("base64 with blanks", func(m string) string { return m[:8] + " " + m[8:] }),
		message("base64 of 12 MB", func(m string) string { return strings.Repeat("QUFB", 3<<20) }),
	}
}
