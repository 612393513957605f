package portal

import (
	"fmt"
	"net/http"
	"testing"

	"guichet.example/portal/locale"
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
