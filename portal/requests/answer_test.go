package requests

import (
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/portal/upload"
)

// An answer to the office is confirmed on the page that follows; one that was refused, or
// that nobody gave, is not.
func TestAnswerToOfficeIsConfirmed(t *testing.T) {
	for _, l := range locale.Languages() {
		d := newDesk(t)
		id := d.inState(t, Signed)
		r := d.store.requests[id]
		r.Asked = noon
		d.store.requests[id] = r
		d.store.said = []Said{{At: noon, Text: "Which country?"}}
		c := areatest.New(t, &Requests{Store: d.store, Signing: d.Signing, Now: d.Now, Gate: upload.NewGate(upload.Limits{}),
			Network: func(*gin.Context) string { return "" }})
		c.Login, c.Lang = d.login, l
		confirmed := func(p *areatest.Page) bool {
			return p.Text(".banner[data-kind=valid] h2") == locale.T(l, "requests.answered.title")
		}
		to := "requests/" + id + "/answer"
		if p := c.PostParts(to, map[string]string{answerField: ""}, fileField, nil); p.Status != http.StatusUnprocessableEntity || confirmed(p) {
			t.Errorf("%s: no words: %d", l, p.Status)
		}
		if confirmed(c.Get("requests/" + id + "?answered=1")) {
			t.Errorf("%s: an answer that was not given is confirmed", l)
		}
		p := c.PostParts(to, map[string]string{answerField: "Spain."}, fileField, nil)
		if p.Status != http.StatusSeeOther || len(d.store.answers) != 1 {
			t.Fatalf("%s: answered: %d, %d answers", l, p.Status, len(d.store.answers))
		}
		r.Asked = time.Time{} // as a store has it then
		d.store.requests[id] = r
		d.store.said = append(d.store.said, Said{At: noon, Mine: true, Text: "Spain."})
		if p = c.Open(p.Location()[len("/fr/"):]); !confirmed(p) {
			t.Errorf("%s: after the answer: %q", l, p.Text(".banner"))
		}
	}
}
