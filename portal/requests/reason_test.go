package requests

import (
	"strings"
	"testing"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Why a request ended is told in the member's language, and never in the system's words.
func TestReasonInEachLanguage(t *testing.T) {
	for _, l := range locale.Languages() {
		v := page.View{Lang: l}
		for _, kept := range []string{"status: no revocation evidence: signer: certificate expired on 2026-11-01", "revoked: status of the signer: certificate was revoked on 2026-11-01 (reason 1)"} {
			if got := reasonOf(v, kept); got == "" || strings.Contains(got, "signer") || strings.Contains(got, "requests.") {
				t.Errorf("%s: %q reads %q", l, kept, got)
			}
		}
		if got := reasonOf(v, "Le compte n'est pas à votre nom."); got != "Le compte n'est pas à votre nom." {
			t.Errorf("%s: an advisor's words read %q", l, got)
		}
	}
}
