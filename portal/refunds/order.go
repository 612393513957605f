package refunds

import (
	"cmp"
	"slices"
	"strings"
)

// perPage is how many payments a page of the list has.
const perPage = 20

// listed is one page of payments in their order.
type listed struct {
	Rows     []Payment
	First, N int    // place of the first row, from 1, and how many there are in all
	Next     string // After of the next page; empty: none
	Previous string // After of the one before; empty: it is the first page
	Earlier  bool   // there is a page before
}

// pageOf sorts payments and cuts out the page after the one with that reference. One
// that is not there any more begins anew.
func pageOf(list []Payment, order, after string) listed {
	sortPayments(list, order)
	at := slices.IndexFunc(list, func(p Payment) bool { return p.Reference == after }) + 1
	end := min(at+perPage, len(list))
	l := listed{Rows: list[at:end], First: at + 1, N: len(list), Earlier: at > 0}
	if end < len(list) {
		l.Next = list[end-1].Reference
	}
	if at > perPage {
		l.Previous = list[at-perPage-1].Reference
	}
	return l
}

// sortPayments sorts by one of sorts. Those that are equal in it are the newest first.
func sortPayments(list []Payment, order string) {
	column, down := strings.CutPrefix(order, "-")
	slices.SortStableFunc(list, func(a, b Payment) int {
		by := compare(column, a, b)
		if down {
			by = -by
		}
		return cmp.Or(by, b.Treated.Compare(a.Treated), strings.Compare(b.Reference, a.Reference))
	})
}

func compare(column string, a, b Payment) int {
	switch column {
	case "received":
		return a.Received.Compare(b.Received)
	case "paid":
		return a.Paid.Compare(b.Paid)
	case "amount":
		return cmp.Compare(a.Cents, b.Cents)
	case "payee":
		return strings.Compare(strings.ToLower(a.Payee), strings.ToLower(b.Payee))
	case "reference":
		return strings.Compare(a.Reference, b.Reference)
	}
	return a.Treated.Compare(b.Treated)
}

// totals of a list. They are never mixed.
type totals struct {
	In            int64 // money to members whose files these are
	Out           int64 // money from them, not negative
	Professionals int64 // to professionals: received by no member
	Holder        int64 // to the holder, for the member's own care: not hers to see more of
}

func totalsOf(list []Payment) (t totals) {
	for _, p := range list {
		switch {
		case p.ThirdParty():
			t.Professionals += p.Cents
		case !p.Open:
			t.Holder += p.Cents
		case p.Cents < 0:
			t.Out -= p.Cents
		default:
			t.In += p.Cents
		}
	}
	return t
}
