package signing

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"guichet.example/signing/internal/pdf"
)

// MaxAttachment is the largest attachment, in bytes.
const MaxAttachment = 1 << 20

// Attachment is a file of data inside the PDF, associated with the document as a whole
// (ISO 19005-3, 6.8).
type Attachment struct {
	Name        string // lower-case letters, digits, dots and dashes; not yet in the file
	Description string // for people, at most MaxText characters
	JSON        []byte // at most MaxAttachment bytes
}

var attachmentName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,99}$`)

func (a *Attachment) check() error {
	switch {
	case a == nil:
		return nil
	case !attachmentName.MatchString(a.Name):
		return errors.New("name of the attachment is malformed")
	case len(a.JSON) == 0 || len(a.JSON) > MaxAttachment:
		return fmt.Errorf("attachment of %d bytes", len(a.JSON))
	case !fits(a.Description):
		return errors.New("description of the attachment is too long or no text")
	}
	return nil
}

// fits reports whether s can be a name, a reason or a description.
func fits(s string) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > MaxText {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// attach adds the embedded file, its specification, and both entries of the catalog that
// lead to it: EmbeddedFiles (ISO 32000-1, 7.11.4) and AF (ISO 19005-3, 6.8).
func attach(state pdf.State, u *pdf.Update, a Attachment, at time.Time) error {
	file := u.Add(&pdf.Stream{
		Dict: pdf.Dict{
			{Key: "Type", Value: pdf.Name("EmbeddedFile")},
			{Key: "Subtype", Value: pdf.Name("application/json")},
			{Key: "Params", Value: pdf.Dict{
				{Key: "Size", Value: pdf.Integer(len(a.JSON))}, {Key: "ModDate", Value: pdf.Date(at)},
			}},
		},
		Data: a.JSON,
	})
	spec := pdf.Dict{
		{Key: "Type", Value: pdf.Name("Filespec")},
		{Key: "F", Value: pdf.Text(a.Name)},
		{Key: "UF", Value: pdf.Text(a.Name)},
		{Key: "AFRelationship", Value: pdf.Name("Supplement")},
		{Key: "EF", Value: pdf.Dict{{Key: "F", Value: file}, {Key: "UF", Value: file}}},
	}
	if a.Description != "" {
		spec = spec.With("Desc", pdf.Text(a.Description))
	}
	return enlist(state, u, a.Name, u.Add(spec))
}

// enlist rewrites the catalog, as the update has it so far, with the file in the name
// tree, which is ordered by name, and among the associated files.
func enlist(state pdf.State, u *pdf.Update, name string, spec pdf.Ref) error {
	catalog, err := catalogOf(state, u)
	if err != nil {
		return err
	}
	names, err := state.Dict(catalog.Get("Names"), "Names")
	if err != nil {
		return err
	}
	tree, err := state.Dict(names.Get("EmbeddedFiles"), "EmbeddedFiles")
	if err != nil {
		return err
	}
	if tree.Get("Kids") != nil {
		return errors.New("embedded files lie in a tree of several nodes")
	}
	list, err := state.Array(tree.Get("Names"), "names of embedded files")
	if err != nil {
		return err
	}
	if list, err = insert(state, list, name, spec); err != nil {
		return err
	}
	associated, err := state.Array(catalog.Get("AF"), "AF")
	if err != nil {
		return err
	}
	catalog = catalog.With("Names", names.With("EmbeddedFiles", tree.With("Names", list)))
	catalog = catalog.With("AF", append(slices.Clone(associated), spec))
	u.Set(state.Root(), catalog)
	return nil
}

// insert puts the pair where the order of the names wants it.
func insert(state pdf.State, list pdf.Array, name string, spec pdf.Ref) (pdf.Array, error) {
	at := 0
	for i := 0; i+1 < len(list); i += 2 {
		key, err := state.Resolve(list[i])
		if err != nil {
			return nil, err
		}
		there, ok := key.(pdf.String)
		switch {
		case !ok || len(list)%2 != 0:
			return nil, errors.New("names of embedded files are malformed")
		case string(there) == name:
			return nil, fmt.Errorf("an attachment %s is there already", name)
		case string(there) < name:
			at = i + 2
		}
	}
	return slices.Insert(slices.Clone(list), at, pdf.Object(pdf.String(name)), pdf.Object(spec)), nil
}
