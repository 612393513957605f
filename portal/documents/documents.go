package documents

import (
	"time"

	"guichet.example/portal/page"
	"guichet.example/signing"
)

// Documents is the area. All fields are required.
type Documents struct {
	Store Store
	Trust signing.Trust // what the verification report stands on
	Now   func() time.Time
}

// Route mounts the area.
func (d *Documents) Route(r page.Routes) {}
