package orders

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// certificatePage is for whom a provisional certificate can be made at once.
type certificatePage struct {
	People []page.Option // empty: for nobody
	Chosen string
}

// personField is for whom, in the form of the certificate.
const personField = "person"

func (o *Orders) certificate(c *gin.Context) error { return o.showCertificate(c, http.StatusOK, nil) }

// showCertificate is the form, with what came in between.
func (o *Orders) showCertificate(c *gin.Context, status int, notice *page.Banner) error {
	list, err := o.Store.Certificates(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading who may have a certificate: %w", err)
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav, v.Lead = v.T("orders.certificate.title"), v.T("orders.section"), "requests", v.T("orders.certificate.lead")
	v.Back = page.Link{URL: v.URL(ordersPath), Text: v.T("orders.back")}
	v.Keep, v.Banner, v.Key = certificatePath, notice, page.Key(c)
	p := certificatePage{Chosen: page.Typed(c, personField)}
	all := make([]people.Person, len(list))
	for i, one := range list {
		all[i] = one.Person
	}
	for i, name := range people.Named(v.Lang, all, all) {
		p.People = append(p.People, page.Option{Value: string(all[i].Member), Text: name,
			Hint: v.T("orders.certificate.until", locale.A("date", locale.Date(v.Lang, list[i].Until)))})
	}
	if p.Chosen == "" && len(p.People) > 0 {
		p.Chosen = p.People[0].Value
	}
	return page.Render(c, status, certificateView(v, p))
}

// certify has the certificate sealed, and leads to it in the vault.
func (o *Orders) certify(c *gin.Context) error {
	if page.Switched(c) {
		return o.certificate(c)
	}
	v, login := page.From(c), page.LoginOf(c)
	one, err := o.Store.Certificate(c.Request.Context(), login, auth.MemberID(page.Typed(c, personField)))
	if err != nil {
		return fmt.Errorf("reading for whom a certificate is: %w", err)
	}
	who, err := o.Store.Orderer(c.Request.Context(), login)
	if err != nil {
		return fmt.Errorf("reading who orders: %w", err)
	}
	id, err := o.Issuer.Issue(c.Request.Context(), login, o.certificateOf(v, who, one), page.Key(c))
	var field *document.FieldError
	switch {
	case errors.Is(err, signing.ErrSealKey):
		return o.showCertificate(c, http.StatusServiceUnavailable,
			&page.Banner{Kind: page.Checking, Title: v.T("orders.certificate.away"), Text: v.T("orders.certificate.away.text")})
	case errors.As(err, &field): // a name in letters that we cannot print
		return o.showCertificate(c, http.StatusUnprocessableEntity,
			&page.Banner{Kind: page.Changed, Title: v.T("orders.certificate.unprintable"), Text: v.T("orders.certificate.unprintable.text"),
				Link: v.Way("requests/contact?subject=order", v.T("orders.certificate.ask"), v.T("orders.section"))})
	case err != nil:
		return fmt.Errorf("making a certificate: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL("documents/"+id))
	return nil
}

// certificateOf is the act, in the language of the page; in force from today.
func (o *Orders) certificateOf(v page.View, who Person, one Certificate) document.EHICCertificate {
	return document.EHICCertificate{
		Language: document.Language(v.Lang), Mutuality: o.Mutuality, Date: o.today(),
		Member: document.Person{Name: who.Name, Birth: who.Birth, Affiliation: who.Affiliation},
		State:  cmp.Or(strings.ToUpper(o.Country), "BE"), Surname: fit(one.Surname, document.MaxEHICSurname), GivenNames: fit(one.GivenNames, document.MaxEHICGiven),
		Birth: one.Birth, Number: one.Number.Digits(), Institution: one.Institution, Card: one.Card, Expiry: one.Expiry,
		From: o.today(), Until: one.Until,
	}
}

// fit cuts a name that is longer than the field of the European form, as the card does.
func fit(name string, limit int) string {
	if letters := []rune(name); len(letters) > limit {
		return strings.TrimSpace(string(letters[:limit]))
	}
	return name
}
