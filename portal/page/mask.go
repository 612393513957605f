package page

import (
	"bytes"
	"context"
	"io"

	"github.com/a-h/templ"

	"guichet.example/portal/locale"
)

// dots stand where an amount or a number is masked.
const dots = "•••"

// masked says whether amounts and numbers are hidden: at a kiosk others read along, until who
// is signed in asks to see them. It is asked of each one, so that the page then offers to.
func (v View) masked() bool {
	if v.Kiosk == nil {
		return false
	}
	v.Kiosk.private = true
	return !v.Kiosk.Shown
}

// amountsFirst puts before what a page holds the form that shows its amounts and numbers, if
// it has any: that is known once it is made.
func amountsFirst(v View) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var made bytes.Buffer
		children, ctx := templ.GetChildren(ctx), templ.ClearChildren(ctx)
		if err := children.Render(ctx, &made); err != nil {
			return err
		}
		if v.Kiosk.private && v.Login != nil {
			if err := amountsForm(v).Render(ctx, w); err != nil {
				return err
			}
		}
		_, err := made.WriteTo(w)
		return err
	})
}

// Money is an amount in a sentence: locale.Money, or words where it is masked.
func (v View) Money(cents int64) string {
	if v.masked() {
		return "[" + v.T("kiosk.hidden.amount") + "]"
	}
	return locale.Money(v.Lang, cents)
}

// Drawn is an amount on a drawing, which readers are told in words: locale.Number, or dots.
func (v View) Drawn(cents int64) string {
	if v.masked() {
		return dots
	}
	return locale.Number(v.Lang, cents)
}

// Money is locale.Money as what a cell or an answer holds.
func Money(v View, cents int64) templ.Component {
	if v.masked() {
		return maskedText(v, "kiosk.hidden.amount")
	}
	return Text(locale.Money(v.Lang, cents))
}

// Number is Money without the currency.
func Number(v View, cents int64) templ.Component {
	if v.masked() {
		return maskedText(v, "kiosk.hidden.amount")
	}
	return Text(locale.Number(v.Lang, cents))
}

// Private is a number or code by which the mutuality knows her, as what an answer holds.
func Private(v View, number string) templ.Component {
	if v.masked() {
		return maskedText(v, "kiosk.hidden.number")
	}
	return Text(number)
}
