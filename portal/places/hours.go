package places

import (
	"strings"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// weekdays are the words of the data, from Monday on.
var weekdays = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// week is when a place is open: spans like "08:30-12:30", by day from Monday on.
type week [7][]string

// weekOf reads "mon 08:30-12:30 13:30-17:00; tue …". What cannot be read is left out.
func weekOf(text string) (w week) {
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		for i, name := range weekdays {
			if len(words) == 0 || words[0] != name {
				continue
			}
			for _, span := range words[1:] {
				if isSpan(span) {
					w[i] = append(w[i], span)
				}
			}
		}
	}
	return w
}

// isSpan accepts "08:30-12:30", the first before the second.
func isSpan(s string) bool {
	from, to, ok := strings.Cut(s, "-")
	_, wrong := time.Parse("15:04", from)
	_, bad := time.Parse("15:04", to)
	return ok && wrong == nil && bad == nil && len(s) == len("08:30-12:30") && from < to
}

// open says whether the place is open at a moment, on a day on which offices work.
func (w week) open(now time.Time, working func(time.Time) bool) bool {
	now = now.In(locale.Zone())
	if !working(now) {
		return false
	}
	at := now.Format("15:04")
	for _, span := range w[(int(now.Weekday())+6)%7] {
		if from, to, _ := strings.Cut(span, "-"); from <= at && at < to {
			return true
		}
	}
	return false
}

// lines are the hours in words, days with the same hours together.
func (w week) lines(v page.View) []string {
	var lines []string
	for i := 0; i < 7; {
		j := i
		for j+1 < 7 && strings.Join(w[j+1], " ") == strings.Join(w[i], " ") {
			j++
		}
		if len(w[i]) > 0 {
			day := v.T("places.day." + weekdays[i])
			if j > i {
				day += " – " + v.T("places.day."+weekdays[j])
			}
			lines = append(lines, day+" "+strings.ReplaceAll(strings.Join(w[i], ", "), "-", "–\u2060"))
		}
		i = j + 1
	}
	return lines
}
