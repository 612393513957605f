package main

import "testing"

// Connections leave open files to the database and to what is asked of other services.
func TestRoomForConnections(t *testing.T) {
	for _, test := range []struct {
		asked, files, most int
		asAsked            bool
	}{
		{0, 524_288, 4096, true},
		{0, 1024, 768, true},
		{0, 64, 32, false},
		{0, 1, 1, false},
		{2000, 1024, 768, false},
		{500, 1024, 500, true},
		{16, 64, 16, true},
		{100_000, 524_288, 100_000, true},
	} {
		if most, asAsked := roomWithin(test.asked, test.files); most != test.most || asAsked != test.asAsked {
			t.Errorf("%d asked of %d files: %d, %t, want %d, %t", test.asked, test.files, most, asAsked, test.most, test.asAsked)
		}
	}
}
