package page

import "github.com/a-h/templ"

// Draw is the picture as a component.
func (p Picture) Draw() templ.Component { return nothing }
