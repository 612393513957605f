package remote

import (
	"context"

	"guichet.example/reader"
	"guichet.example/reader/typed"
)

// terminalPIN asks on the controlling terminal, this process's and its parent's alike.
type terminalPIN struct{}

func (terminalPIN) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	line, err := typed.AtTerminal(ctx, prompt(ask), last.add)
	if err == nil && len(line) == 0 {
		return nil, reader.ErrCancelled // an empty line is how one gives up
	}
	return line, err
}
