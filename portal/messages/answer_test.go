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

func (s *fakeStore) Message(context.Context, auth.Login, string) (Thread, error) {
	return s.thread, nil
}

func (s *fakeStore) AnswerMessage(_ context.Context, _ auth.Login, _, text string) error {
	if s.thread.State != Asked {
		return ErrState
	}
	s.thread.State = Handling
	s.thread.Entries = append(s.thread.Entries, Entry{At: areatest.Noon, What: Received, Mine: true, Text: text})
	return nil
}

// An answer is confirmed on the page that follows, sent twice too, with the day by which it
// is dealt with; nothing is where she has answered nothing.
func TestAnswerIsConfirmed(t *testing.T) {
	const id = "06gxkve2033rkgerqgyytpb8a4"
	for _, l := range locale.Languages() {
		d, s := newDesk(t)
		d.Lang = l
		s.thread = Thread{Message: Message{ID: id, Reference: "GC-2026-ABCD-123", Subject: "my-data", Reply: ByLetter, State: Asked, Sent: areatest.Noon, Deadline: areatest.Noon.AddDate(0, 0, 2)},
			Words:   Words{Title: "My box", Text: "It lacks."},
			Entries: []Entry{{At: areatest.Noon, What: Asked, Text: "Which box?"}}}
		confirmed := func(p *areatest.Page) bool {
			letters := func(s string) string { return strings.Join(strings.Fields(s), "") }
			said := locale.T(l, "messages.answered.title") + locale.T(l, "messages.sent.text", locale.A("reference", "GC-2026-ABCD-123"),
				locale.A("date", locale.Date(l, areatest.Noon.AddDate(0, 0, 2))))
			return letters(p.Text(".banner[data-kind=valid]")) == letters(said)
		}
		if p := d.Submit("messages/"+id+"/answer", url.Values{textField: {" "}}); p.Status != http.StatusUnprocessableEntity || confirmed(p) {
			t.Errorf("%s: no words: %d", l, p.Status)
		}
		if confirmed(d.Get("messages/" + id + "?answered=1")) {
			t.Errorf("%s: an answer that was not given is confirmed", l)
		}
		for range 2 {
			if p := d.Submit("messages/"+id+"/answer", url.Values{textField: {"Box 3."}}); p.Status != http.StatusOK || !confirmed(p) {
				t.Errorf("%s: answered: %d, %q", l, p.Status, p.Text(".banner"))
			}
		}
		if confirmed(d.Get("messages/" + id)) {
			t.Errorf("%s: confirmed each time", l)
		}
		s.thread.State, s.thread.Deadline = Answered, time.Time{}
		if confirmed(d.Get("messages/" + id + "?answered=1")) {
			t.Errorf("%s: confirmed after the end", l)
		}
	}
}
