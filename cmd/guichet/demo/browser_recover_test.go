package demo

import (
	"strings"
	"testing"
	"time"

	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
)

// The pages of recovery and of who cannot connect that one does not reach by their
// address alone, in each language, wide and narrow: what is refused, the link of a mail,
// and the link that is over.
func TestBrowserRecover(t *testing.T) {
	s := onStage(t)
	for i, lang := range locale.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			l, w := string(lang), s.window(t)
			if i%2 == 1 {
				w.size(telephone, 800)
			}
			for _, path := range []string{"recover/password", "cannot-connect"} {
				w.visit("/" + l + "/" + path)
				w.expectComplaint("422")
				w.leave(func() { w.click(sendForm + "[data-kind=first]") })
				w.judge(path+" refused", l)
			}
			secret, err := s.portal.Classic().Issue(t.Context(), credentials.Grant{Member: memberID("emile"), Purpose: credentials.ResetLink, Life: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			w.visit("/" + l + "/recover/link/" + secret)
			w.judge("the link of a mail", l)
			w.run(fillShort)
			w.expectComplaint("422")
			w.leave(func() { w.click(sendForm + "[data-kind=first]") })
			w.judge("a password that is refused", l)
			w.expectComplaint("410")
			w.visit("/" + l + "/recover/link/" + strings.Repeat("A", 43))
			w.judge("a link that is over", l)
		})
	}
}
