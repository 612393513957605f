package people

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// word is the last part of the address and of the keys.
func word(allow bool) string {
	if allow {
		return "allow"
	}
	return "block"
}

// act is the request as it will be signed.
func (p *People) act(v page.View, h Household, o OnBooklet, allow bool) document.AccessChange {
	return document.AccessChange{
		Language: document.Language(v.Lang), Mutuality: p.Mutuality, Date: Today(p.Now()),
		Member: document.Person{Name: h.Me.Name, Birth: h.Me.Birth, Affiliation: h.Affiliation},
		Allow:  allow, Holder: o.Name, Booklet: string(o.Holder),
	}
}

// change shows what will happen, and the ways to ask for it: by signature, by a recorded
// answer for who has a card without one (those under age), and on paper.
func (p *People) change(allow bool) page.Handler {
	return func(c *gin.Context) error {
		h, o, err := p.holder(c)
		if err != nil {
			return err
		}
		may, ofAge := p.may(h)
		if !may {
			return p.tooYoung(c, h)
		}
		v, key := page.From(c), "people."+word(allow)
		name := locale.A("name", o.Name)
		v.Title, v.Nav, v.Lead = v.T(key+".title"), "account", v.T(key+".lead", name)
		v.Back = page.Link{URL: v.URL(peoplePath), Text: v.T("people.return")}
		how := p.Freezer.Method(page.LoginOf(c), p.act(v, h, o, allow))
		choice := map[bool]string{true: "keep", false: "stop"}[allow]
		return page.Render(c, http.StatusOK, changeView(v, changePage{
			Action: v.URL(peoplePath + "/" + string(o.Holder) + "/" + word(allow)), Continue: v.T("people.continue." + how),
			Rows: []page.SummaryRow{
				{Label: v.T("people.holder"), Value: o.Name},
				{Label: v.T("people.effect"), Value: v.T(key + ".effect"), Detail: v.T(key + ".effect.detail")},
				{Label: v.T("people.asker"), Value: h.Me.Name, Detail: v.T("people.asker.self")},
			},
			Answer: page.Link{URL: v.URL(peoplePath + "/" + string(o.Holder) + "/answer?choice=" + choice), Text: v.T("people.noseal.do")},
			Young:  !ofAge, Form: p.formLink(v, o, allow),
		}))
	}
}

// changePage shows a request before it is frozen.
type changePage struct {
	Action, Continue string
	Rows             []page.SummaryRow
	Answer, Form     page.Link
	Young            bool // her card holds no signature
}

func (p *People) formLink(v page.View, o OnBooklet, allow bool) page.Link {
	link := page.Link{URL: v.URL(peoplePath + "/" + string(o.Holder) + "/form.pdf"), Text: v.T("people.form.do"), Icon: "download"}
	if allow {
		link.URL += "?to=allow"
	}
	return link
}

// changed freezes the request and goes on to reading and signing it.
func (p *People) changed(allow bool) page.Handler {
	return func(c *gin.Context) error {
		h, o, err := p.holder(c)
		if err != nil {
			return err
		}
		if may, _ := p.may(h); !may {
			return p.tooYoung(c, h)
		}
		v := page.From(c)
		if page.Switched(c) {
			c.Redirect(http.StatusSeeOther, v.URL(peoplePath+"/"+string(o.Holder)+"/"+word(allow)))
			return nil
		}
		request, err := p.Freezer.Freeze(c.Request.Context(), page.LoginOf(c), p.act(v, h, o, allow), page.Key(c))
		if err != nil {
			return fmt.Errorf("freezing a change of access: %w", err)
		}
		c.Redirect(http.StatusSeeOther, v.URL("requests/"+request+"/read"))
		return nil
	}
}

// form is the same request as a PDF to be printed, signed by hand and sent. Nothing
// is asked by drawing it: staff note it once it is here, signed.
func (p *People) form(c *gin.Context) error {
	h, o, err := p.holder(c)
	if err != nil {
		return err
	}
	if may, _ := p.may(h); !may {
		return p.tooYoung(c, h)
	}
	act := p.act(page.From(c), h, o, c.Query("to") == "allow")
	act.Reference = "P-" + act.Date.Format("2006-01-02")
	drawn, err := document.Draw(act, p.Now())
	if err != nil {
		return fmt.Errorf("drawing a form: %w", err)
	}
	if err := p.Store.AccessForm(c.Request.Context(), page.LoginOf(c), o.Holder); err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+string(act.Kind())+`.pdf"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "application/pdf", drawn.PDF)
	return nil
}
