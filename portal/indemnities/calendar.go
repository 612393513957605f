package indemnities

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"
)

// Event is an appointment as a calendar file has it (RFC 5545). It says where to be and
// when, in words that tell nothing of health: calendars are shared.
type Event struct {
	Key         string // what makes it the same one again: only its hash is in the file
	Stamp       time.Time
	Start       time.Time
	Length      time.Duration
	Summary     string
	Location    string
	Description string
	Cancelled   bool
	Sequence    int // grows when the same event is delivered changed
}

// Calendar writes the event as text/calendar: CRLF at the end of each line, none longer
// than 75 octets (Section 3.1), text escaped (Section 3.3.11). Times are UTC, so that no
// change to summer time moves them.
func (e Event) Calendar() []byte {
	status := "CONFIRMED"
	if e.Cancelled {
		status = "CANCELLED"
	}
	sum := sha256.Sum256([]byte(e.Key))
	var b strings.Builder
	for _, line := range []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Guichet//Counter//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
		"BEGIN:VEVENT",
		"UID:" + hex.EncodeToString(sum[:16]) + "@guichet",
		"DTSTAMP:" + instant(e.Stamp), "DTSTART:" + instant(e.Start), "DTEND:" + instant(e.Start.Add(e.Length)),
		"SEQUENCE:" + string(rune('0'+min(max(e.Sequence, 0), 9))), "STATUS:" + status,
		"SUMMARY:" + escaped(e.Summary), "LOCATION:" + escaped(e.Location), "DESCRIPTION:" + escaped(e.Description),
		"CLASS:PRIVATE",
	} {
		fold(&b, line)
	}
	if !e.Cancelled {
		for _, line := range []string{"BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P1D", "DESCRIPTION:" + escaped(e.Summary), "END:VALARM"} {
			fold(&b, line)
		}
	}
	fold(&b, "END:VEVENT")
	fold(&b, "END:VCALENDAR")
	return []byte(b.String())
}

func instant(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// escaped is text as a value: no line ends, no separators; what hides or turns text
// around is left out.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f || r == utf8.RuneError || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// maxLine is how many octets a line may have, without its end.
const maxLine = 75

// fold writes a line in pieces of at most 75 octets, each but the first after a space,
// and none cut inside a character.
func fold(b *strings.Builder, line string) {
	room := maxLine
	for len(line) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], maxLine-1
	}
	b.WriteString(line + "\r\n")
}
