package orders

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// Orders is the area. Fields without a default are required.
type Orders struct {
	Store     Store
	Freezer   Freezer
	Issuer    Issuer             // of provisional certificates
	Mutuality document.Mutuality // letterhead of the documents
	Now       func() time.Time
	// Delivery is how many days pass until a card is in the post. Zero: 10.
	Delivery int
	// Country that issues European cards, ISO 3166-1 alpha-2. Empty: BE.
	Country string
}

// Paths of the area, below the language.
const (
	ordersPath = "orders"
	ehicPath   = "orders/ehic"
	checkPath  = "orders/ehic/check"
	sendPath   = "orders/ehic/send"
	// Of the provisional certificate; requests lead to it.
	certificatePath = "orders/ehic/certificate"
	blankPath       = "orders/incapacity-form/blank.pdf"
)

// Route mounts the area. What was typed is kept in a draft and checked again at each
// step, as in package bank: every page answers a GET, and every POST leads to one.
func (o *Orders) Route(r page.Routes) {
	r.GET(ordersPath, auth.ReadFile, o.list)
	r.GET(ehicPath, auth.OrderDocument, o.ehic)
	r.POST(checkPath, auth.OrderDocument, o.take)
	r.GET(checkPath, auth.OrderDocument, o.check)
	r.POST(sendPath, auth.OrderDocument, o.send)
	r.GET(certificatePath, auth.OrderDocument, o.certificate)
	r.POST(certificatePath, auth.OrderDocument, o.certify)
	for _, k := range document.PostKinds() {
		post{o, k}.route(r)
	}
	r.GET(blankPath, auth.OrderDocument, o.blank)
}

func (o *Orders) delivery() int {
	if o.Delivery == 0 {
		return 10
	}
	return o.Delivery
}

// today is the date in Belgium, as midnight UTC like every date in a document.
func (o *Orders) today() time.Time {
	y, m, d := o.Now().In(locale.Zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// list shows what can be ordered.
func (o *Orders) list(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("orders.title"), v.T("orders.section"), "requests"
	v.Lead = v.T("orders.lead")
	v.Back = page.Link{URL: v.URL("requests"), Text: v.T("orders.requests.back")}
	return page.Render(c, http.StatusOK, listView(v))
}
