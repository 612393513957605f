package help

import (
	"strconv"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// shape is a part of the drawing of a page, in the units of its frame.
type shape struct {
	kind       shapeKind
	x, y, w, h int
}

// shapeKind is what a shape stands for.
type shapeKind string

const (
	word   shapeKind = "word"   // a line of text
	field  shapeKind = "field"  // to write in, or a box with content
	button shapeKind = "button" // to press, or what is chosen
)

// zone is a part of the page that the legend explains: a band with its number beside it.
type zone struct {
	x, y, w, h int
	right      bool // the number stands at the right
}

// drawing is a page with its numbered zones. The zones are in the order of their numbers,
// whose texts are guide.<tour>.zone.<n>.
type drawing struct {
	height int
	menu   int // which entry of the menu is current, from 1; 0: no menu
	zones  []zone
	shapes []shape
}

// Measures of the frame: the drawing is 360 wide, the page in it 264, the rest is for the
// numbers.
const (
	frameLeft, frameWidth = 48, 264
	contentTop            = 62
	numberLeft            = 24
	numberRight           = 336
)

// drawings are the pages of the guide, by tour.
var drawings = map[string]drawing{
	"sign-in": {height: 220, zones: []zone{
		{x: 60, y: 84, w: 116, h: 86}, {x: 184, y: 84, w: 116, h: 86, right: true}, {x: 60, y: 178, w: 240, h: 30}},
		shapes: []shape{{word, 64, 66, 120, 8},
			{field, 66, 90, 104, 74}, {word, 78, 102, 60, 6}, {word, 78, 116, 76, 4}, {word, 78, 126, 70, 4}, {button, 78, 140, 56, 16},
			{field, 190, 90, 104, 74}, {word, 202, 102, 60, 6}, {word, 202, 116, 76, 4}, {word, 202, 126, 70, 4}, {field, 202, 140, 56, 16},
			{word, 68, 186, 100, 4}, {word, 68, 198, 80, 4}}},
	"refunds": {height: 282, menu: 3, zones: []zone{
		{x: 60, y: 80, w: 240, h: 46}, {x: 60, y: 132, w: 240, h: 28}, {x: 60, y: 166, w: 240, h: 66}, {x: 60, y: 238, w: 240, h: 32}},
		shapes: []shape{{word, 64, 66, 110, 8},
			{button, 68, 86, 56, 14}, {field, 130, 86, 78, 14}, {field, 68, 106, 44, 14}, {field, 118, 106, 44, 14}, {button, 168, 106, 52, 14},
			{word, 68, 138, 30, 4}, {word, 68, 148, 48, 6}, {word, 140, 138, 40, 4}, {word, 140, 148, 48, 6},
			{field, 68, 176, 10, 10}, {word, 86, 178, 70, 6}, {word, 180, 178, 40, 4}, {word, 256, 178, 36, 6},
			{field, 68, 196, 10, 10}, {word, 86, 198, 70, 6}, {word, 180, 198, 40, 4}, {word, 256, 198, 36, 6},
			{field, 68, 216, 10, 10}, {word, 86, 218, 70, 6}, {word, 180, 218, 40, 4}, {word, 256, 218, 36, 6},
			{button, 68, 246, 70, 16}, {word, 156, 250, 60, 4}, {word, 156, 258, 50, 4}}},
	"order": {height: 252, menu: 5, zones: []zone{
		{x: 60, y: 80, w: 150, h: 56}, {x: 60, y: 142, w: 150, h: 58}, {x: 218, y: 80, w: 82, h: 56, right: true}, {x: 60, y: 206, w: 150, h: 32}},
		shapes: []shape{{word, 64, 66, 110, 8},
			{word, 68, 88, 50, 5}, {field, 68, 100, 10, 10}, {word, 86, 103, 70, 4}, {field, 68, 118, 10, 10}, {word, 86, 121, 60, 4},
			{word, 68, 150, 70, 5}, {field, 68, 160, 22, 14}, {field, 96, 160, 22, 14}, {field, 124, 160, 36, 14}, {field, 68, 180, 100, 14},
			{word, 226, 88, 50, 5}, {word, 226, 102, 60, 4}, {word, 226, 112, 64, 4}, {word, 226, 122, 50, 4},
			{button, 68, 214, 70, 16}}},
	"message": {height: 272, menu: 5, zones: []zone{
		{x: 60, y: 80, w: 150, h: 24}, {x: 60, y: 110, w: 150, h: 82}, {x: 218, y: 80, w: 82, h: 112, right: true}, {x: 60, y: 198, w: 150, h: 60}},
		shapes: []shape{{word, 64, 66, 90, 8}, {button, 68, 86, 60, 12},
			{word, 68, 118, 60, 5}, {word, 68, 130, 100, 4}, {field, 68, 140, 120, 26}, {button, 68, 172, 64, 14},
			{word, 238, 92, 48, 4}, {word, 238, 116, 44, 4}, {word, 238, 140, 50, 4}, {word, 238, 164, 40, 4},
			{field, 226, 89, 8, 8}, {field, 226, 113, 8, 8}, {field, 226, 137, 8, 8}, {button, 226, 161, 8, 8},
			{field, 68, 206, 134, 44}, {word, 76, 214, 30, 4}, {word, 120, 214, 60, 4}, {word, 76, 226, 30, 4}, {word, 120, 226, 70, 4}, {word, 76, 238, 30, 4}, {word, 120, 238, 50, 4}}},
	"documents": {height: 258, menu: 4, zones: []zone{
		{x: 60, y: 80, w: 240, h: 44}, {x: 60, y: 130, w: 240, h: 46}, {x: 60, y: 184, w: 136, h: 60}, {x: 204, y: 184, w: 96, h: 60, right: true}},
		shapes: []shape{{word, 64, 66, 90, 8},
			{word, 68, 88, 80, 4}, {field, 68, 98, 110, 16}, {button, 188, 98, 50, 16},
			{field, 68, 136, 36, 14}, {button, 110, 136, 72, 14}, {field, 188, 136, 60, 14}, {button, 68, 156, 72, 14}, {field, 146, 156, 30, 14}, {field, 182, 156, 30, 14},
			{word, 68, 196, 80, 6}, {word, 68, 206, 60, 4}, {button, 156, 194, 34, 12}, {word, 212, 198, 60, 5},
			{word, 68, 222, 80, 6}, {word, 68, 232, 60, 4}, {button, 156, 220, 34, 12}, {word, 212, 224, 60, 5}}},
}

// number is where the number of a zone stands: in the margin, at the zone's middle.
func (z zone) number() (x, y int) {
	if z.right {
		return numberRight, z.y + z.h/2
	}
	return numberLeft, z.y + z.h/2
}

// edge is the side of the zone from which a line leads to its number.
func (z zone) edge() int {
	if z.right {
		return z.x + z.w
	}
	return z.x
}

// menuItems are the entries of the menu, as lines; the current one is underlined.
func (d drawing) menuItems() []shape {
	var items []shape
	for i := range 5 {
		if d.menu == 0 {
			break
		}
		items = append(items, shape{word, 60 + i*48, 38, 34, 4})
		if i+1 == d.menu {
			items = append(items, shape{word, 60 + i*48, 46, 34, 3})
		}
	}
	return items
}

// drawn names the drawing for who does not see it: the legend under it says the same.
func drawn(v page.View, t tour) string {
	return v.T("guide.drawing", locale.A("page", v.T("guide."+t.name)), locale.A("n", len(drawings[t.name].zones)))
}

func pixels(n int) string { return strconv.Itoa(n) }
