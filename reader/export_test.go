package reader

import (
	"os"
	"testing"

	"guichet.example/reader/softcard"
)

// GoodPIN is the PIN of the world's cards.
const GoodPIN = goodPIN

// CopyDesk is a desk with the cards of the world, none inserted and no module open.
func CopyDesk(t testing.TB) *softcard.Desk {
	t.Helper()
	theWorld(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(worldDir)); err != nil {
		t.Fatal(err)
	}
	d, err := softcard.NewDesk(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
