package recovery

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// question is a plain question of the first page and where its answer leads.
type question struct {
	Key string // of its words: recovery.start.<key>.title, .text and .do
	To  string // below the language
}

// questions are those that this mutuality's members may have.
func (r *Recovery) questions() []question {
	p := r.Classic.Profile
	var list []question
	if to := r.newPassword(); to != "" {
		list = append(list, question{"password", to})
	}
	if p.Takes(profile.AccessCode) {
		list = append(list, question{"code", codePath})
	}
	if p.Enrols(profile.ByCard) {
		list = append(list, question{"card", "sign-in/card"})
	}
	if p.Recovers(profile.ByCounter) {
		list = append(list, question{"counter", ""})
	}
	return list
}

// newPassword is where a forgotten password begins; "" where only the counter helps.
func (r *Recovery) newPassword() string {
	if len(r.ways()) > 0 {
		return passwordPath
	}
	if r.Classic.Profile.Recovers(profile.BySixFields) {
		return identityPath
	}
	return ""
}

func (r *Recovery) start(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("recovery.start.title"), v.T("recovery.start.lead")
	v.Back = page.Link{URL: v.URL("sign-in"), Text: v.T("recovery.start.back")}
	return page.Render(c, http.StatusOK, startPage(v, r.questions()))
}

// Link leads from the password form to a page below the language, by the key of its words.
type Link struct{ Path, Key string }

// Links are those of the password form.
func (r *Recovery) Links() []Link {
	var list []Link
	if to := r.newPassword(); to != "" {
		list = append(list, Link{to, "recovery.links.password"})
	}
	if r.Classic.Profile.Takes(profile.AccessCode) {
		list = append(list, Link{codePath, "recovery.links.code"})
	}
	return append(list, Link{startPath, "recovery.links.start"})
}
