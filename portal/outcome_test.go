package portal

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/portal/orders"
	"guichet.example/signing/document"
)

// A member whose name our fonts cannot show is sent to staff, not told of a failure.
func TestNamesInOtherLettersLeadToStaff(t *testing.T) {
	person := document.Person{Name: "محمد"}
	err := document.BankChange{Reference: "GC", Language: document.FR, Member: person,
		Mutuality: document.Mutuality{Name: "M", Street: "R", Postcode: "4000", City: "L"}}.Validate()
	o := find(fmt.Errorf("the member's own data cannot stand in a document: %w", err))
	if o.status != http.StatusUnprocessableEntity || o.key != "portal.letters" {
		t.Fatalf("outcome of %v is %+v", err, o)
	}
	for _, l := range locale.Languages() {
		if locale.T(l, o.key+".title") == "" || locale.T(l, o.key+".text") == "" {
			t.Errorf("no words in %s", l)
		}
	}
}

// A file that lacks a date of birth, or holds a name too long for its line, leads to staff
// too: trying again in some minutes would not help.
func TestFilesThatNoDocumentHolds(t *testing.T) {
	born := time.Date(1980, 2, 29, 0, 0, 0, 0, time.UTC)
	for key, person := range map[string]document.Person{
		"portal.incomplete": {Name: "Jeanne Delcourt"},
		"portal.overlong":   {Name: strings.Repeat("Wilhelmina ", 12) + "Delcourt", Birth: born},
	} {
		err := document.BankChange{Reference: "GC", Language: document.FR, Member: person,
			Mutuality: document.Mutuality{Name: "M", Street: "R", Postcode: "4000", City: "L"}}.Validate()
		if o := find(fmt.Errorf("drawing: %w", err)); o.status != http.StatusUnprocessableEntity || o.key != key {
			t.Errorf("outcome of %v is %+v", err, o)
		}
	}
	if o := find(fmt.Errorf("reading: %w", orders.ErrNoAddress)); o.status != http.StatusConflict || o.key != "orders.noaddress" {
		t.Errorf("without an address: %+v", o)
	}
}
