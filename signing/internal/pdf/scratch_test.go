package pdf

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// A hole is as many zeros as it says, whatever its size.
func TestHoled(t *testing.T) {
	for _, size := range []int{1, 7, 8, 9, 100, 16 << 10} {
		want := "kept<< /Contents <" + strings.Repeat("00", size) + "> >>"
		if got := string(Append([]byte("kept"), Holed{Before: Raw("<< /Contents "), Size: size})); got != want {
			t.Errorf("Append(Holed of %d) = %d bytes, want %d", size, len(got), len(want))
		}
	}
}

// Dictionaries and arrays inside each other do not mix up what they hold, also after
// something that could not be read, and a large one leaves nothing behind.
func TestOpenValuesDoNotMix(t *testing.T) {
	w := &work{}
	read := func(text string) (Object, error) {
		return (&reader{src: []byte(text), work: w}).object()
	}
	const nested = "<< /A [1 << /B [2 3] /C << /D 4 >> >> 5] /E [] /F << >> >>"
	first, err := read(nested)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<< /A [1 2 << /B ! >>", "[1 [2 [3", "<< /A 1 /A 2 >>"} {
		open := w.open()
		if o, err := read(bad); err == nil {
			t.Errorf("read(%q) = %v", bad, o)
		}
		w.close(open)
		if again, err := read(nested); err != nil || !reflect.DeepEqual(first, again) {
			t.Errorf("after %q: %v, %v; want %v", bad, again, err, first)
		}
	}
	if w.open() != [2]int{} {
		t.Errorf("%v values are open at the end", w.open())
	}
	if o, err := read("[" + strings.Repeat("0 ", 2*maxKept) + "]"); err != nil || len(o.(Array)) != 2*maxKept || w.elements != nil {
		t.Errorf("large array: %v, room for %d is kept", err, cap(w.elements))
	}
	var keys strings.Builder
	for i := range 2 * maxKept {
		fmt.Fprintf(&keys, "/K%d 0 ", i)
	}
	if o, err := read("<< " + keys.String() + ">>"); err != nil || len(o.(Dict)) != 2*maxKept || w.entries != nil {
		t.Errorf("large dictionary: %v, room for %d is kept", err, cap(w.entries))
	}
}
