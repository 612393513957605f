package refunds

import (
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
)

// Two people of one name are told apart in the filter by their birth dates.
func TestFilterTellsNamesApart(t *testing.T) {
	v := page.View{Lang: locale.FR, Path: "refunds", Brand: page.DefaultBrand(), Now: time.Now()}
	p := listPage{Found: Found{People: []people.Person{
		{Member: "a", Name: "Mathieu Delcourt", Self: true, Birth: on("1985-07-30")},
		{Member: "b", Name: "Emma Delcourt", Birth: on("2012-02-29")},
		{Member: "c", Name: "Emma Delcourt", Birth: on("2015-05-17")},
	}}}
	var b strings.Builder
	if err := listView(v, p).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(b.String(), "\u00a0", " ")
	for _, born := range []string{"29 février 2012", "17 mai 2015"} {
		if !strings.Contains(got, born) {
			t.Errorf("nothing says who was born on %s", born)
		}
	}
	if name := strings.ReplaceAll(p.Found.named(v, "c"), "\u00a0", " "); !strings.Contains(name, "17 mai 2015") {
		t.Errorf("the filter in use is for %q", name)
	}
	if strings.Contains(got, "30 juillet 1985") {
		t.Error("who has a name of his own is told by his birth")
	}
}

// A refund of care that she may not see has no box to tick, and says why.
func TestTicksWhatSheSees(t *testing.T) {
	v := page.View{Lang: locale.FR, Path: "refunds", Brand: page.DefaultBrand(), Now: time.Now()}
	seen, hidden := paid("R-1", "2026-11-02", 500), paid("R-2", "2026-11-02", 700)
	seen.Persons = []auth.MemberID{"a"}
	p := listPage{Seals: true, Found: Found{People: []people.Person{{Member: "a", Name: "Mathieu Delcourt", Self: true}}},
		Listed: listed{Rows: []Payment{seen, hidden}}}
	for seals, want := range map[bool][2]int{true: {1, 1}, false: {0, 0}} {
		p.Seals = seals
		var b strings.Builder
		if err := table(v, p).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if boxes, told := strings.Count(got, `name="t_R-1"`), strings.Count(got, v.T("refunds.unread")); boxes != want[0] || told != want[1] || strings.Contains(got, `name="t_R-2"`) {
			t.Errorf("where receipts are offered: %v, %d boxes, told %d times:\n%s", seals, boxes, told, got)
		}
	}
}
