package letters_test

import (
	"testing"
	"time"

	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
)

// A letter is on its way from the request to the day that was told, weekends and
// holidays counted as the member's calendar counts them.
func TestBounds(t *testing.T) {
	for _, row := range []struct{ now, first string }{
		{"2026-11-20T10:00", "2026-11-17"}, // a Friday: asked on Tuesday, told Friday
		{"2026-11-25T10:00", "2026-11-20"}, // a Wednesday: asked on Friday, told Wednesday
		{"2026-11-22T10:00", "2026-11-18"}, // a Sunday: asked on Wednesday, told Monday
		{"2026-05-04T10:00", "2026-04-28"}, // a Monday after the first of May: asked on Tuesday
		{"2026-11-20T23:30", "2026-11-17"},
	} {
		now, err := time.ParseInLocation("2006-01-02T15:04", row.now, locale.Zone())
		if err != nil {
			t.Fatal(err)
		}
		b := letters.House{}.Bounds(now.UTC())
		if got := b.OnItsWay.In(locale.Zone()).Format("2006-01-02T15:04"); got != row.first+"T00:00" {
			t.Errorf("at %s a letter is on its way since %s, want %s", row.now, got, row.first)
		}
		if b.Most != letters.MostLetters || now.Sub(b.Since) != letters.LetterSpan {
			t.Errorf("at %s: %d letters since %s", row.now, b.Most, b.Since)
		}
	}
}
