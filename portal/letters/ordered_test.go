package letters_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"guichet.example/portal/letters"
	"guichet.example/signing/document"
)

// The letter that goes with an order names everybody whom it is for, whatever else it says.
func TestOrderedNamesEverybody(t *testing.T) {
	departure := time.Date(2027, 2, 3, 0, 0, 0, 0, time.UTC)
	for _, n := range []int{1, 2, 4, 8, 20} {
		var persons []string
		for i := range n {
			persons = append(persons, fmt.Sprintf("Nora Delcourt %d", i))
		}
		act := document.EHICOrder{Reference: "GC-2026-4K7P-118", Language: document.FR,
			Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai 1", Postcode: "4020", City: "Liège"},
			Member:    document.Person{Name: "Mathieu Delcourt", Birth: departure.AddDate(-40, 0, 0), Affiliation: "0412-77-318"},
			Date:      departure, ForPersons: persons, DeliverTo: []string{"Mathieu Delcourt", strings.Repeat("Rue", 30), "4000 Liège"},
			Departure: &departure, Country: "Italie"}
		if err := act.Validate(); err != nil {
			t.Fatal(err)
		}
		rows := letters.Ordered(act.Sheet(), act.ForPersons, act.DeliverTo)
		text := fmt.Sprint(rows)
		for _, want := range append(persons[:min(n, 16)], "Italie", "3 février 2027") {
			if !strings.Contains(text, want) {
				t.Errorf("for %d: no %q in %v", n, want, rows)
			}
		}
		for _, no := range []string{"0412-77-318", "RueRue", "Mathieu"} {
			if strings.Contains(text, no) {
				t.Errorf("for %d: %q in %v", n, no, rows)
			}
		}
		if len(rows) > 6 {
			t.Errorf("for %d: %d lines", n, len(rows))
		}
		for _, r := range rows {
			if utf8.RuneCountInString(r.Value) > 100 || r.Label == "" {
				t.Errorf("for %d: a line %q of %d", n, r.Value, len(r.Value))
			}
		}
	}
}
