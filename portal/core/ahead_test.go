package core

import (
	"fmt"
	"testing"
)

// A preview remembers so much and no more; what it does not know any more it does not refuse.
func TestAheadIsBounded(t *testing.T) {
	a := newAhead(3)
	for i := range 3 {
		a.AddMember(fmt.Sprint("A", i))
		a.AddPayment(fmt.Sprint("P", i), ThirdParty, int64(i))
	}
	if a.Member("A9") || !a.Member("A2") || a.Beyond() != 0 {
		t.Errorf("with room: A9 %t, A2 %t, %d beyond", a.Member("A9"), a.Member("A2"), a.Beyond())
	}
	if _, _, held, there := a.Payment("P9"); held || there {
		t.Errorf("with room: P9 held %t, there %t", held, there)
	}
	a.AddPayment("P1", Recovery, -7)
	if kind, cents, held, _ := a.Payment("P1"); kind != Recovery || cents != -7 || !held || a.Beyond() != 0 {
		t.Errorf("P1 as corrected: %s, %d, held %t, %d beyond", kind, cents, held, a.Beyond())
	}
	for i := range 1000 {
		a.AddMember(fmt.Sprint("B", i))
		a.AddPayment(fmt.Sprint("Q", i), Refund, 1)
	}
	if len(a.members) != 3 || len(a.payments) != 3 || a.Beyond() != 2000 {
		t.Errorf("%d members, %d payments, %d beyond", len(a.members), len(a.payments), a.Beyond())
	}
	if _, _, held, there := a.Payment("Q5"); held || !there || !a.Member("B5") {
		t.Errorf("beyond: Q5 held %t, there %t; B5 %t", held, there, a.Member("B5"))
	}
}
