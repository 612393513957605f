package check

import "testing"

func TestReferenceIsForgiven(t *testing.T) {
	for in, want := range map[string]string{
		"GC-2026-4K7P-118": "GC-2026-4K7P-118", " gc 2026  4k7p 118 ": "GC-2026-4K7P-118", "gc\u20112026\u20134k7p-\u00a0118": "GC-2026-4K7P-118",
		"": "", " - ": "", "GC/2026.1": "GC/2026.1",
	} {
		if got := reference(in); got != want {
			t.Errorf("reference(%q) = %q, want %q", in, got, want)
		}
	}
}
