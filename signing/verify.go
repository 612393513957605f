package signing

import (
	"context"
	"time"

	"guichet.example/certs"
)

// Trust is what a validation relies on.
type Trust struct {
	// Anchors end every path. Required.
	Anchors *certs.TrustAnchors
	// Now is the time of validation. Nil: time.Now.
	Now func() time.Time
	// Revocation is asked for signatures that carry no evidence. Nil: offline, such
	// signatures are INDETERMINATE, TRY_LATER.
	Revocation Evidence
}

// Verify validates every signature of a file. What is wrong with a signature or with
// the file's structure is in the report; the error is only for bytes that are no PDF
// or too many: ErrNotPDF, ErrTooLarge.
func Verify(ctx context.Context, pdf []byte, t Trust) (*Report, error) {
	return nil, ErrNotPDF
}
