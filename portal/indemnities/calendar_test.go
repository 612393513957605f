package indemnities

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func event() Event {
	return Event{
		Key: "tilleuls id", Stamp: time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC), Start: time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), Length: time.Hour,
		Summary: "Rendez-vous Mutualité des Tilleuls", Location: "Maison de la santé, Rue du Pont 1; 4000 Liège",
		Description: "À apporter : carte d’identité, rapports de votre médecin, radios et images, liste de vos médicaments",
	}
}

// unfolded is the text as a calendar reads it (RFC 5545, Section 3.1).
func unfolded(file []byte) string { return strings.ReplaceAll(string(file), "\r\n ", "") }

func TestCalendarFile(t *testing.T) {
	file := event().Calendar()
	text := unfolded(file)
	for _, want := range []string{
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "\r\nDTSTAMP:20261120T130800Z\r\n",
		// The night on which summer time ends: an hour is an hour.
		"\r\nDTSTART:20261025T003000Z\r\nDTEND:20261025T013000Z\r\n",
		`LOCATION:Maison de la santé\, Rue du Pont 1\; 4000 Liège`, "\r\nSTATUS:CONFIRMED\r\n", "BEGIN:VALARM", "\r\nCLASS:PRIVATE\r\n",
		"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "tilleuls id") {
		t.Error("the key is in the file")
	}
	other := event()
	other.Key = "tilleuls another"
	if uid := func(s string) string { _, after, _ := strings.Cut(s, "UID:"); return after[:32] }; uid(text) == uid(unfolded(other.Calendar())) || uid(text) != uid(unfolded(event().Calendar())) {
		t.Error("the same appointment has another UID, or another one the same")
	}
}

func TestCalendarOfACancelledAppointment(t *testing.T) {
	e := event()
	e.Cancelled, e.Sequence = true, 2
	if text := unfolded(e.Calendar()); !strings.Contains(text, "STATUS:CANCELLED") || !strings.Contains(text, "SEQUENCE:2") || strings.Contains(text, "VALARM") {
		t.Error(text)
	}
}

// Nothing in a text ends its line or begins another property.
func TestCalendarOfHostileText(t *testing.T) {
	e := event()
	e.Location = "Liège\r\nATTENDEE:mailto:x@example.org\nBEGIN:VALARM\\;,\u202e\x00\xff"
	text := unfolded(e.Calendar())
	if strings.Contains(text, "\r\nATTENDEE") || strings.Count(text, "\r\nBEGIN:VALARM") != 1 || strings.ContainsAny(text, "\u202e\x00") || strings.Contains(text, "\xff") {
		t.Errorf("%q", text)
	}
}

func FuzzCalendar(f *testing.F) {
	f.Add("Rendez-vous", "Liège, Rue 1")
	f.Add(strings.Repeat("é", 200), "\r\nX:1")
	f.Add("\xff\xfe", strings.Repeat("𝔖", 80))
	f.Fuzz(func(t *testing.T, summary, location string) {
		e := event()
		e.Summary, e.Location = summary, location
		file := string(e.Calendar())
		if !utf8.ValidString(file) || !strings.HasSuffix(file, "\r\n") {
			t.Fatalf("%q", file)
		}
		for _, line := range strings.Split(strings.TrimSuffix(file, "\r\n"), "\r\n") {
			if len(line) > maxLine || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
				t.Fatalf("line %q", line)
			}
		}
		if n := len(strings.Split(strings.TrimSuffix(unfolded([]byte(file)), "\r\n"), "\r\n")); n != 23 {
			t.Fatalf("%d lines", n)
		}
	})
}
