package demo

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
	"guichet.example/portal/locale"
	"guichet.example/signing/document"
)

// live gives the characters their households and the last two years, as an import of
// last night would have brought them. A folder that has them keeps them as they are.
func (w *world) live(ctx context.Context, _ Config) error {
	ages, err := w.store.Ages(ctx, mutualityID)
	if err != nil {
		return err
	}
	if _, there := ages[core.KindPayment]; there {
		return nil
	}
	now := time.Now().In(locale.Zone())
	until := time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, time.UTC)
	rows, err := w.past(until)
	if err != nil {
		return err
	}
	asOf := time.Date(now.Year(), now.Month(), now.Day()-1, 22, 10, 0, 0, locale.Zone())
	for _, kind := range core.Kinds() {
		if len(rows[kind]) == 0 {
			continue
		}
		out, err := w.store.Load(ctx, mutualityID, core.Batch{Kind: kind, Rows: rows[kind], AsOf: asOf})
		if err != nil {
			return err
		}
		if len(out.Rejects) > 0 {
			r := out.Rejects[0]
			return fmt.Errorf("giving the demo's people a past: %d rows of kind %s refused, the first: %s %s: %+v",
				len(out.Rejects), kind, r.Field, r.Reason, rows[kind][r.Row])
		}
	}
	return nil
}

// past is everything that is known of the demo's people, by kind.
func (w *world) past(until time.Time) (map[core.Kind][]core.Row, error) {
	g, err := seed.New(seed.Config{Seed: 1, Members: 20, Until: until})
	if err != nil {
		return nil, err
	}
	rows := map[core.Kind][]core.Row{}
	places := g.Places()
	for i, h := range households(until.AddDate(0, 0, 1)) {
		f := w.family(h)
		lived := g.Live(uint32(i), f)
		for _, kind := range core.Kinds() {
			rows[kind] = append(rows[kind], lived.Rows(kind)...)
		}
		received, err := w.letters(f, until)
		if err != nil {
			return nil, err
		}
		rows[core.KindReceived] = append(rows[core.KindReceived], received...)
	}
	for _, kind := range core.Kinds() {
		rows[kind] = append(rows[kind], places.Rows(kind)...)
	}
	rows[core.KindMember] = w.withoutCharacters(rows[core.KindMember])
	return rows, nil
}

// withoutCharacters leaves out who is enrolled already, with an id of her own.
func (w *world) withoutCharacters(members []core.Row) (rest []core.Row) {
	known := map[string]bool{}
	for _, c := range w.people {
		if c.Member != nil {
			known[c.Member.Affiliation] = true
		}
	}
	for _, m := range members {
		if !known[m.(core.Member).Affiliation] {
			rest = append(rest, m)
		}
	}
	return rest
}

// sentence are the title and the text of a document that the mutuality sent, %s its date.
type sentence [2]string

// balance are the words of the yearly balance that each holder got.
var balance = map[string]sentence{
	"fr": {"Décompte annuel %s", "Voici le décompte de vos remboursements de l’année %s. Vous ne devez rien faire."},
	"nl": {"Jaaroverzicht %s", "Dit is het overzicht van uw terugbetalingen van %s. U hoeft niets te doen."},
	"de": {"Jahresübersicht %s", "Dies ist die Übersicht Ihrer Erstattungen des Jahres %s. Sie müssen nichts tun."},
	"en": {"Yearly balance %s", "This is the balance of your refunds of %s. You do not have to do anything."},
}

// statement are those of a statement of benefits, which is issued every eight days.
var statement = map[string]sentence{
	"fr": {"Relevé du %s", "Voici le relevé de vos remboursements jusqu’au %s. Le détail de chacun est au guichet en ligne."},
	"nl": {"Overzicht van %s", "Dit is het overzicht van uw terugbetalingen tot %s. Elk ervan staat in het onlineloket."},
	"de": {"Übersicht vom %s", "Dies ist die Übersicht Ihrer Erstattungen bis zum %s. Jede einzelne steht am Online-Schalter."},
	"en": {"Statement of %s", "This is the statement of your refunds up to %s. Each of them is at the online counter."},
}

// letters are the documents that the mutuality sent to each adult of the family: the
// balances of two years, and the last three statements.
func (w *world) letters(f seed.Family, until time.Time) ([]core.Row, error) {
	var rows []core.Row
	for _, p := range f.People {
		if p.Birth.AddDate(16, 0, 0).After(until) {
			continue
		}
		lang, _ := locale.Parse(p.Language)
		for back := 2; back >= 1; back-- {
			year := until.Year() - back
			issued := time.Date(year+1, time.February, 12, 0, 0, 0, 0, time.UTC)
			if issued.After(until) {
				continue
			}
			r := core.Received{Kind: "yearly-balance", Reference: fmt.Sprintf("JB-%d", year), Issued: issued}
			if err := write(&r, p, balance[p.Language], strconv.Itoa(year)); err != nil {
				return nil, err
			}
			rows = append(rows, r)
		}
		for back := 3; back >= 1; back-- {
			issued := until.AddDate(0, 0, -8*back)
			r := core.Received{Kind: "statement", Reference: issued.Format("RP-2006-01-02"), Issued: issued}
			if err := write(&r, p, statement[p.Language], locale.Date(lang, issued)); err != nil {
				return nil, err
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// write makes the document r for a person, in her language; about is in title and text.
func write(r *core.Received, p seed.Person, words sentence, about string) error {
	r.Member, r.Language, r.Title = p.Affiliation, p.Language, fmt.Sprintf(words[0], about)
	drawn, err := document.DrawPosts(r.Title, []document.Post{{
		Language: document.Language(p.Language), Mutuality: mutuality().Letterhead, Reference: r.Reference, Date: r.Issued,
		To:    []string{p.GivenNames + " " + p.Surname, p.Street, p.Postcode + " " + p.Municipality},
		Title: r.Title, Texts: []string{fmt.Sprintf(words[1], about)},
	}}, r.Issued)
	if err != nil {
		return fmt.Errorf("writing to %s: %w", p.GivenNames, err)
	}
	r.PDF = drawn.PDF
	return nil
}
