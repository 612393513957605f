package documenttest

import (
	"regexp"
	"strings"
)

// standard are the structure types our documents use (ISO 32000-1, 14.8.4).
var standard = map[any]bool{
	"/Document": true, "/Sect": true, "/H1": true, "/H2": true, "/H3": true, "/P": true, "/Figure": true,
	"/Table": true, "/THead": true, "/TBody": true, "/TR": true, "/TH": true, "/TD": true, "/Form": true,
}

var languageTag = regexp.MustCompile(`^[a-z]{2}(-[A-Z]{2})?$`)

// node is an element of the structure tree on the way to which walk came.
type node struct {
	ref    any
	dict   dict
	parent dict
	up     any // reference of the parent
}

// walk visits the structure tree in reading order; ok is false if there is none. What
// lies deeper than twelve levels is not visited.
func (f *file) walk(visit func(n node)) (ok bool) {
	root := f.dict(f.root["/StructTreeRoot"])
	if root["/Type"] != "/StructTreeRoot" {
		return false
	}
	var down func(ref, up any, depth int)
	down = func(ref, up any, depth int) {
		n := node{ref, f.dict(ref), f.dict(up), up}
		visit(n)
		for _, kid := range f.array(n.dict["/K"]) {
			if _, isReference := kid.(string); isReference && depth < 12 {
				down(kid, ref, depth+1)
			}
		}
	}
	down(root["/K"], f.root["/StructTreeRoot"], 0)
	return true
}

// marked: the file says that it is tagged, and that the tags are not guesses.
func marked(f *file, fail failure) {
	info := f.dict(f.root["/MarkInfo"])
	if info["/Marked"] != true {
		fail("document is not marked")
	}
	if info["/Suspects"] == true {
		fail("tags are suspect")
	}
}

// structure: one tree of standard types, each element naming the parent it lies in.
func structure(f *file, fail failure) {
	if !f.walk(func(n node) {
		if !standard[n.dict["/S"]] {
			fail("%v has type %v", n.ref, n.dict["/S"])
		}
		if n.dict["/P"] != n.up {
			fail("%v names another parent", n.ref)
		}
	}) {
		fail("no structure tree")
	}
	roles := f.dict(f.dict(f.root["/StructTreeRoot"])["/RoleMap"])
	for from, to := range roles {
		if standard[from] || !standard[to] {
			fail("role map turns %v into %v", from, to)
		}
	}
}

// language of the document and of its parts.
func language(f *file, fail failure) {
	if l := f.text(f.root["/Lang"]); !languageTag.MatchString(l) {
		fail("document language is %q", l)
	}
	f.walk(func(n node) {
		if l, has := n.dict["/Lang"]; has && !languageTag.MatchString(f.text(l)) {
			fail("%v has language %q", n.ref, f.text(l))
		}
	})
}

// headings: the first is of level 1, and none skips a level; H stands for no level.
func headings(f *file, fail failure) {
	last := 0
	f.walk(func(n node) {
		s, _ := n.dict["/S"].(string)
		if s == "/H" {
			fail("%v is a heading without level", n.ref)
		}
		if len(s) != 3 || !strings.HasPrefix(s, "/H") || s[2] < '1' || s[2] > '6' {
			return
		}
		if level := int(s[2] - '0'); level > last+1 {
			fail("%v is a heading of level %d after one of level %d", n.ref, level, last)
		} else {
			last = level
		}
	})
	if last == 0 {
		fail("no heading")
	}
}

// figures have words for who does not see them, and say where they are.
func figures(f *file, fail failure) {
	f.walk(func(n node) {
		if n.dict["/S"] != "/Figure" {
			return
		}
		if strings.TrimSpace(f.text(n.dict["/Alt"])) == "" {
			fail("%v has no alternative text", n.ref)
		}
		if a := f.dict(n.dict["/A"]); a["/O"] != "/Layout" || len(f.array(a["/BBox"])) != 4 {
			fail("%v has no bounding box", n.ref)
		}
	})
}

// tables: the parts of a table lie where they belong, all rows are as long, and a
// header cell says what it heads; a table without header cells is none.
func tables(f *file, fail failure) {
	lies := map[any]string{
		"/TR": "/Table /THead /TBody", "/TH": "/TR", "/TD": "/TR", "/THead": "/Table", "/TBody": "/Table",
	}
	cells := make(map[any]int)   // by row
	width := make(map[any]int)   // by table
	headed := make(map[any]bool) // tables
	var table any
	f.walk(func(n node) {
		s := n.dict["/S"]
		if where, ok := lies[s]; ok {
			if in, _ := n.parent["/S"].(string); in == "" || !strings.Contains(" "+where+" ", " "+in+" ") {
				fail("%v is a %v in a %v", n.ref, s, n.parent["/S"])
			}
		}
		switch s {
		case "/Table":
			table, headed[n.ref] = n.ref, false
		case "/TR":
			kids := len(f.array(n.dict["/K"]))
			if cells[n.ref] = kids; width[table] == 0 {
				width[table] = kids
			}
			if kids != width[table] || kids == 0 {
				fail("%v has %d cells, the first row %d", n.ref, kids, width[table])
			}
		case "/TH":
			headed[table] = true
			if a := f.dict(n.dict["/A"]); a["/O"] != "/Table" || a["/Scope"] != "/Row" && a["/Scope"] != "/Column" {
				fail("%v is a header cell without scope", n.ref)
			}
		}
	})
	for ref, ok := range headed {
		if !ok {
			fail("%v is a table without header cells", ref)
		}
	}
}

// window: the viewer shows the title, which the metadata has.
func window(f *file, fail failure) {
	if f.dict(f.root["/ViewerPreferences"])["/DisplayDocTitle"] != true {
		fail("the window would not show the title")
	}
	if f.properties()[nsDC+"title"] == "" {
		fail("no title")
	}
}

// tabs: one goes through a page in the order of its structure.
func tabs(f *file, fail failure) {
	for _, p := range f.pages() {
		if f.dict(p)["/Tabs"] != "/S" {
			fail("page %s has no tab order by structure", p)
		}
	}
}

// widgets: each field that is shown has words for its purpose, and lies in a Form
// element that its parent-tree entry leads back to.
func widgets(f *file, fail failure) {
	held := make(map[any]any) // annotation to the element that holds it
	f.walk(func(n node) {
		kids := f.array(n.dict["/K"])
		if one := f.dict(n.dict["/K"]); one["/Type"] == "/OBJR" {
			kids = []any{one}
		}
		for _, kid := range kids {
			if k, ok := kid.(dict); ok && k["/Type"] == "/OBJR" {
				held[k["/Obj"]] = n.ref
				if n.dict["/S"] != "/Form" {
					fail("%v holds an annotation and is a %v", n.ref, n.dict["/S"])
				}
			}
		}
	})
	for _, page := range f.pages() {
		for _, ref := range f.array(f.dict(page)["/Annots"]) {
			a := f.dict(ref)
			r := f.array(a["/Rect"])
			if a["/Subtype"] != "/Widget" || len(r) == 4 && r[0] == r[2] && r[1] == r[3] {
				continue
			}
			if strings.TrimSpace(f.text(a["/TU"])) == "" && strings.TrimSpace(f.text(f.dict(a["/Parent"])["/TU"])) == "" {
				fail("%v has no words for its purpose", ref)
			}
			if held[ref] == nil || f.parent(a["/StructParent"]) != held[ref] {
				fail("%v is in no Form element", ref)
			}
		}
	}
}

// parent returns the entry of the parent tree under a key that is no page's.
func (f *file) parent(key any) any {
	nums := f.array(f.dict(f.dict(f.root["/StructTreeRoot"])["/ParentTree"])["/Nums"])
	for i := 0; i+1 < len(nums); i += 2 {
		if nums[i] == key {
			return nums[i+1]
		}
	}
	return nil
}

// claim: the packet says PDF/UA-1, and describes the schema it says it in, which PDF/A
// does not know (ISO 19005-3, 6.6.2.3.3).
func claim(f *file, fail failure) {
	if p := f.properties()[nsPDFUA+"part"]; p != "1" {
		fail("claims part %q", p)
	}
}

func extensionSchema(f *file, fail failure) {
	packet := string(f.data(f.root["/Metadata"]))
	if strings.Contains(packet, "<pdfuaid:part>") && !strings.Contains(packet, "<pdfaSchema:namespaceURI>"+nsPDFUA+"</pdfaSchema:namespaceURI>") {
		fail("the schema of pdfuaid is not described")
	}
}
