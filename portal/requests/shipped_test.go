package requests

import (
	"strings"
	"testing"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// Who ordered reads what to do next only while the last thing known is that it came back.
func TestCameBack(t *testing.T) {
	at := time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC)
	for steps, want := range map[string]bool{"": false, "prepared posted": false, "prepared posted returned": true, "posted returned posted": false} {
		var r Request
		for i, state := range strings.Fields(steps) {
			r.Shipments = append(r.Shipments, Shipment{State: state, At: at.AddDate(0, 0, i)})
		}
		if got := cameBack(r); got != want {
			t.Errorf("%q: came back %t", steps, got)
		}
	}
	for kind, path := range map[document.Kind]string{document.KindEHICOrder: "orders/ehic", document.KindLabels: "orders/labels-order"} {
		if got := orderPath(kind); got != path {
			t.Errorf("%s is ordered at %s", kind, got)
		}
	}
	v := page.View{Lang: locale.FR, Brand: page.DefaultBrand()}
	for _, l := range locale.Languages() {
		v.Lang = l
		if text := v.T("requests.returned.text"); strings.Contains(text, "requests.") {
			t.Errorf("no words in %s", l)
		}
	}
}
