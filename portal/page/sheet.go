package page

import (
	"guichet.example/portal/locale"
	"guichet.example/signing/document"
)

// Mark is the visible signature on a document sheet: where it will come, or as it stands.
type Mark struct {
	Signed bool
	Lines  []string // "Your signature will appear here:", name, card, date and time
}

// KindName is what a document or a request is, in words.
func KindName(v View, k document.Kind) string {
	if key := "requests.kind." + string(k); locale.Has(key) {
		return v.T(key)
	}
	return string(k)
}
