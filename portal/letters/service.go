package letters

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/calendar"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/signing/document"
)

// Store keeps letters and batches. Every change has its audit row in its commit.
type Store interface {
	// WaitingLetters counts those that wait to be printed.
	WaitingLetters(ctx context.Context, mutuality string) (Waiting, error)
	// OpenLetters gives the letters that wait longest with what they hide, those put aside
	// left out. What does not open is put aside. ErrNothing.
	OpenLetters(ctx context.Context, by By, limit int) ([]Addressed, error)
	// PrintLetters notes them as printed and wipes what they hid, all or none. ErrState.
	PrintLetters(ctx context.Context, by By, b Batch, list []Lock) error
	// PutAside notes that the letters cannot be set, each with its cause.
	PutAside(ctx context.Context, by By, list []Lock) error
	// TakeFromAside gives a letter back to those that wait. ErrState.
	TakeFromAside(ctx context.Context, by By, id string) error
	// PostBatch notes a batch as posted. ErrCount, ErrState, ErrNotFound.
	PostBatch(ctx context.Context, by By, batch string, envelopes int) error
	// ReturnLetter records that a letter came back, with a task for an advisor. ErrState.
	ReturnLetter(ctx context.Context, by By, id, reason string) (Letter, error)
	// RemakeLetter queues another letter with another code; the old code dies. ErrState.
	RemakeLetter(ctx context.Context, by By, id, reason string, code credentials.Code, secret string) (Letter, error)
	// Letters lists, newest first, those before the id.
	Letters(ctx context.Context, by By, f Filter, before string, limit int) ([]Letter, error)
	Letter(ctx context.Context, mutuality, id string) (Letter, error)
	// LetterNamed finds by what ParseReference returns. ErrNotFound.
	LetterNamed(ctx context.Context, mutuality, reference string) (Letter, error)
	Batches(ctx context.Context, mutuality, before string, limit int) ([]Batch, error)
	Batch(ctx context.Context, mutuality, id string) (Batch, error)
	NewID() (string, error)
}

// Codes draws second codes; *credentials.Service is the one in use.
type Codes interface {
	NewCode(g credentials.Grant) (credentials.Code, string, error)
}

// House is the mutuality whose letters these are.
type House struct {
	Mutuality  string // id
	Letterhead document.Mutuality
	Origin     string // of the counter, for the page to go to
	Window     document.Window
	Country    string // two letters; letters to elsewhere name their country
	Calendar   calendar.Calendar
	Days       int // working days that a letter takes; zero: WorkingDays
}

// Service makes batches and follows letters. All fields but Seal are required. Safe for
// concurrent use.
type Service struct {
	Store Store
	Codes Codes
	House House
	Now   func() time.Time
	Rand  io.Reader
	// Seal seals the PDF of a batch in the name of the mutuality, for a reason in words;
	// nil: batches leave unsealed. If it fails nothing is printed.
	Seal func(ctx context.Context, pdf []byte, reason string) ([]byte, error)
}

// ExpectedBy is the day by which a letter asked for at a time has come: within the working
// days of the house. It is told to the member, midnight UTC.
func (h House) ExpectedBy(asked time.Time) time.Time {
	return h.Calendar.AddWorkingDays(asked.In(locale.Zone()), cmp.Or(h.Days, WorkingDays))
}

// Print is a batch on its way to the printer. The PDF is kept nowhere else.
type Print struct {
	Batch
	PDF     []byte
	Letters []Letter // in the order of the pages, two each; without what they hide
	// Aside are letters that were put aside just now, because they cannot be set.
	Aside []Letter
}

// Print draws the letters that wait longest, at most limit of them, and notes them as
// printed. What it returns cannot be had again: a batch that is lost on the way is
// made again letter by letter, with other codes. ErrNothing, with those set aside if
// there are any; ErrState if somebody printed at the same time.
func (s *Service) Print(ctx context.Context, by By, limit int) (*Print, error) {
	now := s.Now()
	p := &Print{}
	opened, drawn, err := s.sifted(ctx, by, min(limit, MaxBatch), now, p)
	if err != nil {
		return p, err
	}
	id, err := s.Store.NewID()
	if err != nil {
		return nil, err
	}
	if err := s.seal(ctx, drawn, opened[0].Lang); err != nil {
		return nil, err
	}
	p.PDF = drawn.PDF
	p.Batch = Batch{Mutuality: s.House.Mutuality, ID: id, Made: now, By: actor(by.Officer), Letters: len(opened), Pages: drawn.Pages, SHA256: drawn.SHA256}
	locks := make([]Lock, len(opened))
	for i, a := range opened {
		locks[i] = Lock{Member: a.Member, Letter: a.ID}
		l := hidden(a)
		l.State, l.Batch, l.At.Printed = Printed, id, now
		p.Letters = append(p.Letters, l)
	}
	if err := s.Store.PrintLetters(ctx, by, p.Batch, locks); err != nil {
		return nil, err
	}
	return p, nil
}

// maxRounds bounds how often room that unfit letters leave is filled up.
const maxRounds = 4

// sifted are letters that can be set, in the order of their envelopes, and drawn; as many
// as asked for if there are so many. The others it puts aside.
func (s *Service) sifted(ctx context.Context, by By, limit int, now time.Time, p *Print) (list []Addressed, drawn *document.Drawn, err error) {
	for range maxRounds {
		all, err := s.Store.OpenLetters(ctx, by, limit)
		if err != nil {
			return nil, nil, err
		}
		// Envelopes of one street lie together in the post.
		slices.SortStableFunc(all, func(a, b Addressed) int { return compare(a.Country, b.Country, a.Postcode, b.Postcode) })
		var aside []Lock
		list, drawn, aside, err = s.sift(all, now, p)
		if err != nil || len(aside) == 0 {
			return list, drawn, err
		}
		if err := s.Store.PutAside(ctx, by, aside); err != nil {
			return nil, nil, err
		}
		if len(list) > 0 && len(all) < limit {
			return list, drawn, nil // no other waits
		}
	}
	if len(list) == 0 {
		return nil, nil, ErrNothing
	}
	return list, drawn, nil
}

// sift draws what can be set. Only where the whole cannot be drawn each letter is tried
// by itself.
func (s *Service) sift(all []Addressed, now time.Time, p *Print) (list []Addressed, drawn *document.Drawn, aside []Lock, err error) {
	keep := func(unfit func(Addressed) error) {
		fit := list[:0:0]
		for _, a := range list {
			err := unfit(a)
			if err == nil {
				fit = append(fit, a)
				continue
			}
			l := hidden(a)
			l.Reason = causeOf(err)
			p.Aside, aside = append(p.Aside, l), append(aside, Lock{a.Member, a.ID, l.Reason})
		}
		list = fit
	}
	list = all
	keep(func(a Addressed) error {
		post := s.House.Compose(a, now)
		if a.Street == "" || a.Municipality == "" {
			return errNoAddress
		}
		return post.Validate()
	})
	if len(list) == 0 {
		return nil, nil, aside, nil
	}
	if drawn, err = s.draw(list, now); err == nil {
		return list, drawn, aside, nil
	}
	keep(func(a Addressed) error { _, err := s.draw([]Addressed{a}, now); return err })
	if len(list) == 0 {
		return nil, nil, aside, nil
	}
	drawn, err = s.draw(list, now)
	return list, drawn, aside, err
}

var errNoAddress = errors.New("no address on file")

// causeOf is a key of the catalogue.
func causeOf(err error) string {
	switch {
	case errors.Is(err, errNoAddress):
		return AsideAddress
	case errors.Is(err, document.ErrGlyph):
		return AsideGlyph
	case errors.Is(err, document.ErrOverflow), errors.Is(err, document.ErrTooLong):
		return AsideLong
	}
	return AsideOther
}

// seal seals what was drawn, where there is a seal.
func (s *Service) seal(ctx context.Context, drawn *document.Drawn, lang string) error {
	if s.Seal == nil {
		return nil
	}
	speaks, _ := locale.Parse(lang)
	pdf, err := s.Seal(ctx, drawn.PDF, locale.T(speaks, "letters.batch"))
	if err != nil {
		return fmt.Errorf("sealing letters: %w", err)
	}
	drawn.PDF, drawn.SHA256 = pdf, sha256.Sum256(pdf)
	return nil
}

// hidden is the letter without what it hides.
func hidden(a Addressed) Letter {
	l := a.Letter
	l.Secret, l.UserNumber = "", ""
	return l
}

func (s *Service) draw(list []Addressed, now time.Time) (*document.Drawn, error) {
	posts := make([]document.Post, len(list))
	for i, a := range list {
		posts[i] = s.House.Compose(a, now)
	}
	lang, _ := locale.Parse(list[0].Lang)
	drawn, err := document.DrawPosts(locale.T(lang, "letters.batch"), posts, now)
	if err != nil { // it names the letter by its place
		return nil, fmt.Errorf("drawing letters: %w", err)
	}
	return drawn, nil
}

// TestPrint draws one letter of each kind to a made-up person, in a language: to try
// paper, window and fold. It holds no secret and touches no letter.
func (s *Service) TestPrint(lang string) (*document.Drawn, error) {
	now := s.Now()
	var list []Addressed
	for _, k := range Kinds() {
		a := Addressed{
			Letter: Letter{Mutuality: s.House.Mutuality, Kind: k, Lang: lang, Reference: "TEST", Deadline: now.AddDate(0, 1, 0)},
			Name:   "Test Test", Street: "Teststraat 1", Postcode: "0000", Municipality: "TEST", Country: s.House.Country,
		}
		if k.HasSecret() {
			a.Secret = "TEST-TEST-TEST"
		}
		if k == FirstCredentials {
			a.UserNumber = "TEST"
		}
		if k.HasMatter() {
			a.Matter = &Matter{Reference: "TEST", At: now, By: now.AddDate(0, 0, 7), Rows: []Row{{"TEST", "TEST"}}}
		}
		list = append(list, a)
	}
	return s.draw(list, now)
}

// Posted notes that a batch went to the post; envelopes is how many were counted.
func (s *Service) Posted(ctx context.Context, by By, batch string, envelopes int) error {
	return s.Store.PostBatch(ctx, by, batch, envelopes)
}

// Returned notes that a letter came back; an advisor gets a task. reason is one of
// Reasons.
func (s *Service) Returned(ctx context.Context, by By, id, reason string) (Letter, error) {
	if !slices.Contains(Reasons(), reason) {
		return Letter{}, fmt.Errorf("%w: no reason", ErrLetter)
	}
	return s.Store.ReturnLetter(ctx, by, id, reason)
}

// TryAgain gives a letter that was put aside back to those that wait: what kept it from
// being set is said to be mended.
func (s *Service) TryAgain(ctx context.Context, by By, id string) error {
	return s.Store.TakeFromAside(ctx, by, id)
}

// Reprint queues a letter again because it was spoilt or lost, with another code: the
// one on the spoilt sheet is dead from then on. reason is one of Reasons.
func (s *Service) Reprint(ctx context.Context, by By, id, reason string) (Letter, error) {
	if !slices.Contains(Reasons(), reason) {
		return Letter{}, fmt.Errorf("%w: no reason", ErrLetter)
	}
	l, err := s.Store.Letter(ctx, by.Mutuality, id)
	if err != nil {
		return Letter{}, err
	}
	var code credentials.Code
	var secret string
	if l.Kind.HasSecret() {
		grant := credentials.Grant{Mutuality: l.Mutuality, Member: l.Member, Purpose: l.Kind.Purpose(), Actor: actor(by.Officer)}
		if code, secret, err = s.Codes.NewCode(grant); err != nil {
			return Letter{}, err
		}
	}
	return s.Store.RemakeLetter(ctx, by, id, reason, code, secret)
}

func actor(o *auth.Officer) string {
	if o == nil {
		return ""
	}
	return string(o.ID)
}

// compare orders by pairs.
func compare(pairs ...string) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] != pairs[i+1] {
			if pairs[i] < pairs[i+1] {
				return -1
			}
			return 1
		}
	}
	return 0
}
