package feature

import "strings"

// place is a path below the language, with all below it, and the features of which one at
// least must be on for it to be there. None: it always is. ":" stands for any one part.
type place struct {
	path string
	any  []Feature
}

// places are all addresses of the counter. Of two that match, the longer counts. A route
// that no place covers is refused at start-up, so that none is forgotten here.
var places = []place{
	{"home", nil}, {"cover", nil}, {"account", nil}, {"bank", nil}, {"documents", nil}, {"email", nil},
	{"sign-in", nil}, {"sign-out", nil}, {"signed-out", nil}, {"stay", nil}, {"enrol", nil}, {"recover", nil}, {"check", nil}, {"help", nil},

	{"refunds", nil},
	{"refunds/receipt", []Feature{Receipts}}, {"refunds/receipts", []Feature{Receipts}},
	{"refunds/statements", []Feature{Statements}},

	{"rights", []Feature{MedicalFiles, MaximumBilling, YouthSavings, Agreements, Indemnities}},
	{"rights/dmg", []Feature{MedicalFiles}}, {"rights/maf", []Feature{MaximumBilling}},
	{"rights/savings", []Feature{YouthSavings}}, {"rights/agreements", []Feature{Agreements}},
	{"indemnities", []Feature{Indemnities}}, {"office/appointments", []Feature{Indemnities}},

	{"orders", []Feature{EuropeanCard, Labels, Envelopes, IncapacityForm, TravelPapers}},
	{"orders/ehic", []Feature{EuropeanCard}}, {"orders/labels-order", []Feature{Labels}}, {"orders/envelopes-order", []Feature{Envelopes}},
	{"orders/incapacity-form", []Feature{IncapacityForm}}, {"orders/travel-papers", []Feature{TravelPapers}},

	{"requests", nil},
	{"papers", []Feature{Papers}}, {"office/files/:/paper", []Feature{Papers}},
	{"requests/contact", []Feature{Messages}}, {"contact", []Feature{Messages}}, {"messages", []Feature{Messages}},
	{"cannot-connect", []Feature{CannotConnect}},
	{"help/branches", []Feature{Branches}}, {"help/doctors", []Feature{Doctors}},

	{"kiosk", []Feature{Kiosks}}, {"office/kiosks", []Feature{Kiosks}},
	{"office", nil},
}

// Of returns the features of which one at least must be on for a path below the language;
// none for what is always there. known is false for a path of no place.
func Of(path string) (any []Feature, known bool) {
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	longest := -1
	for _, p := range places {
		if len(p.path) > longest && covers(p.path, path) {
			any, known, longest = p.any, true, len(p.path)
		}
	}
	return any, known
}

// covers says whether a path is the place or lies below it.
func covers(place, path string) bool {
	for place != "" {
		var want, have string
		want, place, _ = strings.Cut(place, "/")
		have, path, _ = strings.Cut(path, "/")
		if want != have && (want != ":" || have == "") {
			return false
		}
	}
	return true
}
