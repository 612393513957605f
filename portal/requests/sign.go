package requests

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// ErrUnreadable means that what the page sent is not the JSON it should be.
var ErrUnreadable = errors.New("message of the card page cannot be read")

// maxMessage is the longest message of the card page, in bytes: a certificate in
// base64 and the card's algorithms.
const maxMessage = 48 << 10

// sign is the page on which the card speaks. A request that is not to be signed any
// more is shown as it stands instead.
func (q *Requests) sign(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	if r.State != ToSign {
		c.Redirect(http.StatusSeeOther, address(v, r.ID, ""))
		return nil
	}
	v.Title, v.Section, v.Nav = v.T("requests.sign.title"), v.T("requests.title"), "requests"
	v.Lead = v.T("requests.sign.lead", locale.A("name", nameOf(r.Act)))
	v.Step = stepOf(v, r, signStep)
	v.Back = page.Link{URL: address(v, r.ID, "read"), Text: v.T("requests.sign.back")}
	v.CardPage = true
	p := newSheet(r, true)
	p.Offered = !OfPaper(r.Act.Kind()) && len(q.Sealing.Approvers(page.LoginOf(c))) > 0
	return page.Render(c, http.StatusOK, signView(v, p))
}

// card is what the panel of the card page calls.
func (p sheetPage) cardStep(v page.View) page.CardStep {
	step := page.CardStep{
		Sign: true, Prepare: address(v, p.Request.ID, "prepare"), Complete: address(v, p.Request.ID, "complete"),
		Kept: v.T("requests.sign.kept"),
	}
	if p.Offered { // a card need not hold a signature certificate
		step.Other = page.Link{URL: address(v, p.Request.ID, "approve"), Icon: "arrow-right", Text: v.T("requests.sign.approve")}
	}
	return step
}

// toPrepare is what the page sends once the card has shown its certificate.
type toPrepare struct {
	Certificate string      `json:"certificate"` // base64 of DER
	Algorithms  []Algorithm `json:"supportedSignatureAlgorithms"`
}

// prepared is what the page hands to the card.
type prepared struct {
	Preparation  string `json:"preparation"`
	Hash         string `json:"hash"` // base64
	HashFunction string `json:"hashFunction"`
}

// cardStep answers the card page: who signs which request, with which store, and the page
// to which the card leads.
type cardStep struct {
	signing *Signing
	login   auth.Login
	request string
	next    string
}

func (q *Requests) card(c *gin.Context) cardStep {
	id := c.Param("id")
	return cardStep{q.Signing, page.LoginOf(c), id, address(page.From(c), id, "done")}
}

func (q *Requests) prepare(c *gin.Context) error  { return q.card(c).prepare(c) }
func (q *Requests) complete(c *gin.Context) error { return q.card(c).complete(c) }

// With is the same service on another store.
func (s *Signing) With(store SignStore) *Signing {
	other := *s
	other.Store = store
	return &other
}

// prepare takes the card's certificate and answers with the digest to sign.
func (s cardStep) prepare(c *gin.Context) error {
	var m toPrepare
	if err := message(c, &m); err != nil {
		return err
	}
	der, err := base64.StdEncoding.DecodeString(m.Certificate)
	if err != nil {
		return problem(fmt.Errorf("%w: not base64", certs.ErrMalformed), "")
	}
	card, err := s.signing.Prepare(c.Request.Context(), s.login, s.request, der, m.Algorithms)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, prepared{card.Preparation, base64.StdEncoding.EncodeToString(card.Digest), card.HashFunction})
	return nil
}

// toComplete is what the page sends once the card has signed. What the card calls its
// algorithm is not needed: the value is verified as prepared.
type toComplete struct {
	Preparation string    `json:"preparation"`
	Signature   string    `json:"signature"` // base64
	Algorithm   Algorithm `json:"signatureAlgorithm"`
}

// complete takes the card's signature value and answers with the next page.
func (s cardStep) complete(c *gin.Context) error {
	var m toComplete
	if err := message(c, &m); err != nil {
		return err
	}
	value, err := base64.StdEncoding.DecodeString(m.Signature)
	if err != nil {
		return problem(fmt.Errorf("%w: not base64", signing.ErrSignatureValue), "")
	}
	if _, err := s.signing.Complete(c.Request.Context(), s.login, s.request, m.Preparation, value); err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"next": s.next})
	return nil
}

// message reads one JSON object and nothing behind it.
func message(c *gin.Context, into any) error {
	body := http.MaxBytesReader(c.Writer, c.Request.Body, maxMessage)
	d := json.NewDecoder(body)
	if err := d.Decode(into); err != nil {
		return problem(fmt.Errorf("%w: %v", ErrUnreadable, err), "")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return problem(fmt.Errorf("%w: more than one value", ErrUnreadable), "")
	}
	return nil
}

// nameOf is the name of the member as it stands in the document.
func nameOf(act document.Act) string { return act.Head().Member.Name }
