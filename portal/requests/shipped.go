package requests

import (
	"slices"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// Shipment is a step of an order on its way.
type Shipment struct {
	State string // prepared, posted, returned
	At    time.Time
}

// Ordered reports whether a request is an order of something that comes by post.
func Ordered(k document.Kind) bool {
	return k == document.KindEHICOrder || slices.Contains(document.PostKinds(), k)
}

// cameBack says that the last thing known of an order is that the post brought it back.
func cameBack(r Request) bool {
	n := len(r.Shipments)
	return n > 0 && r.Shipments[n-1].State == "returned"
}

// orderPath is the form of an order (package orders), which shows the address on file.
func orderPath(k document.Kind) string {
	if k == document.KindEHICOrder {
		return "orders/ehic"
	}
	return "orders/" + string(k)
}

// shipped is how far an accepted order got, with dates; of other requests, what
// comes last.
func shipped(v page.View, r Request) []page.TrackStep {
	if !Ordered(r.Act.Kind()) {
		return []page.TrackStep{last(v, r.Act)}
	}
	var steps []page.TrackStep
	for _, s := range r.Shipments {
		steps = append(steps, page.TrackStep{State: page.Done, Text: v.T("requests.track.shipment." + s.State), Detail: locale.Date(v.Lang, s.At)})
	}
	switch n := len(r.Shipments); {
	case n == 0:
		steps = append(steps, page.TrackStep{State: page.Next, Text: v.T("requests.track.shipment.prepared")}, page.TrackStep{State: page.Next, Text: v.T("requests.track.shipment.posted")})
	case r.Shipments[n-1].State == "prepared":
		steps = append(steps, page.TrackStep{State: page.Next, Text: v.T("requests.track.shipment.posted")})
	}
	return steps
}
