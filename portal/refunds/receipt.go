package refunds

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// ticksField carries the references that were ticked.
const ticksField = "t"

// receiptable says whether a receipt can be made of a payment: a refund of care that went
// to somebody whose file may be read.
func receiptable(p Payment) bool { return p.Kind == core.Refund && p.Open && p.Cents > 0 }

// receiptPage is what is about to be sealed.
type receiptPage struct {
	Found  Found
	Items  []Payment
	Total  int64
	Left   int                // payments ticked that hold no care she may see
	Before map[string]Receipt // by reference of a payment: the newest receipt it is on
	Back   filter
}

// receipt shows what was ticked, to be checked before it is sealed.
func (r *Refunds) receipt(c *gin.Context) error {
	if r.Issue == nil {
		return ErrNotFound
	}
	p := parse(c.Request.URL.Query(), r.months())
	v := page.From(c)
	if p.Form {
		c.Redirect(http.StatusSeeOther, p.address(v, receiptPath))
		return nil
	}
	return r.showReceipt(c, http.StatusOK, p.filter, nil)
}

// showReceipt shows what is ticked, with a notice above it if there is one.
func (r *Refunds) showReceipt(c *gin.Context, status int, f filter, notice *page.Banner) error {
	v, login := page.From(c), page.LoginOf(c)
	v.Title, v.Section, v.Nav, v.Banner = v.T("refunds.receipt.title"), v.T("refunds.title"), "refunds", notice
	v.Back = page.Link{URL: f.address(v, listPath), Text: v.T("refunds.receipt.back")}
	shown := receiptPage{Back: f, Before: map[string]Receipt{}}
	if len(f.Ticks) > 0 {
		found, err := r.Store.Payment(c.Request.Context(), login, f.Ticks...)
		if err != nil {
			return err
		}
		shown.Found, shown.Items = found, items(found)
		shown.Left = unread(found)
		before, err := r.Store.Receipts(c.Request.Context(), login)
		if err != nil {
			return err
		}
		shown.before(before)
	}
	for _, p := range shown.Items {
		shown.Total += refunded(p)
	}
	if key := wrongReceipt(shown.Items); key != "" {
		v.Errors = []page.FieldError{{Field: "items", Text: v.T(key, locale.A("most", document.MaxRefunds), locale.A("acts", document.MaxRefundActs))}}
		status = http.StatusUnprocessableEntity
	}
	v.Key = page.Key(c)
	return page.Render(c, status, receiptView(v, shown))
}

// items are the payments a receipt can be made of.
func items(found Found) []Payment {
	return slices.DeleteFunc(slices.Clone(found.Payments), func(p Payment) bool { return !receiptable(p) || len(p.Lines) == 0 })
}

// unread counts the refunds that could be on a receipt and hold no care she may see.
func unread(found Found) (n int) {
	for _, p := range found.Payments {
		if receiptable(p) && len(p.Lines) == 0 {
			n++
		}
	}
	return n
}

// refunded is what the acts of a payment that may be seen come to.
func refunded(p Payment) (cents int64) {
	for _, x := range p.Lines {
		cents += x.Refund
	}
	return cents
}

// wrongReceipt is the key of why these make no receipt; empty: they do.
func wrongReceipt(list []Payment) string {
	acts := 0
	for _, p := range list {
		acts += len(p.Lines)
	}
	switch {
	case len(list) == 0:
		return "refunds.receipt.none"
	case len(list) > document.MaxRefunds || acts > document.MaxRefundActs:
		return "refunds.receipt.many"
	}
	return ""
}

// before notes which payments are on a receipt already: the newest counts.
func (p *receiptPage) before(list []Receipt) {
	for _, receipt := range slices.Backward(list) {
		for _, reference := range receipt.Payments {
			p.Before[reference] = receipt
		}
	}
}

// make seals a receipt of what was ticked. Sent twice, it is one.
func (r *Refunds) make(c *gin.Context) error {
	if r.Issue == nil {
		return ErrNotFound
	}
	f := filter{Since: r.months(), Sort: sorts[0]}
	for _, reference := range split(c.PostForm(ticksField), maxTicks) {
		if !isReference(reference) {
			return ErrNotFound
		}
		f.Ticks = add(f.Ticks, reference, maxTicks)
	}
	if page.Switched(c) || len(f.Ticks) == 0 {
		return r.showReceipt(c, http.StatusOK, f, nil)
	}
	found, err := r.Store.Payment(c.Request.Context(), page.LoginOf(c), f.Ticks...)
	if err != nil {
		return err
	}
	list, v := items(found), page.From(c)
	if wrongReceipt(list) != "" {
		return r.showReceipt(c, http.StatusUnprocessableEntity, f, nil)
	}
	act, err := r.act(c, v, found, list)
	if err != nil {
		return err
	}
	id, err := r.Issue(c.Request.Context(), page.LoginOf(c), act, page.Key(c))
	if errors.Is(err, signing.ErrSealKey) {
		return r.showReceipt(c, http.StatusServiceUnavailable, f, &page.Banner{Kind: page.Changed, Title: v.T("refunds.receipt.busy.title"), Text: v.T("refunds.receipt.busy.text")})
	}
	if errors.Is(err, document.ErrTooLong) { // long words, and many of them
		return r.tooLong(c, f)
	}
	if err != nil {
		return fmt.Errorf("issuing a receipt: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL(receiptsPath+"/"+id))
	return nil
}

// tooLong says that what is ticked does not fit on a receipt.
func (r *Refunds) tooLong(c *gin.Context, f filter) error {
	v := page.From(c)
	return r.showReceipt(c, http.StatusUnprocessableEntity, f, &page.Banner{Kind: page.Changed, Title: v.T("refunds.receipt.busy.title"),
		Text: v.T("refunds.receipt.many", locale.A("most", document.MaxRefunds), locale.A("acts", document.MaxRefundActs))})
}

// act is the receipt to be sealed. Words of the insurance system are made such as can
// stand in it.
func (r *Refunds) act(c *gin.Context, v page.View, found Found, list []Payment) (document.RefundReceipt, error) {
	who, err := r.Store.RefundHolder(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return document.RefundReceipt{}, err
	}
	act := document.RefundReceipt{Language: document.Language(v.Lang), Mutuality: r.Mutuality, Member: who, Date: r.today()}
	for _, p := range list {
		item := document.Refund{Reference: p.Reference, Treated: p.Treated}
		for _, x := range p.Lines {
			line := document.RefundAct{
				Person: document.RefundText(found.nameOf(x.Person)), Nature: cmp.Or(document.RefundText(x.Nature), v.T("refunds.kind.refund")),
				Code: document.RefundText(x.Code), Provider: document.RefundText(x.Provider), From: x.From, Refunded: x.Refund, Own: x.Own,
			}
			if x.To.After(x.From) {
				line.To = &x.To
			}
			item.Acts = append(item.Acts, line)
		}
		act.Payments = append(act.Payments, item)
	}
	return act, nil
}

// receipts is the ledger: what the member had sealed, and of what.
func (r *Refunds) receipts(c *gin.Context) error {
	list, err := r.Store.Receipts(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return err
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav, v.Lead = v.T("refunds.receipts.title"), v.T("refunds.title"), "refunds", v.T("refunds.receipts.lead")
	v.Back = page.Link{URL: v.URL(listPath), Text: v.T("refunds.title")}
	return page.Render(c, http.StatusOK, receiptsView(v, list))
}

// made is one receipt of the ledger: where making it leads.
func (r *Refunds) made(c *gin.Context) error {
	list, err := r.Store.Receipts(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(x Receipt) bool { return x.ID == c.Param("receipt") })
	if at < 0 {
		return ErrNotFound
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav, v.NoHeading = v.T("refunds.made.title"), v.T("refunds.title"), "refunds", true
	v.Back = page.Link{URL: v.URL(receiptsPath), Text: v.T("refunds.receipts.title")}
	return page.Render(c, http.StatusOK, madeView(v, list[at]))
}
