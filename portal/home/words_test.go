package home

import (
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/documents"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

func view(l locale.Language) page.View {
	return page.View{Lang: l, Path: "home", Brand: page.DefaultBrand(), Now: time.Now(),
		Login: &auth.Login{Name: "Lotte Maria Vermeulen", Method: auth.Card}}
}

func render(t *testing.T, v page.View, o Overview) string {
	t.Helper()
	var b strings.Builder
	if err := homePage(v, o).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every state that a request or a document can be in has words: T would show the
// member the key.
func TestEveryStateHasWords(t *testing.T) {
	var o Overview
	for _, kind := range []document.Kind{document.KindBankChange, document.KindEHICOrder} {
		for _, s := range []requests.State{requests.ToSign, requests.Pending, requests.Signed, requests.Accepted,
			requests.Rejected, requests.Declined, requests.Withdrawn, requests.Expired} {
			o.Requests = append(o.Requests, Item{ID: "r", Kind: kind, State: string(s)})
		}
		for _, s := range []documents.Status{documents.Valid, documents.Checking, documents.Invalid} {
			for _, m := range []documents.Method{documents.ByCard, documents.ByApproval, documents.ByReceipt, documents.ByStatement} {
				o.Documents = append(o.Documents, Item{ID: "d", Kind: kind, State: string(s), Method: string(m)})
			}
		}
	}
	for _, l := range locale.Languages() {
		got := render(t, view(l), o)
		for _, area := range []string{"home.", "requests.", "documents."} {
			if at := strings.Index(got, area); at >= 0 {
				t.Errorf("home in %s shows a key: %.40q", l, got[at:])
			}
		}
	}
}

// Who has no account yet is not told of the last digits of one.
func TestToDoWithoutAnAccount(t *testing.T) {
	waits := &Item{ID: "r", Kind: document.KindBankChange, State: string(requests.ToSign), Pages: 1}
	const old = "ancien compte"
	if got := render(t, view(locale.FR), Overview{ToSign: waits}); strings.Contains(got, old) {
		t.Error("home speaks of the old account of a member who has none")
	}
	if got := render(t, view(locale.FR), Overview{ToSign: waits, Last4: "6727"}); !strings.Contains(got, old) {
		t.Error("home does not say which account is paid until she signs")
	}
}

// Who came without a card is not asked for a signature: she will approve or send.
func TestToDoWithoutACard(t *testing.T) {
	waits := Item{ID: "r", Kind: document.KindBankChange, State: string(requests.ToSign), Pages: 1}
	o := Overview{ToSign: &waits, Requests: []Item{waits}}
	for _, method := range []auth.Method{auth.Federal, auth.Password} {
		v := view(locale.FR)
		v.Login.Method = method
		got := render(t, v, o)
		for _, wrong := range []string{"signer", "Signez", "carte d’identité"} {
			if strings.Contains(got, wrong) {
				t.Errorf("home of who came by %s speaks of %q", method, wrong)
			}
		}
		if !strings.Contains(got, locale.T(locale.FR, "requests.state.to-finish")) {
			t.Errorf("home of who came by %s does not say that a request waits", method)
		}
	}
}
