package signing

import (
	"errors"
	"fmt"

	"guichet.example/signing/internal/pdf"
)

// Permission is what a certification allows to be done to the file afterwards (ISO
// 32000-1, 12.8.2.2, table 254, entry P). Evidence and document timestamps may always
// follow (ISO 32000-2, 12.8.2.2.2). The zero value means: no certification, but an
// approval signature, which leaves the choice to those who sign later.
type Permission int

// The permissions that a certification here may give.
const (
	// NoChanges lets nobody sign after.
	NoChanges Permission = 1
	// Signing lets forms be filled in and further signatures be made.
	Signing Permission = 2
)

func (p Permission) check() error {
	if p < 0 || p > Signing {
		return fmt.Errorf("no permission %d", int(p))
	}
	return nil
}

// reference is the entry that makes a signature a certification; empty for none.
func (p Permission) reference() pdf.Raw {
	if p == 0 {
		return nil
	}
	return pdf.Raw(fmt.Sprintf("[<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P %d /V /1.2 >> >>]", int(p)))
}

// certify points from the catalog to the certification, which must be the first signature
// of the file (ISO 32000-1, 12.8.1).
func certify(state pdf.State, u *pdf.Update, sig pdf.Ref, earlier int) error {
	catalog, err := catalogOf(state, u)
	if err != nil {
		return err
	}
	perms, err := state.Dict(catalog.Get("Perms"), "Perms")
	if err != nil {
		return err
	}
	if earlier > 0 || perms.Get("DocMDP") != nil {
		return errors.New("only the first signature can certify")
	}
	u.Set(state.Root(), catalog.With("Perms", perms.With("DocMDP", sig)))
	return nil
}

// catalogOf returns the catalog as the update has it so far.
func catalogOf(state pdf.State, u *pdf.Update) (pdf.Dict, error) {
	if changed, ok := u.Value(state.Root()).(pdf.Dict); ok {
		return changed, nil
	}
	return state.Catalog()
}
