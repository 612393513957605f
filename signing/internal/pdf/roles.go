package pdf

// spot is where a reference stands, as far as it tells what the object is used for. An
// object that may lawfully change later (the catalog, a page with new annotations, a field
// that is signed, the store of evidence) may do so only in the roles that the standard
// gives it: something else that leads to it, as the dictionary in which names of a content
// stream are looked up (ISO 32000-1, 7.8.3), would show the change.
//
// None of the lawful keys below is one under which readers look names up, so that only the
// entries that the standard knows count there.
type spot uint16

const (
	atRoot   spot = 1 << iota // Root of a trailer
	atData                    // Data of a signature reference (table 253)
	atPage                    // P, Pg, Parent and others that lead to a page (12.5.2, 14.7.4)
	atObject                  // Obj of an object reference (14.7.4.3)
	inList                    // an element of an array
	atOther                   // any other key
)

// lawful are the roles of pages and of form fields: elements of Kids, Fields, Annots and
// destinations, and what annotations and the structure tree lead to.
const lawful = atData | atPage | atObject | inList

// spotOf tells the spot of a value by its key.
func spotOf(key Name) spot {
	switch key {
	case "Root":
		return atRoot
	case "Data":
		return atData
	case "P", "Pg", "Parent", "Page", "Dest", "Start", "End":
		return atPage
	case "Obj":
		return atObject
	}
	return atOther
}

// misused reports an object that something uses for more than the role that lets it change.
func (s *scan) misused(num int, root bool) bool {
	at := s.owners[num].at
	if root {
		return at&^(atRoot|atData) != 0
	}
	return at&^lawful != 0
}

// proper reports that a change of the object shows only where its role shows it: it is used
// for nothing else, or only one object points to it, once, which is proper itself.
func (s *step) proper(num int) bool {
	for range maxOwners {
		if num == s.new.Root().Num {
			return !s.scan.misused(num, true)
		}
		o := s.scan.owners[num]
		if !s.scan.misused(num, false) {
			return true
		}
		if o.shared {
			return false
		}
		num = o.num
	}
	return false
}

// maxOwners is how many objects may stand between the catalog and an object of the form or
// of the store: form, list; store, index, entry, list.
const maxOwners = 6

// Misused lists the numbers of catalog, pages and form fields that
// something uses as something else, so that a lawful change of them would show there.
func (f *File) Misused() ([]int, error) {
	scan, err := f.scan()
	if err != nil {
		return nil, err
	}
	var out []int
	state := f.Last()
	if root := state.Root().Num; scan.misused(root, true) {
		out = append(out, root)
	}
	pages, err := state.Pages()
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		if scan.misused(p.Ref.Num, false) {
			out = append(out, p.Ref.Num)
		}
	}
	fields, err := state.fields()
	if err != nil {
		return nil, err
	}
	for _, field := range fields {
		if scan.misused(field.ref.Num, false) {
			out = append(out, field.ref.Num)
		}
	}
	return out, nil
}
