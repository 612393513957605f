package demo

import (
	"testing"
	"time"

	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
)

const (
	fillWrong = `document.getElementById("identifier").value = "72.02.29-118.53"; document.getElementById("password").value = "not this one"`
	fillShort = `document.getElementById("new").value = "kort"; document.getElementById("again").value = "kort"`
)

// byPassword signs somebody in through the form.
func (w *window) byPassword(key, typed, lang string) {
	w.t.Helper()
	w.visit("/" + lang + "/sign-in/password")
	w.run(`document.getElementById("identifier").value = "` + typed + `"; document.getElementById("password").value = "` + classics[key].Password + `"`)
	w.leave(func() { w.click(sendForm + "[data-kind=first]") })
	w.at("home")
}

// The pages of the password that one does not reach by their address alone, in each
// language, wide and narrow: what is refused, what a right sign-in asks for, the links
// of mails.
func TestBrowserPassword(t *testing.T) {
	s := onStage(t)
	for i, lang := range locale.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			l, w := string(lang), s.window(t)
			if i%2 == 1 {
				w.size(telephone, 800)
			}
			service, id := s.portal.Classic(), memberID("lotte")
			w.visit("/" + l + "/sign-in/password")
			w.run(fillWrong)
			w.expectComplaint("422")
			w.leave(func() { w.click(sendForm + "[data-kind=first]") })
			w.judge("wrong password", l)
			code, err := service.Issue(t.Context(), credentials.Grant{Member: id, Purpose: credentials.Counter})
			if err != nil {
				t.Fatal(err)
			}
			w.visit("/" + l + "/sign-in/password")
			w.run(`document.getElementById("identifier").value = "72022911853"; document.getElementById("password").value = "` + code + `"`)
			w.leave(func() { w.click(sendForm + "[data-kind=first]") })
			w.at("sign-in/password/new")
			w.judge("new password", l)
			w.byPassword("lotte", "720229 118 53", l)
			s.window(t).byPassword("lotte", "72.02.29-118.53", l)
			w.visit("/" + l + "/account/access")
			w.judge("ways in, by password", l)
			w.leave(func() { w.click(`main a[href$="/deny"]`) })
			w.judge("that was not me", l)
			w.visit("/" + l + "/account/password?stricter=1")
			w.judge("a stricter rule", l)
			w.run(fillShort)
			w.leave(func() { w.click(sendForm + "[data-kind=first]") })
			w.judge("a password that is refused", l)
			for _, p := range []credentials.Purpose{credentials.ConfirmEmail, credentials.UndoEmail} {
				secret, err := service.Issue(t.Context(), credentials.Grant{Member: id, Purpose: p, Life: time.Hour, Payload: "lotte@mail.example"})
				if err != nil {
					t.Fatal(err)
				}
				path := map[credentials.Purpose]string{credentials.ConfirmEmail: "email/confirm/", credentials.UndoEmail: "email/undo/"}[p]
				w.visit("/" + l + "/" + path + secret)
				w.judge(string(p), l)
			}
		})
	}
}
