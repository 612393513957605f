package feature

import (
	"slices"
	"strings"
	"testing"
)

func TestOffRefusesUnknownNames(t *testing.T) {
	err := Off{YouthSavings, "saving"}.Check()
	if err == nil || !strings.Contains(err.Error(), `"saving"`) || !strings.Contains(err.Error(), "medical-files") || !strings.Contains(err.Error(), "kiosks") {
		t.Errorf("Check() = %v, which does not name what is wrong and what is known", err)
	}
	if err := Off(All()).Check(); err != nil {
		t.Error(err)
	}
}

func TestCloses(t *testing.T) {
	off := Off{YouthSavings, Receipts, Papers, Kiosks, Messages}
	for path, want := range map[string]bool{
		"rights/savings": true, "rights/savings?year=2026": true, "rights/savings#x": true, "rights/savings/more": true,
		"rights/savingsx": false, "rights/maf": false, "rights": false,
		"refunds/receipt": true, "refunds/receipts": true, "refunds/receipts/:receipt": true, "refunds/receipts/06h0": true,
		"refunds": false, "refunds/payments/receipts": false,
		"office/files/06h0/paper": true, "office/files/:id/paper/sign": true, "office/files/06h0": false, "office/files//paper": false,
		"kiosk": true, "kiosk/over": true, "office/kiosks/:id/name": true, "office": false,
		"requests/contact?subject=refund": true, "requests/contacts": false, "requests/06h0": false,
		"nowhere": false, "": false,
	} {
		if got := off.Closes(path); got != want {
			t.Errorf("Closes(%q) = %t", path, got)
		}
	}
	if (Off)(nil).Closes("rights/savings") {
		t.Error("nothing is off, and a path is closed")
	}
}

// A page that leads to others is there as long as one of them is.
func TestWhatLeadsToNothingCloses(t *testing.T) {
	for path, needs := range map[string][]Feature{
		"orders": {EuropeanCard, Labels, Envelopes, IncapacityForm, TravelPapers},
		"rights": {MedicalFiles, MaximumBilling, YouthSavings, Agreements, Indemnities},
	} {
		if Off(needs[1:]).Closes(path) || !Off(needs).Closes(path) {
			t.Errorf("%s does not close with the last of %v", path, needs)
		}
	}
}

// Each feature takes something away, and no place is written twice.
func TestPlacesAndFeaturesMatch(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range places {
		if seen[p.path] {
			t.Errorf("%s stands twice", p.path)
		}
		seen[p.path] = true
		for _, f := range p.any {
			if !slices.Contains(all, f) {
				t.Errorf("%s needs %s, which is no feature", p.path, f)
			}
		}
	}
	for _, f := range all {
		if !slices.ContainsFunc(places, func(p place) bool { return slices.Equal(p.any, []Feature{f}) }) {
			t.Errorf("%s takes no page away", f)
		}
	}
}
