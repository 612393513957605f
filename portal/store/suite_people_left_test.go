package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/people"
)

// during writes since when, and until when, a person is on claire's booklet; empty: open.
func (h *booklet) during(person auth.Login, since, until string) {
	h.t.Helper()
	text := func(day string) string {
		if day == "" {
			return "NULL"
		}
		return "'" + day + "'"
	}
	h.act(fmt.Sprintf(`UPDATE households SET since = %s, until = %s WHERE person = '%s'`, text(since), text(until), person.Member))
}

// What a person allowed ends when she leaves the booklet: coming back to it opens nothing,
// however the row came and went, until she allows it again.
func testLeftAndBack(t *testing.T, b *bed) {
	for name, back := range map[string]func(h *booklet, person auth.Login){
		"a new row, the old one never seen to end": func(h *booklet, p auth.Login) {
			h.clock.add(100 * 24 * time.Hour)
			h.during(p, "2027-02-20", "")
		},
		"the end seen, and taken back": func(h *booklet, p auth.Login) {
			h.during(p, "2020-01-01", "2026-11-30")
			h.clock.add(20 * 24 * time.Hour)
			h.wantSees("gone", h.claire, "Claire")
			h.ageAll(rules)
			h.during(p, "2020-01-01", "")
		},
		"the row taken away, and put back": func(h *booklet, p auth.Login) {
			h.act(fmt.Sprintf(`DELETE FROM households WHERE person = '%s'`, p.Member))
			h.ageAll(rules)
			h.put(h.claire, p, core.RoleChild)
		},
	} {
		h := &booklet{bed: newBed(t, b.open)}
		nora := h.add("Nora", "2006-05-01", core.RoleChild)
		h.during(nora, "2020-01-01", "")
		if err := h.AnswerAccess(t.Context(), nora, h.claire.Member, true, rules); err != nil {
			t.Fatal(err)
		}
		h.ageAll(rules)
		h.wantSees(name+": allowed", h.claire, "Claire", "Nora")
		told := len(h.audited(audit.ChangeAccess))
		back(h, nora)
		h.ageAll(rules)
		h.wantSees(name+": back", h.claire, "Claire")
		if a := h.access(nora); a.State != people.Stopped {
			t.Errorf("%s: she is told %+v", name, a)
		}
		house, err := h.Household(t.Context(), h.claire)
		if err != nil || len(house.Persons) != 1 || house.Persons[0].Seen || !house.Persons[0].Birth.IsZero() {
			t.Errorf("%s: the holder is told %+v, %v", name, house.Persons, err)
		}
		ines := h.ines()
		opening, err := h.OpenFile(t.Context(), ines, nora.Member, visit)
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.FileAccess(t.Context(), ines, opening)
		if err != nil || len(list) != 1 || list[0].Seen || list[0].State != people.Stopped {
			t.Errorf("%s: the file says %+v, %v", name, list, err)
		}
		if got := h.audited(audit.ChangeAccess); name != "a new row, the old one never seen to end" &&
			!slices.Equal(got[told:], []string{"done holder/" + string(h.claire.Member) + " stopped left"}) {
			t.Errorf("%s: audit rows %q", name, got)
		}
		if err := h.AnswerAccess(t.Context(), nora, h.claire.Member, true, rules); err != nil {
			t.Fatal(err)
		}
		h.wantSees(name+": allowed again", h.claire, "Claire", "Nora")
		if n := h.ageAll(rules); n != 0 {
			t.Errorf("%s: %d decided once all is", name, n)
		}
	}

	// Silence keeps nothing for a holder whose booklet she is no longer on; a block of hers
	// outlives her absence.
	h := &booklet{bed: newBed(t, b.open)}
	nora := h.add("Nora", "2008-11-20", core.RoleChild)
	emma := h.add("Emma", "2006-05-01", core.RoleChild)
	h.decide(emma, people.Blocked)
	keep := rules
	keep.Silence = people.Kept
	h.ageAll(keep)
	for _, p := range []auth.Login{nora, emma} {
		h.during(p, "", "2026-11-25")
	}
	h.clock.add(40 * 24 * time.Hour)
	h.ageAll(keep)
	for _, p := range []auth.Login{nora, emma} {
		h.during(p, "", "")
	}
	h.ageAll(keep)
	h.wantSees("silence while she was away", h.claire, "Claire")
	if a := h.access(emma); a.State != people.Blocked {
		t.Errorf("a block: %+v", a)
	}
}
