package places

import (
	"guichet.example/portal/page"
)

// branchesTable is the list, in which hours, services and numbers stand under each other.
func branchesTable(v page.View, rows []branchRow) page.Table {
	table := page.Table{Caption: v.TN("places.branches.table", len(rows)), Columns: []page.Column{
		{Head: v.T("places.branch"), Width: 25}, {Head: v.T("places.hours"), Width: 35},
		{Head: v.T("places.services"), Width: 25}, {Head: v.T("places.phone"), Width: 15}}}
	for _, b := range rows {
		table.Rows = append(table.Rows, page.TableRow{branchCell(v, b), lines(b.Hours), lines(b.Services), phone(b.Phone)})
	}
	return table
}
