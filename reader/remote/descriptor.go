package remote

import (
	"context"
	"os"

	"guichet.example/reader"
	"guichet.example/reader/typed"
)

// descriptorPIN reads the PIN once. A wrong one is not asked for again: whoever hands
// it over has no other.
type descriptorPIN struct{ file *os.File }

func (d descriptorPIN) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	if ask.Retry {
		return nil, reader.PINError{Tries: ask.TriesLeft}
	}
	return typed.Line(ctx, d.file)
}
