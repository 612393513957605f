package pdf

import "bytes"

// Bounds of a document security store.
const (
	maxEvidence = 256     // streams of one kind
	maxCRL      = 8 << 20 // bytes of one stream
)

// Evidence is the content of a document security store (ISO 32000-2, 12.8.4.3; ETSI EN
// 319 142-1, 5.4.2): DER certificates, OCSP responses and CRLs, unverified.
type Evidence struct{ Certs, OCSPs, CRLs [][]byte }

// evidenceKeys are the arrays of a DSS dictionary, in the order of Evidence's fields.
var evidenceKeys = [3]Name{"Certs", "OCSPs", "CRLs"}

func (e *Evidence) lists() [3]*[][]byte { return [3]*[][]byte{&e.Certs, &e.OCSPs, &e.CRLs} }

// Has reports whether all of other is in e.
func (e *Evidence) Has(other *Evidence) bool {
	theirs := other.lists()
	for i, list := range e.lists() {
		for _, item := range *theirs[i] {
			if !contains(*list, item) {
				return false
			}
		}
	}
	return true
}

// Add puts in what is not yet there.
func (e *Evidence) Add(other *Evidence) {
	theirs := other.lists()
	for i, list := range e.lists() {
		for _, item := range *theirs[i] {
			if !contains(*list, item) {
				*list = append(*list, item)
			}
		}
	}
}

func contains(list [][]byte, item []byte) bool {
	for _, have := range list {
		if bytes.Equal(have, item) {
			return true
		}
	}
	return false
}

// Evidence reads the document security store, empty if there is none. VRI entries only
// point to what the arrays hold and are not read.
func (s State) Evidence() (*Evidence, error) {
	out := &Evidence{}
	catalog, err := s.Catalog()
	if err != nil {
		return nil, err
	}
	dss, err := s.Dict(catalog.Get("DSS"), "DSS")
	if err != nil {
		return nil, err
	}
	for i, list := range out.lists() {
		items, err := s.Array(dss.Get(evidenceKeys[i]), "DSS entry")
		if err != nil {
			return nil, err
		}
		if len(items) > maxEvidence {
			return nil, over("entries of the DSS")
		}
		seen := map[Ref]bool{}
		for _, item := range items {
			ref, _ := item.(Ref)
			if seen[ref] {
				continue // once is enough, however often it is listed
			}
			seen[ref] = true
			v, err := s.Resolve(ref)
			if err != nil {
				return nil, err
			}
			stream, ok := v.(*Stream)
			if !ok {
				return nil, broken(0, "DSS entry is no stream")
			}
			data, err := s.f.inflate(stream)
			if err != nil {
				return nil, err
			}
			if len(data) > maxCRL {
				return nil, over("DSS entry")
			}
			*list = append(*list, data)
		}
	}
	return out, nil
}

// SetEvidence adds to the update a DSS that holds what the file's DSS holds and more.
// What is there already is not written again, and no object but catalog and DSS changes.
func (u *Update) SetEvidence(more *Evidence) error {
	state := u.f.Last()
	catalog, err := state.Catalog()
	if err != nil {
		return err
	}
	dss, err := state.Dict(catalog.Get("DSS"), "DSS")
	if err != nil {
		return err
	}
	have, err := state.Evidence()
	if err != nil {
		return err
	}
	if dss == nil {
		dss = Dict{{Key: "Type", Value: Name("DSS")}}
	}
	old := have.lists()
	for i, list := range more.lists() {
		refs, err := state.Array(dss.Get(evidenceKeys[i]), "DSS entry")
		if err != nil {
			return err
		}
		refs = refs[:len(refs):len(refs)]
		for j, item := range *list {
			if !contains(*old[i], item) && !contains((*list)[:j], item) {
				refs = append(refs, u.Add(&Stream{Data: item}))
			}
		}
		if len(refs) > 0 {
			dss = dss.With(evidenceKeys[i], refs)
		}
	}
	if ref, ok := catalog.Get("DSS").(Ref); ok {
		u.Set(ref, dss)
	} else {
		u.Set(state.Root(), catalog.With("DSS", u.Add(dss)))
	}
	return nil
}
