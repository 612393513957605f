package office

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/rescue"
)

// An outage is one cause with its count, the oldest document first, and what to do once.
func TestRescuesByCause(t *testing.T) {
	noon := time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC)
	var list []rescue.Item
	for n := range 12 {
		i := rescue.Item{Job: fmt.Sprint(n), Kind: rescue.Raise, Reference: fmt.Sprintf("GC-%02d", n), Since: noon.Add(time.Duration(n) * time.Hour),
			Next: noon.AddDate(0, 0, 1), Cause: rescue.Timestamp, Detail: "connection refused"}
		switch n {
		case 1, 7:
			i.Cause = rescue.Unfit
		case 4:
			i.Cause, i.Detail = rescue.Other, ""
		}
		list = append(list, i)
	}
	groups := groupRescues(list)
	if len(groups) != 3 || groups[0].Cause != rescue.Timestamp || len(groups[0].Items) != 9 || groups[1].Cause != rescue.Unfit || len(groups[1].Items) != 2 || !groups[2].Untried {
		t.Fatalf("groups are %+v", groups)
	}
	for _, l := range locale.Languages() {
		v := page.View{Lang: l}
		var b bytes.Buffer
		if err := rescueView(v, groups, "next").Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, once := range []string{v.T("office.rescue.do.timestamp"), v.T("office.rescue.do.unfit"), v.TN("office.rescue.left", 6)} {
			if n := strings.Count(text, templ.EscapeString(once)); n != 1 {
				t.Errorf("%s: %q stands there %d times", l, once, n)
			}
		}
		last := -1
		for n := range list {
			if n == 1 || n == 4 || n == 7 {
				continue
			}
			at := strings.Index(text, fmt.Sprintf("GC-%02d", n))
			if at < last {
				t.Errorf("%s: document %d stands before an older one", l, n)
			}
			last = at
		}
		if strings.Contains(text, "office.rescue.") {
			t.Errorf("%s: a text is missing", l)
		}
	}
	if groupRescues(nil) != nil {
		t.Error("nothing makes a group")
	}
}
