package demo

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
)

// alone is a world of nothing but people and a store.
func alone(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	keys, err := vault.NewKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{dir: dir, people: characters(time.Now())}
	if w.store, err = store.Open(t.Context(), store.Config{Path: filepath.Join(dir, "guichet.db"), Keys: keys}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	if err := w.enrol(t.Context(), Config{}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) sees(t *testing.T, key string) []string {
	t.Helper()
	visible, err := w.store.Visible(context.Background(), auth.Login{Mutuality: mutualityID, Member: memberID(key)})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range visible {
		names = append(names, p.Name)
	}
	return names
}

// Everybody has a past after the first start, and the same after the second.
func TestThePeopleHaveAPast(t *testing.T) {
	w := alone(t)
	for range 2 {
		if err := w.live(t.Context(), Config{}); err != nil {
			t.Fatal(err)
		}
	}
	ages, err := w.store.Ages(t.Context(), mutualityID)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range core.Kinds() {
		if _, there := ages[kind]; !there && kind != core.KindShipment {
			t.Errorf("nothing of kind %s", kind)
		}
	}
	// Sacha is of age, and nobody asked him yet.
	if got := w.sees(t, "mathieu"); len(got) != 4 || got[0] != "Mathieu Delcourt" {
		t.Errorf("Mathieu sees %q", got)
	}
	if got := w.sees(t, "hanna"); len(got) != 1 {
		t.Errorf("Hanna, who has no booklet of her own, sees %q", got)
	}
}

// What the pages show is there whatever the day on which the demo is started.
func TestThePastOnAnyDay(t *testing.T) {
	w := &world{people: characters(time.Now())}
	for _, until := range []time.Time{day(2026, 11, 21), day(2027, 2, 28), day(2028, 2, 29), day(2026, 12, 31)} {
		rows, err := w.past(until)
		if err != nil {
			t.Fatal(err)
		}
		affiliation := map[string]string{}
		for _, c := range w.people {
			if c.Member != nil {
				affiliation[c.Key] = c.Member.Affiliation
			}
		}
		reached, indemnities, coming := false, 0, 0
		for _, r := range rows[core.KindMaf] {
			m := r.(core.Maf)
			reached = reached || m.Holder == affiliation["lotte"] && m.Year == until.Year()-1 && m.Counted >= m.Ceiling
		}
		for _, r := range rows[core.KindIndemnity] {
			if r.(core.Indemnity).Member == affiliation["grace"] {
				indemnities++
			}
		}
		for _, r := range rows[core.KindAppointment] {
			if a := r.(core.Appointment); a.Member == affiliation["grace"] && a.At.After(until) {
				coming++
			}
		}
		if !reached || indemnities == 0 || coming == 0 {
			t.Errorf("%s: Lotte reached the ceiling: %v; Grace has %d indemnities and %d appointments to come", until.Format(time.DateOnly), reached, indemnities, coming)
		}
	}
}

func BenchmarkPast(b *testing.B) {
	w := &world{people: characters(time.Now())}
	for range b.N {
		if _, err := w.past(day(2026, 11, 21)); err != nil {
			b.Fatal(err)
		}
	}
}
