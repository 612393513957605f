package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/signin"
)

// refuse records a refusal from a network.
func (b *bed) refuse(source, cause string) {
	b.t.Helper()
	err := b.RecordRefusal(b.t.Context(), signin.Refusal{Mutuality: "141", Method: auth.Card, Cause: cause, Source: source})
	if err != nil {
		b.t.Fatal(err)
	}
}

// refused are the rows of refused sign-ins, as "object: reason".
func (b *bed) refused() []string {
	b.t.Helper()
	var found []string
	for _, e := range b.rows() {
		if e.Action == audit.SignIn && e.Outcome == audit.Refused {
			if e.Actor != "unknown" || e.Mutuality != "141" {
				b.t.Errorf("row %+v", e)
			}
			found = append(found, e.Object+": "+e.Reason)
		}
	}
	return found
}

// testRefusalsBounded: one source that is refused without end leaves a bounded number
// of rows, which tell that it was and how often.
func testRefusalsBounded(t *testing.T, b *bed) {
	const attacker = "203.0.113.7"
	for range 1000 {
		b.refuse(attacker, "refused")
		b.clock.add(100 * time.Millisecond)
	}
	b.refuse(attacker, "timeout")
	b.refuse("198.51.100.1", "cert_expired") // somebody else meanwhile
	rows := b.refused()
	if len(rows) != 22 {
		t.Fatalf("%d rows during the attack, want 20, the mark, and the other member's: %q", len(rows), rows)
	}
	source, _, _ := strings.Cut(rows[0], ": ")
	if !strings.HasPrefix(source, "source/") || strings.Contains(fmt.Sprint(rows), attacker) {
		t.Errorf("the source is %q", source)
	}
	if !strings.HasPrefix(rows[20], source+": refused too often") || rows[21] == source+": cert_expired" || !strings.HasSuffix(rows[21], ": cert_expired") {
		t.Errorf("the last rows are %q", rows[20:])
	}
	if err := b.Sweep(t.Context(), b.clock.Now()); err != nil || len(b.refused()) != 22 {
		t.Errorf("a sweep within the window: %d rows, %v", len(b.refused()), err)
	}
	b.clock.add(10 * time.Minute)
	for range 2 {
		if err := b.Sweep(t.Context(), b.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	rows = b.refused()
	if len(rows) != 23 || rows[22] != source+": 981 more refused: 980 refused, 1 timeout" {
		t.Fatalf("after the window: %q", rows[22:])
	}
	b.refuse(attacker, "refused")
	if rows = b.refused(); len(rows) != 24 || rows[23] != source+": refused" {
		t.Errorf("in the next window: %q", rows[23:])
	}
	// What was counted is written at the close, and where no sweep came between.
	for range 30 {
		b.refuse(attacker, "refused")
	}
	b.clock.add(11 * time.Minute)
	b.refuse(attacker, "refused")
	for range 25 {
		b.refuse(attacker, "refused")
	}
	b.reopen()
	rows = b.refused()
	if len(rows) != 24+19+1+1+20+1+1 || rows[44] != source+": 11 more refused: 11 refused" || rows[len(rows)-1] != source+": 6 more refused: 6 refused" {
		t.Errorf("%d rows, at the window's end %q, at the close %q", len(rows), rows[44], rows[len(rows)-1])
	}
}

// testRefusalsOfMany: sources that are many, or do not say who they are, share a bound.
func testRefusalsOfMany(t *testing.T, b *bed) {
	for i := range 1000 {
		b.refuse(fmt.Sprintf("2001:db8:%x::/64", i), "refused")
	}
	rows := b.refused()
	if len(rows) != 401 || !strings.HasPrefix(rows[400], ": refused too often") {
		t.Fatalf("%d rows, the last %q, want 400 and the mark", len(rows), rows[len(rows)-1])
	}
	b.refuse("", "timeout")
	b.clock.add(10 * time.Minute)
	if err := b.Sweep(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if rows = b.refused(); len(rows) != 402 || rows[401] != ": 601 more refused: 600 refused, 1 timeout" {
		t.Errorf("after the window: %q", rows[401:])
	}
}
