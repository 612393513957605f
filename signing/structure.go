package signing

import "guichet.example/signing/internal/pdf"

// addFormElement enters the widget into the structure tree of a tagged file, as PDF/UA
// asks (ISO 14289-1, 7.18.4): a Form element that holds the widget, found back through
// the parent tree under the key returned. It does so for trees of the plain shape that
// our own documents have (one element under the root, a parent tree without kids) and
// leaves any other tree alone, ok being false.
func addFormElement(state pdf.State, u *pdf.Update, widget, page pdf.Ref) (key int, ok bool, err error) {
	catalog, err := state.Catalog()
	if err != nil {
		return 0, false, err
	}
	rootRef, isRef := catalog.Get("StructTreeRoot").(pdf.Ref)
	root, err := state.Dict(catalog.Get("StructTreeRoot"), "StructTreeRoot")
	if err != nil || !isRef {
		return 0, false, err
	}
	topRef, isRef := root.Get("K").(pdf.Ref)
	treeRef, isTree := root.Get("ParentTree").(pdf.Ref)
	next, isInt := root.Get("ParentTreeNextKey").(pdf.Integer)
	if !isRef || !isTree || !isInt || next < 0 || next > 1<<20 {
		return 0, false, nil
	}
	top, err := state.Dict(topRef, "structure element")
	if err != nil {
		return 0, false, err
	}
	tree, err := state.Dict(treeRef, "ParentTree")
	if err != nil {
		return 0, false, err
	}
	nums, plain := tree.Get("Nums").(pdf.Array)
	kids, listed := top.Get("K").(pdf.Array)
	if !plain || !listed || tree.Get("Kids") != nil {
		return 0, false, nil
	}
	element := u.Add(pdf.Dict{
		{Key: "Type", Value: pdf.Name("StructElem")},
		{Key: "S", Value: pdf.Name("Form")},
		{Key: "P", Value: topRef},
		{Key: "Pg", Value: page},
		{Key: "K", Value: pdf.Dict{
			{Key: "Type", Value: pdf.Name("OBJR")},
			{Key: "Obj", Value: widget},
			{Key: "Pg", Value: page},
		}},
	})
	u.Set(topRef, top.With("K", append(kids[:len(kids):len(kids)], element)))
	u.Set(treeRef, tree.With("Nums", append(nums[:len(nums):len(nums)], next, element)))
	u.Set(rootRef, root.With("ParentTreeNextKey", next+1))
	return int(next), true, nil
}
