package timeid

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// An id is what it always was: it is a key in databases and the name of objects.
func TestNewIsStable(t *testing.T) {
	id, err := New(time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC), bytes.NewReader(make([]byte, 10)))
	if want := "06gzj4hbg00000000000000000"; err != nil || id != want {
		t.Errorf("New = %q, %v, want %q", id, err, want)
	}
}

// Whatever is drawn, a later millisecond sorts later, and the id says which it was.
func TestIDsSortByTime(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-z]{26}$`)
	var ids []string
	for i := range 50 {
		at := noon.Add(time.Duration(i) * time.Millisecond)
		id, err := New(at, bytes.NewReader(bytes.Repeat([]byte{byte(200 - i)}, 10)))
		if err != nil || !form.MatchString(id) || !Time(id).Equal(at) {
			t.Errorf("New = %q of %v, %v", id, Time(id), err)
		}
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) {
		t.Errorf("ids do not sort by time: %v", ids[:3])
	}
}

func TestNewNeedsARandomSource(t *testing.T) {
	if id, err := New(noon, bytes.NewReader(make([]byte, 9))); !errors.Is(err, io.ErrUnexpectedEOF) || id != "" {
		t.Errorf("New = %q, %v", id, err)
	}
}

func TestTimeOfWhatIsNoID(t *testing.T) {
	for _, id := range []string{"", "06h06w9k", strings.Repeat("u", 26), strings.Repeat("0", 27), strings.Repeat("A", 26)} {
		if at := Time(id); !at.IsZero() {
			t.Errorf("Time(%q) = %v", id, at)
		}
	}
}
