package store

import (
	"strings"
	"testing"
)

// TestObject: what a member types into the address bar does not reach the trail if it
// may be a number of hers.
func TestObject(t *testing.T) {
	for _, tt := range []struct{ id, want string }{
		{"85073003328", "request"},
		{"850730-033-28", "request"},
		{"BE68539007547034", "request"},
		{"be68539007547034", "request"},
		{"MT84MALT011000012345MTLCAST001S", "request"},
		{"85.07.30-033.28", "request"},
		{"850730-033-28-" + strings.Repeat("1", 39), "request"},
		{strings.Repeat("1", 26) + "-BE68539007547034000000000", "request"},
		{"nothing", "request/nothing"},
		{"06h02rd9v26mjznctw7qpgh4yw", "request/06h02rd9v26mjznctw7qpgh4yw"},
		{"0123456789012345678901234z", "request/0123456789012345678901234z"},
		{"06h02rd9v26mjznctw7qpgh4yw-06h02rd9v26mjznctw7qpgh4yx", "request/06h02rd9v26mjznctw7qpgh4yw-06h02rd9v26mjznctw7qpgh4yx"},
	} {
		if got := object("request", tt.id); got != tt.want {
			t.Errorf("object(%q) = %q, want %q", tt.id, got, tt.want)
		}
	}
}
