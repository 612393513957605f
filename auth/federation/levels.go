package federation

import (
	"fmt"
	"strconv"
	"strings"
)

// The class references of FAS. Two spellings of each level live side by side; answers
// are read in both.
const (
	LevelPrefix        = "urn:be:fedict:iam:fas:Level"         // the older spelling
	CitizenLevelPrefix = "urn:be:fedict:iam:fas:citizen:Level" // in the context of a citizen
)

// The acr values of itsme.
const (
	ItsmeBasic    = "http://itsme.services/v2/claim/acr_basic"    // fingerprint or code
	ItsmeAdvanced = "http://itsme.services/v2/claim/acr_advanced" // code
)

// levels are the CSAM levels, weakest first.
var levels = [...]int{100, 200, 300, 350, 400, 450, 500}

// Known reports whether level is one of CSAM's.
func Known(level int) bool {
	for _, l := range levels {
		if l == level {
			return true
		}
	}
	return false
}

// OlderRef and CitizenRef spell a level for a question. The level is one of CSAM's.
func OlderRef(level int) string { return LevelPrefix + strconv.Itoa(level) }

// CitizenRef spells a level as FAS does in the context of a citizen.
func CitizenRef(level int) string { return CitizenLevelPrefix + strconv.Itoa(level) }

// Levels is the table from what an answer says (AuthnContextClassRef, acr) to a CSAM
// level. A text is compared whole: nothing is looked for inside it, nothing is trimmed,
// no case is folded. The zero value knows FAS and itsme. It is read-only and safe for
// concurrent use.
type Levels struct{ extra map[string]int }

// maxExtra bounds the configured rows of a table.
const maxExtra = 32

// NewLevels returns a table with further rows, from settings: the exact text and its
// CSAM level. A row for a text of FAS is refused, for its number says what it is worth;
// so is a text that is empty, longer than MaxText, or not printable ASCII.
func NewLevels(extra map[string]int) (Levels, error) {
	if len(extra) > maxExtra {
		return Levels{}, fmt.Errorf("%d rows of levels, at most %d", len(extra), maxExtra)
	}
	rows := make(map[string]int, len(extra))
	for ref, level := range extra {
		switch {
		case !printable(ref):
			return Levels{}, fmt.Errorf("level of %.60q: not 1 to %d printable characters", ref, MaxText)
		case !Known(level):
			return Levels{}, fmt.Errorf("level of %.60q: %d is no CSAM level", ref, level)
		case strings.HasPrefix(ref, "urn:be:fedict:iam:fas:"):
			return Levels{}, fmt.Errorf("level of %.60q: cannot be set, FAS's table is fixed", ref)
		}
		rows[ref] = level
	}
	return Levels{extra: rows}, nil
}

// Of returns the level that a text stands for; false if it is not in the table.
//
// itsme answers with the way the member confirmed. The code, which it has forced, is
// its notified means at level high and CSAM's 450. The fingerprint is compared by the
// telephone alone: 400, unless a configured row says otherwise.
func (t Levels) Of(ref string) (level int, ok bool) {
	if level, ok := t.extra[ref]; ok {
		return level, true
	}
	switch ref {
	case ItsmeBasic:
		return 400, true
	case ItsmeAdvanced:
		return 450, true
	}
	for _, prefix := range []string{CitizenLevelPrefix, LevelPrefix} {
		if digits, ok := strings.CutPrefix(ref, prefix); ok && len(digits) == 3 {
			level, err := strconv.ParseUint(digits, 10, 16)
			if err != nil || !Known(int(level)) {
				return 0, false
			}
			return int(level), true
		}
	}
	return 0, false
}

// Check returns the level of ref if it is at least asked, or a LevelError.
func (t Levels) Check(ref string, asked int) (int, error) {
	level, ok := t.Of(ref)
	if !ok {
		return 0, LevelError{Have: 0, Asked: asked}
	}
	if level < asked {
		return 0, LevelError{Have: level, Asked: asked}
	}
	return level, nil
}

// printable reports whether s is 1 to MaxText characters of printable ASCII without blanks.
func printable(s string) bool {
	if s == "" || len(s) > MaxText {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
