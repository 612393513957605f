package messages

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
)

// fakeStore knows how a member is reached, and keeps drafts.
type fakeStore struct {
	Store // the rest is not asked
	areatest.Drafts
	who    Reach
	thread Thread
}

func (s *fakeStore) PutDraft(ctx context.Context, login auth.Login, form, id string, text []byte) error {
	return s.Drafts.PutDraft(ctx, login, form, id, text)
}

func (s *fakeStore) Draft(ctx context.Context, login auth.Login, form, id string) ([]byte, error) {
	return s.Drafts.Draft(ctx, login, form, id)
}

func (s *fakeStore) Reach(context.Context, auth.Login) (Reach, error) { return s.who, nil }

func (s *fakeStore) Attached(context.Context, auth.Login, string) ([]Attachment, error) {
	return nil, nil
}

func newDesk(t *testing.T) (*areatest.Counter, *fakeStore) {
	s := &fakeStore{who: Reach{Name: "Mathieu Delcourt", Street: "Rue des Clarisses 8", Postcode: "4000", Municipality: "Liège"}}
	return areatest.New(t, &Messages{Store: s, Now: func() time.Time { return areatest.Noon },
		Deadline: func(at time.Time) time.Time { return at.AddDate(0, 0, 2) }}), s
}

// Who wants another postal address is led to where she writes it, and not round in a circle.
func TestAnotherAddressIsWrittenAtOnce(t *testing.T) {
	for _, l := range locale.Languages() {
		for _, path := range []string{reachPath, newPath} {
			d, _ := newDesk(t)
			d.Lang = l
			p := d.Open(path + "?subject=address")
			if !strings.HasPrefix(p.At, wordsPath+"?") || p.Status != http.StatusOK {
				t.Fatalf("%s: %s leads to %s, %d", l, path, p.At, p.Status)
			}
			form := p.Form("/" + string(l) + "/" + wordsPath)
			chosen := p.All("option[selected]")
			if len(chosen) != 1 || areatest.Attr(chosen[0], "value") != "my-data" || form.Get(titleField) == "" || form.Get(replyField) != string(ByLetter) {
				t.Errorf("%s: the form holds %v", l, form)
			}
			form.Set(subjectField, "my-data")
			if p = d.Submit(wordsPath, form); p.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(p.At, wordsPath+"?") {
				t.Errorf("%s: without words: %d at %s", l, p.Status, p.At)
			}
			form = p.Form("/" + string(l) + "/" + wordsPath)
			form.Set(subjectField, "my-data")
			form.Set(textField, "Rue Neuve 1, 4000 Liège")
			if p = d.Submit(wordsPath, form); !strings.HasPrefix(p.At, filesPath+"?") {
				t.Errorf("%s: with words: %d at %s", l, p.Status, p.At)
			}
			if p = d.Get(strings.Replace(p.At, filesPath, checkPath, 1)); p.Status != http.StatusOK || !strings.Contains(p.Text("main"), "Rue Neuve 1") {
				t.Errorf("%s: check: %d, %s", l, p.Status, p.Text("main"))
			}
		}
	}
}

// The way of the answer that comes with the words is one that the member could choose.
func TestAnotherAddressNeedsAWayToAnswer(t *testing.T) {
	d, s := newDesk(t)
	p := d.Open(reachPath + "?subject=address")
	form := p.Form("/fr/" + wordsPath)
	for _, by := range []string{"mail", "phone", "pigeon", ""} {
		form.Set(replyField, by)
		if p := d.Submit(wordsPath, form); !strings.HasPrefix(p.At, reachPath+"?") {
			t.Errorf("by %q leads to %s", by, p.At)
		}
	}
	s.who = Reach{Name: "Mathieu Delcourt"}
	if p := d.Open(reachPath + "?subject=address"); !strings.HasPrefix(p.At, reachPath+"?") {
		t.Errorf("who cannot be reached is led to %s", p.At)
	}
}

// The first page changes what can be changed at once, and nothing else.
func TestReachChangesNoPostalAddress(t *testing.T) {
	d, s := newDesk(t)
	s.who.Email = "mathieu@example.org"
	p := d.Open(reachPath)
	change := 0
	for _, to := range p.Links("main") {
		if u, err := url.Parse(to); err == nil && u.Path == "/fr/"+dataPath {
			change++
		}
	}
	if change != 2 {
		t.Errorf("%d links to her data, want those of e-mail and telephone", change)
	}
	if !strings.Contains(p.Text("main"), "Écrivez-la dans ce message") {
		t.Error("nothing says how another address is given")
	}
}
