package refunds

import (
	"strings"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// itemTable are the payments that a receipt will list.
func itemTable(v page.View, p receiptPage) page.Table {
	t := page.Table{Caption: v.T("refunds.receipt.items"), Columns: []page.Column{
		{Head: v.T("refunds.head.reference"), Width: 30}, {Head: v.T("refunds.head.treated"), Width: 20},
		{Head: v.T("refunds.form.persons"), Width: 30}, {Head: v.T("refunds.head.amount"), Width: 20, End: true},
	}}
	for _, x := range p.Items {
		note := ""
		if before, ok := p.Before[x.Reference]; ok {
			note = v.T("refunds.receipt.before", locale.A("reference", before.Reference), locale.A("date", locale.Date(v.Lang, before.Made)))
		}
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(page.Link{URL: paymentAddress(v, x.Reference), Text: x.Reference}, note),
			page.Text(day(v, x.Treated)), page.Text(strings.Join(p.Found.names(x), ", ")), page.Amount(v, refunded(x)),
		})
	}
	return t
}

// receiptTable is the ledger.
func receiptTable(v page.View, list []Receipt) page.Table {
	t := page.Table{Caption: v.T("refunds.receipts.caption"), Columns: []page.Column{
		{Head: v.T("refunds.made.number"), Width: 35}, {Head: v.T("refunds.receipts.date"), Width: 25},
		{Head: v.T("refunds.made.payments"), Width: 15}, {Head: v.T("refunds.receipt.total"), Width: 25, End: true},
	}}
	for _, r := range list {
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(page.Link{URL: v.URL(receiptsPath + "/" + r.ID), Text: r.Reference}, ""),
			page.Text(locale.Date(v.Lang, r.Made)), page.Text(v.TN("refunds.payments", len(r.Payments))), page.Amount(v, r.Cents),
		})
	}
	return t
}

// statementTable are the statements to open.
func statementTable(v page.View, list []Statement) page.Table {
	t := page.Table{Caption: v.T("refunds.statements.caption"), Columns: []page.Column{
		{Head: v.T("refunds.statements.name"), Width: 45}, {Head: v.T("refunds.receipts.date"), Width: 30}, {Head: v.T("refunds.statements.file"), Width: 25},
	}}
	for _, s := range list {
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(page.Link{URL: v.URL("documents/" + s.Document), Text: s.Title, Lang: v.Written(s.Language), Hidden: day(v, s.Issued)}, ""),
			page.Text(day(v, s.Issued)), page.Text(v.TN("documents.what", s.Pages, locale.A("size", locale.Bytes(v.Lang, int64(s.Size))))),
		})
	}
	return t
}
