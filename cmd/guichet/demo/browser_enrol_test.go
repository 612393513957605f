package demo

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"guichet.example/portal/locale"
)

// elsewhere is a stage of another profile, seen by the same Chromium.
func elsewhere(t *testing.T, profile string) *stage {
	t.Helper()
	s := onStage(t)
	cfg := Config{Listen: "localhost:0", Agent: NoAgent, Services: "127.0.0.1:0", Profile: profile, Data: filepath.Join(t.TempDir(), "world")}
	w, err := build(context.Background(), cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(w.close)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{world: w, chromium: s.chromium, log: s.log}
}

const (
	fillPair     = `document.getElementById("number").value = "305611208"; document.getElementById("code").value = "OD7X2Q"`
	fillContact  = `document.getElementById("email").value = "odile@mail.example"`
	fillPassword = `for (const id of ["new", "again"]) document.getElementById(id).value = "Neuf lucioles dorment sous 1 pont."; document.getElementById("question-2").checked = true; document.getElementById("answer").value = "Rue Haute"`
)

// The pages of an enrolment by number and code, in each language, wide and narrow, as
// they are asked and as they complain.
func TestBrowserEnrol(t *testing.T) {
	s := elsewhere(t, "unimutuelles")
	for i, lang := range locale.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			l, w := string(lang), s.window(t)
			if i%2 == 1 {
				w.size(telephone, 800)
			}
			send := func(fill string) {
				w.run(fill)
				w.leave(func() { w.click(sendForm + "[data-kind=first]") })
			}
			wrong := func(name, fill string) {
				w.expectComplaint("422")
				send(fill)
				w.judge(name, l)
			}
			w.visit("/" + l + "/enrol")
			w.judge("ways to enrol", l)
			w.visit("/" + l + "/enrol/code")
			w.judge("number and code", l)
			wrong("a wrong pair", `document.getElementById("number").value = "1"; document.getElementById("code").value = "zz99zz"`)
			send(fillPair)
			w.judge("address", l)
			wrong("a mistyped address", `document.getElementById("email").value = "odile@gmial.com"`)
			send(fillContact)
			w.judge("new password of an enrolment", l)
			wrong("a weak password of an enrolment", `document.getElementById("new").value = "kort"`)
			send(fillPassword)
			w.judge("check and terms", l)
			wrong("terms not accepted", ``)
			w.visit("/" + l + "/enrol/terms")
			w.judge("terms of use", l)
			w.visit("/" + l + "/enrol/check")
			send(`document.getElementById("terms").checked = true`)
			w.judge("a link is on its way", l)
			w.visit("/" + l + "/enrol/done")
			w.judge("enrolled", l)
		})
	}
}
