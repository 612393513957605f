package office

import (
	"bytes"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// The filters are folded away until one is set, and an empty queue is not blamed on a
// filter that nobody set.
func TestFiltersAreFoldedAway(t *testing.T) {
	for _, l := range locale.Languages() {
		v := page.View{Lang: l, Now: today}
		for _, tt := range []struct {
			f     Filter
			open  bool
			empty string
			leads string // where on the page to go on; empty: a link under it
		}{
			{Filter{}, false, "office.queue.empty.all", deskPath},
			{Filter{After: "x"}, false, "office.queue.empty.end", ""},
			{Filter{Kind: BankChange}, true, "office.queue.empty.text", queuePath},
			{Filter{Age: 3, After: "x"}, true, "office.queue.empty.text", queuePath},
			{Filter{Reference: "GC-1"}, true, "office.queue.empty.text", queuePath},
		} {
			var b bytes.Buffer
			if err := queueView(v, queuePage{Filter: tt.f}).Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			got := b.String()
			if strings.Contains(got, `<details class="more" open`) != tt.open || !strings.Contains(got, "<details") {
				t.Errorf("%s: %+v: filters are not open: %t", l, tt.f, tt.open)
			}
			if !strings.Contains(got, templ.EscapeString(locale.T(l, tt.empty))) {
				t.Errorf("%s: %+v: an empty queue does not say %s", l, tt.f, tt.empty)
			}
			_, empty, _ := strings.Cut(got, `class="empty"`)
			if tt.leads != "" && !strings.Contains(empty, `href="/`+string(l)+"/"+tt.leads+`"`) {
				t.Errorf("%s: %+v: an empty queue does not lead to %s: %s", l, tt.f, tt.leads, empty)
			}
		}
	}
}
