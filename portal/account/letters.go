package account

import (
	"context"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Which letters the page of ways in shows: the newest, and none that is long forgotten.
const (
	letterRows = 5
	letterAge  = 60 * 24 * time.Hour
)

// letters are the member's own, where she came in by a way that her letters do not lead
// to: who has only a password is not told that a code for another one is on its way.
func (a *Account) letters(ctx context.Context, v page.View, login auth.Login) ([]page.SummaryRow, error) {
	if login.Assurance < auth.Substantial {
		return nil, nil
	}
	list, err := a.Store.LettersOf(ctx, login, letterRows)
	if err != nil {
		return nil, fmt.Errorf("reading letters: %w", err)
	}
	var rows []page.SummaryRow
	for _, l := range list {
		if a.Now().Sub(l.At.Requested) <= letterAge {
			rows = append(rows, a.letterRow(v, l))
		}
	}
	return rows, nil
}

func (a *Account) letterRow(v page.View, l letters.Letter) page.SummaryRow {
	at := l.At.Requested
	for _, later := range []time.Time{l.At.Printed, l.At.Posted, l.At.Ended} {
		if !later.IsZero() {
			at = later
		}
	}
	date := locale.A("date", locale.Date(v.Lang, at))
	row := page.SummaryRow{Label: v.T("letters.kind." + string(l.Kind)), Value: v.T("recovery.letter."+string(l.State), date)}
	if l.At.Ended.IsZero() {
		row.Detail = v.T("recovery.letter.by", locale.A("date", locale.Date(v.Lang, a.House.ExpectedBy(l.At.Requested))),
			locale.A("reference", l.Reference))
	}
	return row
}
