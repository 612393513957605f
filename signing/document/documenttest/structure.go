package documenttest

import "regexp"

// standard are the structure types our documents use (ISO 32000-1, 14.8.4).
var standard = map[any]bool{"/Document": true, "/Sect": true, "/H1": true, "/P": true, "/Table": true, "/TR": true, "/TH": true, "/TD": true, "/Form": true}

var languageTag = regexp.MustCompile(`^[a-z]{2}(-[A-Z]{2})?$`)

// structure: 6.7.2 to 6.7.4.
func structure(f *file, fail failure) {
	if f.dict(f.root["/MarkInfo"])["/Marked"] != true {
		fail("document is not marked")
	}
	if l := f.text(f.root["/Lang"]); !languageTag.MatchString(l) {
		fail("document language is %q", l)
	}
	root := f.dict(f.root["/StructTreeRoot"])
	if root["/Type"] != "/StructTreeRoot" {
		fail("no structure tree")
		return
	}
	headings := 0
	var walk func(ref, parent any, depth int)
	walk = func(ref, parent any, depth int) {
		e := f.dict(ref)
		if !standard[e["/S"]] {
			fail("%v has type %v", ref, e["/S"])
		}
		if depth > 10 {
			fail("%v lies too deep", ref)
			return
		}
		if e["/P"] != parent {
			fail("%v names another parent", ref)
		}
		nested(f, ref, e, f.dict(parent), fail)
		if e["/S"] == "/H1" {
			headings++
		}
		for _, kid := range f.array(e["/K"]) {
			if _, isReference := kid.(string); isReference {
				walk(kid, ref, depth+1)
			}
		}
	}
	walk(root["/K"], f.root["/StructTreeRoot"], 0)
	if headings != 1 {
		fail("%d headings of level 1", headings)
	}
}

// nested checks that the parts of a table lie where they belong, and that a header
// cell says what it heads.
func nested(f *file, ref any, e, parent dict, fail failure) {
	wants := map[any]any{"/TR": "/Table", "/TH": "/TR", "/TD": "/TR"}
	if want, ok := wants[e["/S"]]; ok && parent["/S"] != want {
		fail("%v is a %v in a %v", ref, e["/S"], parent["/S"])
	}
	if a := f.dict(e["/A"]); e["/S"] == "/TH" && (a["/O"] != "/Table" || a["/Scope"] != "/Row") {
		fail("%v is a header cell without scope", ref)
	}
}

// reading: ISO 14289-1, 7.1 and 7.18.3.
func reading(f *file, fail failure) {
	if f.dict(f.root["/ViewerPreferences"])["/DisplayDocTitle"] != true {
		fail("the window would not show the title")
	}
	for _, p := range f.pages() {
		if f.dict(p)["/Tabs"] != "/S" {
			fail("page %s has no tab order by structure", p)
		}
	}
}
