package recovery

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// whereCode shows the papers on which the access code stands.
func (r *Recovery) whereCode(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("recovery.code.title"), v.T("recovery.code.lead")
	v.Back = page.Link{URL: v.URL(startPath), Text: v.T("recovery.back")}
	return page.Render(c, http.StatusOK, codePage(v, r.Classic.Profile.Recovers(profile.ByLostCode)))
}

func (r *Recovery) lostForm(c *gin.Context) error {
	return r.showLost(c, page.From(c), "", "", http.StatusOK)
}

func (r *Recovery) showLost(c *gin.Context, v page.View, number, email string, status int) error {
	v.Title, v.Lead = v.T("recovery.lost.title"), v.T("recovery.lost.lead")
	v.Back = page.Link{URL: v.URL(codePath), Text: v.T("recovery.lost.back")}
	v.Keep = lostPath
	return page.Render(c, status, lostPage(v, number, email))
}

// askLost takes the notice of a lost access code.
func (r *Recovery) askLost(c *gin.Context) error {
	v, typed, email := page.From(c), page.Typed(c, "number"), page.Typed(c, "email")
	if page.Switched(c) {
		return r.showLost(c, v, typed, email, http.StatusOK)
	}
	number, err := credentials.ParseMemberNumber(typed)
	if err != nil {
		v.Errors = append(v.Errors, page.FieldError{Field: "number", Text: v.T("recovery.error.number")})
	}
	address, err := mail.ParseAddress(email)
	if err != nil {
		v.Errors = append(v.Errors, page.FieldError{Field: "email", Text: v.T("recovery.error.email")})
	}
	if len(v.Errors) > 0 {
		return r.showLost(c, v, typed, email, http.StatusUnprocessableEntity)
	}
	ask := r.newAsk(v, profile.ByLostCode, credentials.Handle{Kind: credentials.KindMemberNumber, Value: number})
	ask.Person = &credentials.Person{Number: number, Email: address.String()}
	err = r.Store.AskRecovery(c.Request.Context(), ask, page.Key(c), r.Sessions.Network(c))
	if text := tooOften(c, v, err); text != "" {
		v.Errors = []page.FieldError{{Field: "number", Text: text}}
		return r.showLost(c, v, typed, email, http.StatusTooManyRequests)
	}
	return r.toSent(c, v, string(profile.ByLostCode), err)
}
