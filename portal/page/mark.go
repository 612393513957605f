package page

import (
	"strconv"

	"github.com/a-h/templ"
)

func orIcon(i, otherwise Icon) Icon {
	if i == "" {
		return otherwise
	}
	return i
}

// width is the step of the column's width, "" for the browser's choice.
func (c Column) width() string {
	if c.Width <= 0 {
		return ""
	}
	return strconv.Itoa(min(max(c.Width/5*5, 10), 50))
}

func (t Table) end(i int) bool { return i < len(t.Columns) && t.Columns[i].End }

func (s TrackState) mark() templ.Component {
	switch s {
	case Done:
		return Icon("tick").Draw()
	case Now:
		return Icon("dot").Draw()
	}
	return Icon("ring").Draw()
}

// key is the idempotency key of the form: the one that came, or a new one.
func (v View) key() string {
	if v.Key == "" {
		return newKey()
	}
	return v.Key
}

func (f Field) optional(v View) string {
	if !f.Optional {
		return ""
	}
	return " " + v.T("page.optional")
}

func (f Field) autocomplete() string {
	if f.Autocomplete == "" {
		return "off"
	}
	return f.Autocomplete
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// value is what was typed, except a secret.
func (f Field) value() string {
	if f.Type == "password" {
		return ""
	}
	return f.Value
}
