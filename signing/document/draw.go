package document

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"guichet.example/signing/document/internal/icc"
)

// Drawn is a finished PDF, not yet signed.
type Drawn struct {
	PDF    []byte
	Pages  int
	SHA256 [32]byte // of PDF
	Mark   Mark
	Sheet  Sheet // the words drawn, with those of the printed check; empty for letters
}

// Mark is the box that the drawing keeps free for the visible signature.
type Mark struct {
	Page int        // 1 is the first page; the mark is on the last
	Rect [4]float64 // left, bottom, right, top in points from the page's lower left corner
}

// Attachment is the name of the frozen act inside the PDF.
const Attachment = "request.json"

// Draw is [DrawChecked] without a printed check.
func Draw(a Act, created time.Time) (*Drawn, error) { return DrawChecked(a, created, nil) }

// DrawChecked validates the act and sets its sheet as PDF/A-3a with the frozen act
// attached, and under the signature the printed check, which [NewCheck] made of the
// same act. What is drawn is what was frozen: the act as Unmarshal reads it back.
// created is the document's date in its metadata, to the second. Same act, created and
// check, same bytes. Errors are those of Validate, and a *FieldError for a check that
// is not signed or not one of this act. A [Paper] is not drawn. Safe for concurrent use.
func DrawChecked(a Act, created time.Time, check *Check) (*Drawn, error) {
	if created.Year() < 2000 || created.Year() > 2200 {
		return nil, &FieldError{"created", ErrFormat}
	}
	if _, ok := a.(Paper); ok {
		return nil, &FieldError{"kind", ErrFormat}
	}
	frozen, err := Marshal(a)
	if err != nil {
		return nil, err
	}
	act, err := Unmarshal(frozen)
	if err != nil {
		return nil, fmt.Errorf("reading back the frozen act: %w", err)
	}
	sheet, h := act.Sheet(), act.Head()
	if check != nil {
		if err := check.validate(sheet, h.Date); err != nil {
			return nil, err
		}
		sheet.Check = check.mark(sheet.Language)
	}
	accent, _ := parseColour(h.Mutuality.Accent) // validated
	f := newFaces()
	pages, root, mark, err := setLetter(sheet, accent, f)
	if err != nil {
		return nil, err
	}
	data := metadata{sheet.Title, h.Mutuality.Name, sheet.Language, created.UTC().Truncate(time.Second)}
	pdf := write(pages, root, f, data, frozen)
	return &Drawn{PDF: pdf, Pages: len(pages), SHA256: sha256.Sum256(pdf), Mark: mark, Sheet: sheet}, nil
}

// write puts the file together. Without a frozen act nothing is attached.
func write(pages []*page, root *element, f *faces, data metadata, frozen []byte) []byte {
	o := &objects{first: 1}
	catalog, tree := o.reserve(), o.reserve()
	for _, p := range pages {
		p.number = o.reserve()
	}
	info, packet := data.add(o)
	resources := o.addf("<</Font<</R %d 0 R/B %d 0 R>>>>", embed(o, f.regular), embed(o, f.bold))
	kids := []byte{}
	for i, p := range pages {
		content := o.add(deflated("", p.ops))
		o.setf(p.number, "<</Type/Page/Parent %d 0 R/MediaBox[0 0 %g %g]/Resources %d 0 R/Contents %d 0 R/StructParents %d/Tabs/S>>",
			tree, pageWidth, pageHeight, resources, content, i)
		kids = fmt.Appendf(kids, "%d 0 R ", p.number)
	}
	o.setf(tree, "<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids)
	structure := writeStructure(o, root, pages)
	profile := o.add(profile())
	intent := o.addf("<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB IEC61966-2.1)/DestOutputProfile %d 0 R>>", profile)
	attached := ""
	if frozen != nil {
		file := attach(o, frozen, data)
		attached = fmt.Sprintf("/AF[%d 0 R]/Names<</EmbeddedFiles<</Names[(%s)%d 0 R]>>>>", file, Attachment, file)
	}
	o.setf(catalog, "<</Type/Catalog/Pages %d 0 R/Lang(%s)/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R/Metadata %d 0 R"+
		"/OutputIntents[%d 0 R]/ViewerPreferences<</DisplayDocTitle true>>%s>>",
		tree, data.language, structure, packet, intent, attached)
	seed := append(data.xmp(), frozen...)
	for _, p := range pages {
		seed = append(seed, p.ops...)
	}
	id := sha256.Sum256(seed)
	return o.file(catalog, info, id[:16])
}

// profile is the same stream in every file.
var profile = sync.OnceValue(func() []byte { return deflated("/N 3", icc.SRGB()) })

// attach embeds the frozen act as the data the document was made from (ISO 19005-3,
// 6.8) and returns the number of its file specification.
func attach(o *objects, frozen []byte, data metadata) int {
	file := o.add(deflated(fmt.Sprintf("/Type/EmbeddedFile/Subtype/application#2Fjson/Params<</Size %d/ModDate%s>>",
		len(frozen), data.created.Format("(D:20060102150405+00'00')")), frozen))
	return o.addf("<</Type/Filespec/F(%s)/UF(%s)/Desc %s/AFRelationship/Data/EF<</F %d 0 R/UF %d 0 R>>>>",
		Attachment, Attachment, textString(data.title), file, file)
}
