package page

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Icon names a drawing of 24 by 24 (icons.go). Icons stand beside words and are
// hidden from screen readers.
type Icon string

// markup is HTML that is ready: drawn once when the program starts.
type markup string

// Render writes it as it is.
func (m markup) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(m))
	return err
}

// Draw is the icon as a component; an unknown or empty name draws nothing.
func (i Icon) Draw() templ.Component {
	if drawn, ok := icons[i]; ok {
		return drawn
	}
	return nothing
}

func orIcon(i, otherwise Icon) Icon {
	if i == "" {
		return otherwise
	}
	return i
}
