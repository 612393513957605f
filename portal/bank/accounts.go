package bank

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// accountsPage lists what money is paid to.
type accountsPage struct {
	Accounts []Account
	Shown    Purpose // the account whose number is shown in full; empty: none
	Asked    bool    // a change is on its way and can be stopped
}

// accounts shows the accounts, their numbers masked.
func (b *Bank) accounts(c *gin.Context) error { return b.showAccounts(c, "") }

// reveal shows one number in full; the store writes who looked. It answers the POST
// itself: no address leads to a number.
func (b *Bank) reveal(c *gin.Context) error {
	purpose := Purpose(c.PostForm("purpose"))
	if _, err := b.Store.Reveal(c.Request.Context(), page.LoginOf(c), purpose); err != nil {
		return fmt.Errorf("revealing an account: %w", err)
	}
	return b.showAccounts(c, purpose)
}

func (b *Bank) showAccounts(c *gin.Context, shown Purpose) error {
	ctx, login := c.Request.Context(), page.LoginOf(c)
	accounts, err := b.Store.Accounts(ctx, login)
	if err != nil {
		return fmt.Errorf("reading accounts: %w", err)
	}
	asked, err := b.Store.Asked(ctx, login)
	if err != nil {
		return fmt.Errorf("reading the change asked for: %w", err)
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("bank.title"), v.T("bank.section"), "account"
	v.Path, v.Lead = accountsPath, v.T("bank.lead")
	v.Back = page.Link{URL: v.URL("account"), Text: v.T("bank.account.back")}
	v.Banner = askedBanner(v, asked)
	return page.Render(c, http.StatusOK, accountsView(v, accountsPage{Accounts: accounts, Shown: shown, Asked: asked != nil && asked.Signed}))
}

// askedBanner says that a change is under way and not in force.
func askedBanner(v page.View, asked *Asked) *page.Banner {
	if asked == nil {
		return nil
	}
	date, reference := locale.A("date", locale.Date(v.Lang, asked.At)), locale.A("reference", asked.Reference)
	if !asked.Signed {
		return &page.Banner{Kind: page.ToSign, Title: v.T("bank.unsigned.title"),
			Text: v.T("bank.unsigned.text", date, reference),
			Link: page.Link{URL: v.URL("requests/" + asked.Request + "/read"), Text: v.T("bank.unsigned.link")}}
	}
	text := v.T("bank.asked.text", date, reference)
	if !asked.InForce.IsZero() {
		until := locale.A("until", locale.Date(v.Lang, belgianDay(asked.InForce)))
		if text = v.T("bank.asked.until.text", date, reference, until); asked.Accepted {
			text = v.T("bank.accepted.text", date, reference, until)
		}
	}
	return &page.Banner{Kind: page.Checking, Title: v.T("bank.asked.title"), Text: text,
		Link: page.Link{URL: v.URL("requests/" + asked.Request), Text: v.T("bank.asked.link")}}
}

// rows are the facts of an account.
func (p accountsPage) rows(v page.View, a Account) []page.SummaryRow {
	number := page.SummaryRow{Label: v.T("bank.iban"), Large: true}
	if p.Shown == a.Purpose {
		number.Value = a.IBAN.Grouped()
	} else {
		number.Content = page.MaskedAccount(v, a.IBAN.Country(), a.IBAN.Last4())
	}
	rows := []page.SummaryRow{number}
	if a.Bank != "" || a.BIC != "" {
		rows = append(rows, bankRow(v, a.Bank, a.BIC))
	}
	rows = append(rows, page.SummaryRow{Label: v.T("bank.holder"), Value: a.Holder})
	if !a.Since.IsZero() {
		rows = append(rows, page.SummaryRow{Label: v.T("bank.since"), Value: locale.Date(v.Lang, a.Since)})
	}
	return rows
}

func bankRow(v page.View, name, bic string) page.SummaryRow {
	row := page.SummaryRow{Label: v.T("bank.bank"), Value: name}
	if bic != "" {
		row.Detail = v.T("bank.bic", locale.A("bic", bic))
	}
	if name == "" {
		row.Value, row.Detail = row.Detail, ""
	}
	return row
}
