package document

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Check is the printed check of a document: what its QR code leads to, and beside it
// what one types instead.
type Check struct {
	// Page is the address of the public check page, "https://host/check": https, or
	// http on the own machine; neither query nor fragment.
	Page    string
	Payload CheckPayload // signed; its reference, date and digest are the document's
}

// CheckParameter is the name of the payload in the address that the QR code holds.
const CheckParameter = "c"

// MaxCheckAddress is the length of the longest address a printed check may hold, in
// characters.
const MaxCheckAddress = 400

// Address is what the QR code holds: the page with the payload as its query.
func (c Check) Address() string {
	return c.Page + "?" + CheckParameter + "=" + c.Payload.String()
}

// validate checks that the check is one of this sheet.
func (c Check) validate(s Sheet, date time.Time) error {
	if err := c.Payload.Validate(); err != nil {
		return err
	}
	page, err := url.Parse(c.Page)
	local := err == nil && page.Scheme == "http" && (page.Hostname() == "localhost" || page.Hostname() == "127.0.0.1" || page.Hostname() == "::1")
	var v checker
	v.that("check.page", err == nil && page.Host != "" && page.User == nil && (page.Scheme == "https" || local) &&
		!strings.ContainsAny(c.Page, "?#") && isPrintableASCII(c.Page) && len(c.Address()) <= MaxCheckAddress)
	v.that("check.reference", c.Payload.Reference == s.Reference)
	v.that("check.date", epochDays(c.Payload.Date) == epochDays(date))
	v.that("check.digest", c.Payload.Digest == SheetDigest(s))
	v.that("check.signature", c.Payload.Signature != [rawSignature]byte{})
	return v.err
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// CheckMark is a printed check in the words of a sheet.
type CheckMark struct {
	Title       string // "Check this document"
	Rows        []Row  // reference, code
	Text        string // how, and on which page
	Alternative string // what the QR code says to who cannot see it
	Address     string // what the QR code holds
}

// mark puts a check into the words of a language.
func (c Check) mark(l Language) *CheckMark {
	return &CheckMark{
		Title: checkTitle.in(l),
		Text:  checkText.in(l, "{page}", shownPage(c.Page)),
		Rows: []Row{
			{wordReference.in(l), c.Payload.Reference},
			{checkCode.in(l), c.Payload.Code.String()},
		},
		Alternative: checkAlternative.in(l, "{page}", shownPage(c.Page)),
		Address:     c.Address(),
	}
}

// NewCheck makes the check of an act to be drawn: digest, reference and date are the
// act's. It is not signed yet. Errors are those of the act's Validate.
func NewCheck(a Act, page, issuer string, code CheckCode) (Check, error) {
	frozen, err := Marshal(a)
	if err != nil {
		return Check{}, err
	}
	act, err := Unmarshal(frozen)
	if err != nil {
		return Check{}, fmt.Errorf("reading back the frozen act: %w", err)
	}
	s, h := act.Sheet(), act.Head()
	c := Check{Page: page, Payload: CheckPayload{
		Issuer: issuer, Date: h.Date, Reference: s.Reference, Digest: SheetDigest(s), Code: code,
	}}
	return c, c.Payload.Validate()
}
