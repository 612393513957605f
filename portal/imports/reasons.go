package imports

import (
	"regexp"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// whys are the reasons of portal/core and portal/store for which a line is left out, and
// what they are in the catalogue. One that is not here is shown as it is, in English.
var whys = map[string]string{
	"is required":                                                         "imports.why.missing",
	"same key as an earlier one":                                          "imports.why.duplicate",
	"no member has this affiliation number":                               "imports.why.no-member",
	core.ReasonNational:                                                   "imports.why.national",
	core.ReasonNotNational:                                                "imports.why.not-national",
	core.ReasonNoRows:                                                     "imports.why.no-rows",
	"another member has this affiliation number":                          "imports.why.number-taken",
	"several members have this affiliation number":                        "imports.why.many-members",
	"no payment has this reference":                                       "imports.why.no-payment",
	"the lines of this payment do not add up to its cents":                "imports.why.payment-sum",
	"which row this line is of cannot be told, so none can be taken away": "imports.why.no-key",
	"rows that add up do not stand together, so which are all there are cannot be told": "imports.why.apart",
	"no household has this year under maximum billing":                                  "imports.why.no-year",
	"the shares of this year do not add up to what the household has counted":           "imports.why.year-sum",
	"newer data of this kind are in: a complete delivery is the newest":                 "imports.why.older",
	"a payment of this kind has no lines":                                               "imports.why.payment-kind",
	"a quote is opened and not closed on the line":                                      "imports.why.open-quote",
	"a quote in the middle of a value":                                                  "imports.why.quote",
	"not one JSON object on one line, or cut":                                           "imports.why.object",
	"stands twice in the line":                                                          "imports.why.twice",
	"no such field":                                                                     "imports.why.unknown",
	"is no text, number, true, false or null":                                           "imports.why.nested",
	"is an object":       "imports.why.is-object",
	"longer than 64 KiB": "imports.why.long",
	"holds a NUL byte":   "imports.why.nul",
	"holds a carriage return alone: lines end in LF or CRLF":               "imports.why.cr",
	"the file ends in the middle of this line":                             "imports.why.no-end",
	"is not UTF-8: save the file as UTF-8, not as Latin-1 or Windows-1252": "imports.why.utf8",
	"holds a control character":                                            "imports.why.control",
	"a day is written 2026-11-22":                                          "imports.why.day",
	"a moment is written 2026-11-22T09:30:00+01:00":                        "imports.why.moment",
	"a whole number, digits alone":                                         "imports.why.whole",
	"whole cents, without comma or point: 1234 is 12.34 EUR":               "imports.why.cents",
	"true or false": "imports.why.flag",
	"not a national register number: wrong digits or check digits": "imports.why.number",
	"is in the future":                                                      "imports.why.future",
	"text is between quotes":                                                "imports.why.quotes",
	"no quotes around it":                                                   "imports.why.no-quotes",
	"a year between 1880 and 2200":                                          "imports.why.year",
	"wrong check digits":                                                    "imports.why.check-digits",
	"not an account number (IBAN)":                                          "imports.why.iban",
	"is not fee and supplement less refund":                                 "imports.why.own",
	"is not gross less tax":                                                 "imports.why.net",
	"is before its beginning":                                               "imports.why.order",
	"is before the day it was received":                                     "imports.why.received",
	"is before the day it was treated":                                      "imports.why.treated",
	"negative from the member, positive to the payee":                       "imports.why.sign",
	"is not a PDF file":                                                     "imports.why.not-pdf",
	"is not beside the file":                                                "imports.why.not-beside",
	"is not that of the file":                                               "imports.why.other-sum",
	"capitals, digits and dashes":                                           "imports.why.capitals",
	"a word of small letters, digits and dashes":                            "imports.why.word",
	"four capitals or digits":                                               "imports.why.last4",
	"two capitals, ISO 3166-1 alpha-2":                                      "imports.why.country",
	"letters and digits, 4 to 20, as they are printed":                      "imports.why.code",
	"another member has it":                                                 "imports.why.code-taken",
	"64 digits of hex, in small letters":                                    "imports.why.digest",
	"a name in the folder of this file, without folders":                    "imports.why.name",
	"cannot be read":                                                        "imports.why.unreadable",
	"the file is UTF-16: save it as UTF-8":                                  "imports.why.utf16",
	"the file is empty: CSV has a header":                                   "imports.why.empty",
	"the first line is no header: it names the columns, see import -schema": "imports.why.no-header",
	"header longer than 64 KiB":                                             "imports.why.long-header",
	"is larger than 10 MiB":                                                 "imports.why.large",
}

// patterns are reasons with something in them.
var patterns = []struct {
	reason *regexp.Regexp
	key    string
	args   []string
}{
	{regexp.MustCompile(`^between (-?\d+) and (-?\d+)$`), "imports.why.between", []string{"least", "most"}},
	{regexp.MustCompile(`^(?:one )?of ([a-z0-9, -]+)$`), "imports.why.one-of", []string{"words"}},
	{regexp.MustCompile(`^longer than (\d+) characters$`), "imports.why.longer", []string{"most"}},
	{regexp.MustCompile(`^(\d+) digits$`), "imports.why.digits", []string{"count"}},
	{regexp.MustCompile(`^(\d+) columns, the header has (\d+)$`), "imports.why.columns", []string{"here", "head"}},
	{regexp.MustCompile(`^takes away (\d+) of (\d+) rows, more than (\d+) %$`), "imports.why.too-many", []string{"gone", "stand", "most"}},
	{regexp.MustCompile(`^missing columns: ([a-z0-9_., -]+)$`), "imports.why.no-columns", []string{"columns"}},
	{regexp.MustCompile(`^not in the schema: ((?:column )[a-zA-Z0-9_., -]+)$`), "imports.why.strange-columns", []string{"columns"}},
}

// why is a reason in the language of the page; false: it stayed English.
func why(v page.View, reason string) (string, bool) {
	if key, ok := whys[reason]; ok {
		return v.T(key), true
	}
	for _, p := range patterns {
		found := p.reason.FindStringSubmatch(reason)
		if found == nil {
			continue
		}
		var args []locale.Arg
		for i, name := range p.args {
			args = append(args, locale.A(name, found[i+1]))
		}
		return v.T(p.key, args...), true
	}
	return reason, false
}
