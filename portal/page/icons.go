package page

import "github.com/a-h/templ"

var icons = map[Icon]templ.Component{}
