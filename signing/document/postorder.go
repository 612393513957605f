package document

import (
	"crypto/sha256"
	"strings"
	"time"
)

// The kinds of PostOrder.
const (
	KindLabels         Kind = "labels-order"
	KindEnvelopes      Kind = "envelopes-order"
	KindIncapacityForm Kind = "incapacity-form"
	KindTravelPapers   Kind = "travel-papers"
)

// PostKinds lists them, in the order in which pages offer them.
func PostKinds() []Kind {
	return []Kind{KindLabels, KindEnvelopes, KindTravelPapers, KindIncapacityForm}
}

// PostOrder orders what comes by post and needs no card of its own: labels of the people
// named, envelopes, a form for the doctor, or papers for a journey of the people named.
type PostOrder struct {
	What      Kind   // one of PostKinds
	Reference string // as in BankChange
	Language  Language
	Mutuality Mutuality
	Member    Person
	Date      time.Time // calendar date of the request

	ForPersons  []string   // names, 1 to 20; envelopes: the member alone
	DeliverTo   []string   // address lines for the post, 2 to 6
	Quantity    int        // envelopes: 1 to MaxEnvelopes; 0 for all else
	From, Until *time.Time // calendar dates of the journey; travel papers only
	Country     string     // of the journey, in words of the document's language; travel papers only
}

// MaxEnvelopes is how many envelopes one order asks for at most.
const MaxEnvelopes = 10

// Kind returns What.
func (a PostOrder) Kind() Kind { return a.What }

// Head returns what every act has.
func (a PostOrder) Head() Head { return Head{a.Reference, a.Language, a.Mutuality, a.Member, a.Date} }

// WithReference returns the act under that reference.
func (a PostOrder) WithReference(r string) Act { a.Reference = r; return a }

// Validate returns a *FieldError for the first field that does not hold.
func (a PostOrder) Validate() error {
	var c checker
	c.head(a.Reference, a.Language, a.Mutuality, a.Member, a.Date)
	_, known := postTitles[a.What]
	c.that("kind", known)
	c.list("forPersons", a.ForPersons, 1, maxPersons, maxName)
	c.list("deliverTo", a.DeliverTo, 2, 6, maxLine)
	if a.What == KindEnvelopes {
		c.that("quantity", a.Quantity >= 1 && a.Quantity <= MaxEnvelopes)
	} else {
		c.that("quantity", a.Quantity == 0)
	}
	if a.What != KindTravelPapers {
		c.that("from", a.From == nil && a.Until == nil && a.Country == "")
		return c.err
	}
	c.that("from", a.From != nil)
	c.that("until", a.Until != nil)
	if a.From != nil && a.Until != nil {
		c.date("from", *a.From)
		c.date("until", *a.Until)
		c.that("until", !a.Until.Before(*a.From))
	}
	c.text("country", a.Country, maxShort)
	return c.err
}

// Sheet composes the order.
func (a PostOrder) Sheet() Sheet {
	l := a.Language
	s := compose(l, a.Mutuality, a.Member, a.Reference, a.Date, postTitles[a.What])
	s.text(postAsks[a.What].in(l, "{mutuality}", a.Mutuality.Name))
	var rows []Row
	if a.What == KindEnvelopes {
		rows = append(rows, Row{postQuantity.in(l), itoa(a.Quantity)})
	} else {
		for i, name := range a.ForPersons {
			rows = append(rows, Row{ehicPerson.in(l, "{n}", itoa(i+1)), name})
		}
	}
	rows = append(rows, Row{ehicDeliver.in(l), strings.Join(a.DeliverTo, ", ")})
	if a.From != nil && a.Until != nil {
		rows = append(rows, Row{ehicCountry.in(l), a.Country}, Row{ehicDeparture.in(l), date(l, *a.From)}, Row{postUntil.in(l), date(l, *a.Until)})
	}
	s.rows(rows...)
	s.text(ehicPending.in(l))
	return s
}

type wirePostOrder struct {
	wireHead
	ForPersons []string `json:"forPersons"`
	DeliverTo  []string `json:"deliverTo"`
	Quantity   int      `json:"quantity,omitempty"`
	From       *day     `json:"from,omitempty"`
	Until      *day     `json:"until,omitempty"`
	Country    string   `json:"country,omitempty"`
}

func (a PostOrder) wired() any {
	w := wirePostOrder{
		wireHead:   head(a.What, a.Reference, a.Language, a.Mutuality, a.Member, day{a.Date}),
		ForPersons: a.ForPersons, DeliverTo: a.DeliverTo, Quantity: a.Quantity, Country: a.Country,
	}
	if a.From != nil {
		w.From = &day{*a.From}
	}
	if a.Until != nil {
		w.Until = &day{*a.Until}
	}
	return w
}

func (w wirePostOrder) act() PostOrder {
	a := PostOrder{
		What: w.Kind, Reference: w.Reference, Language: w.Language, Mutuality: Mutuality(w.Mutuality), Member: w.Member.person(),
		Date: w.Date.Time, ForPersons: w.ForPersons, DeliverTo: w.DeliverTo, Quantity: w.Quantity, Country: w.Country,
	}
	if w.From != nil {
		a.From = &w.From.Time
	}
	if w.Until != nil {
		a.Until = &w.Until.Time
	}
	return a
}

// DrawIncapacityForm sets the blank certificate of incapacity for work that a doctor fills
// in by hand: who it is about is there, what she has is not. created as in Draw. Errors
// are *FieldError.
func DrawIncapacityForm(l Language, m Mutuality, p Person, reference string, created time.Time) (*Drawn, error) {
	var c checker
	c.head(reference, l, m, p, created)
	if c.err != nil {
		return nil, c.err
	}
	s := compose(l, m, p, reference, created, formTitle)
	s.text(formAsk.in(l))
	var rows []Row
	for _, label := range []phrase{formSince, formUntil, formCause, formOut, formDoctor, formNumber, formDay} {
		rows = append(rows, Row{label.in(l), strings.Repeat("_", 32)})
	}
	s.rows(rows...)
	s.text(formDelay.in(l))
	s.Signature = formSigned.in(l)
	accent, _ := parseColour(m.Accent) // checked
	f := newFaces()
	pages, root, mark, err := setLetter(s, accent, f)
	if err != nil {
		return nil, err
	}
	pdf := write(pages, root, f, metadata{s.Title, m.Name, l, created.UTC().Truncate(time.Second)}, nil)
	return &Drawn{PDF: pdf, Pages: len(pages), SHA256: sha256.Sum256(pdf), Mark: mark, Sheet: s}, nil
}
