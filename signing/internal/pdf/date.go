package pdf

import (
	"strings"
	"time"
)

// ParseDate reads a date string with at least year, month, day, hour, minute and zone
// (ISO 32000-1, 7.9.4): D:YYYYMMDDHHmm[SS](Z|+HH'mm'|-HH'mm'), last apostrophe optional.
func ParseDate(o Object) (time.Time, bool) {
	s, ok := o.(String)
	if !ok || len(s) > 30 {
		return time.Time{}, false
	}
	text, found := strings.CutPrefix(string(s), "D:")
	if !found {
		return time.Time{}, false
	}
	i := strings.IndexAny(text, "Z+-")
	if i < 0 {
		return time.Time{}, false
	}
	zone := strings.ReplaceAll(text[i:], "'", "")
	if zone == "Z0000" || zone == "Z00" {
		zone = "Z"
	}
	if len(zone) == 3 {
		zone += "00"
	}
	for _, layout := range []string{"20060102150405Z0700", "200601021504Z0700"} {
		if t, err := time.Parse(layout, text[:i]+zone); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
