package demo

import (
	"testing"

	"guichet.example/portal/locale"
)

// readsOrder makes an order in the session of the window and reads its document: she
// stands on the next page.
func (w *window) readsOrder(lang string) {
	w.t.Helper()
	w.visit("/" + lang + "/orders/ehic")
	w.leave(func() { w.click(sendForm) })
	w.judge("order to check, federal session", lang)
	w.click(sendForm)
	w.at("requests/[a-z0-9]+/read")
	w.judge("document to approve, read", lang)
	w.click("label[for=read]")
	w.click(sendForm)
	w.at("requests/[a-z0-9]+/approve")
}

// approves goes to the provider and back, and approves what is shown.
func (w *window) approves(provider, who, lang string, level int) {
	w.t.Helper()
	w.judge("approve, which key", lang)
	w.click(`main a[href$="/prove?provider=` + provider + `"]`)
	w.atStandIn()
	w.proves(who, level)
	w.at("requests/[a-z0-9]+/approve")
	w.judge("approve now", lang)
	w.click(sendForm)
	w.at("requests/[a-z0-9]+/done")
	w.judge("done, approved", lang)
}

// Who came with a federal key reads, proves herself once more for this document, approves,
// and finds in her documents a seal that nobody calls a signature. In each language, with
// each protocol, wide and as on a telephone.
func TestBrowserApprove(t *testing.T) {
	s := onStage(t)
	for i, lang := range locale.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			l, provider := string(lang), []string{samlProvider, oidcProvider}[i%2]
			w := s.window(t)
			if i >= 2 {
				w.size(telephone, 800)
			}
			w.knockFederal(provider, l, "home")
			w.proves("lotte", 450)
			w.at("home")
			w.readsOrder(l)
			w.approves(provider, "lotte", l, 400)
			w.visit("/" + l + "/documents")
			w.judge("documents, one approved", l)
			w.click("tbody th a")
			w.at("documents/[a-z0-9]+")
			w.judge("document, approved", l)
			w.click(`main a[href$="/report"]`)
			w.at("documents/[a-z0-9]+/report")
			w.judge("report of a seal", l)
			w.sees("main", "Mutualité des Tilleuls")
		})
	}
}

// A card that can sign nothing leads to the approval.
func TestBrowserApproveWithoutSignatureCertificate(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.signIn("hanna", "de")
	p := w.takesPen("hanna", locale.DE)
	p.click(`main a[href$="/approve"]`)
	p.at("requests/[a-z0-9]+/approve")
	p.approves(samlProvider, "hanna", "de", 450)
}

// Who comes back as somebody else, or without an answer, is told so; nothing is sealed.
func TestBrowserApproveRefused(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.knockFederal(samlProvider, "fr", "home")
	w.proves("lotte", 450)
	w.at("home")
	w.readsOrder("fr")
	w.click(`main a[href$="/prove?provider=` + samlProvider + `"]`)
	w.atStandIn()
	w.proves("mathieu", 450)
	w.until("a page that says no", `location.pathname.startsWith("/fr/") && document.querySelector("main h1") && document.readyState === "complete"`)
	w.judge("approval by another person", "fr")
	w.visit("/fr/requests")
	w.sees("main", locale.T(locale.FR, "requests.state.to-finish"))
}

// Who came by a password reads and sends; the seal is a receipt.
func TestBrowserReceipt(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	number := ""
	for _, p := range s.people {
		if p.Key == "lotte" {
			number = p.Person.NationalNumber
		}
	}
	w.visit("/nl/sign-in/password")
	w.write("#identifier", number)
	w.write("#password", classics["lotte"].Password)
	w.click("main form .button[data-kind=first]")
	w.at("home")
	w.visit("/nl/orders/ehic")
	w.leave(func() { w.click(sendForm) })
	w.judge("order to check, password", "nl")
	w.click(sendForm)
	w.at("requests/[a-z0-9]+/read")
	w.leave(func() { w.click(sendForm) })
	w.judge("document to send, not ticked", "nl")
	w.click("label[for=read]")
	w.click(sendForm)
	w.at("requests/[a-z0-9]+/done")
	w.judge("done, sent", "nl")
	w.certificate(t)
	w.visit("/nl/documents")
	w.click("tbody th a")
	w.at("documents/[a-z0-9]+")
	w.judge("document, received", "nl")
	w.click(`main a[href$="/report"]`)
	w.at("documents/[a-z0-9]+/report")
	w.judge("report of a receipt", "nl")
}
