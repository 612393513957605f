package page

import "github.com/a-h/templ"

// Kind is the colour and shape of a badge, verdict or banner. Each kind has an icon
// of its own, so that colour tells nothing alone.
type Kind string

// The kinds.
const (
	Valid    Kind = "valid"    // circle with tick, green
	Checking Kind = "checking" // clock, amber
	Changed  Kind = "changed"  // octagon, red: changed after signing, refused, failed
	Sealed   Kind = "sealed"   // rosette, neutral: by the mutuality, not by the member
	ToSign   Kind = "to-sign"  // pen, accent: something to do
	Unread   Kind = "unread"   // envelope, neutral: not opened yet, and nothing that must be done
	Neutral  Kind = "neutral"  // no icon, neutral
)

// icon is the icon of a kind.
func (k Kind) icon() templ.Component {
	switch k {
	case Valid:
		return Icon("tick").Draw()
	case Checking:
		return Icon("clock").Draw()
	case Changed:
		return Icon("octagon").Draw()
	case Sealed:
		return Icon("rosette").Draw()
	case ToSign:
		return Icon("pen").Draw()
	case Unread:
		return Icon("envelope").Draw()
	}
	return nothing
}

// Banner is one notice: under the header by View.Banner, or anywhere by BannerBox.
type Banner struct {
	Kind  Kind
	Title string
	Text  string
	Link  Link // empty URL: none
}

// Verdict is the large answer of a page. Its title is the h1: set View.NoHeading.
type Verdict struct {
	Kind  Kind
	Title string
	Text  string // Rich text
	Step  bool   // the answer to the step before: the h1 takes the focus
}

// ToDo is the one thing to do: at most one a page.
type ToDo struct {
	Eyebrow string // "To do"
	Icon    Icon   // empty: pen
	Title   string
	Text    string // the consequence, in one sentence
	Action  Link
	Effort  string // "1 page, with your identity card"
}

// Figure is the one large amount of a page.
type Figure struct {
	Cents int64
	Lines []string // one or two
}

// Empty says what would be here, why it is not, and one thing to do.
type Empty struct {
	Title, Text string
	Link        Link // empty URL: none
}

// Reference is the number to keep after something was sent.
type Reference struct {
	Label, Number, Text string
}

// Door is a way to sign in. Picture is one of the pictures of pictures.go.
type Door struct {
	Picture Picture
	Title   string
	Text    string
	Opens   []Opening
	Action  Link
	First   bool // its button is the page's first one
}

// Opening is something that a way in opens or does not.
type Opening struct {
	Text string
	Yes  bool
}

// Picture names a drawing for a door or the card panel (pictures.go).
type Picture string

// nothing renders nothing.
var nothing templ.Component = markup("")
