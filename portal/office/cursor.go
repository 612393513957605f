package office

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Cursor is where a page of the queue ends: the item's deadline and its id. Cursors sort
// as the queue does.
func Cursor(i Item) string { return fmt.Sprintf("%017d.%s", i.Deadline.UnixMicro(), i.ID) }

// ParseCursor reads what Cursor wrote; ok is false for anything else.
func ParseCursor(s string) (deadline time.Time, id string, ok bool) {
	at, id, ok := strings.Cut(s, ".")
	us, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || len(at) != 17 || us < 0 || len(id) > 64 {
		return time.Time{}, "", false
	}
	return time.UnixMicro(us).UTC(), id, true
}
