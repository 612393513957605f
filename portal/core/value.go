package core

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"guichet.example/auth/nrn"
)

// form is how a value was written.
type form byte

const (
	absent form = iota // not there, null, or an empty column
	quoted             // text of JSON
	digits             // number of JSON
	truth              // true or false of JSON
	column             // of CSV: whatever the field is
)

// value is what stands in a field of a line, and what was read from it.
type value struct {
	form form
	text string
	n    int64
	when time.Time
	id   nrn.Number
	flag bool
}

// Reasons for which one value is refused.
const (
	reasonUTF8    = "is not UTF-8: save the file as UTF-8, not as Latin-1 or Windows-1252"
	reasonControl = "holds a control character"
	reasonDay     = "a day is written 2026-11-22"
	reasonMoment  = "a moment is written 2026-11-22T09:30:00+01:00"
	reasonWhole   = "a whole number, digits alone"
	reasonCents   = "whole cents, without comma or point: 1234 is 12.34 EUR"
	reasonFlag    = "true or false"
	reasonNumber  = "not a national register number: wrong digits or check digits"
	reasonFuture  = "is in the future"
	reasonQuotes  = "text is between quotes"
	reasonNoQuote = "no quotes around it"
	reasonYear    = "a year between 1880 and 2200"
)

// check reads a value as the field has it; "" if nothing is wrong. today ends the past.
func (f *Field) check(v *value, today time.Time) string {
	if v.form == absent || v.form != digits && v.form != truth && v.text == "" {
		v.form = absent
		if f.Required {
			return ReasonMissing
		}
		return ""
	}
	switch f.Type {
	case Text, Day, Moment, Number:
		if v.form == digits || v.form == truth {
			return reasonQuotes
		}
	case Whole, Cents:
		if v.form == quoted {
			return reasonNoQuote
		}
		if v.form == truth {
			return f.noNumber()
		}
	case Flag:
		if v.form == quoted {
			return reasonNoQuote
		}
	}
	if v.form != digits && v.form != truth {
		if wrong := wrongText(v.text); wrong != "" {
			return wrong
		}
	}
	return f.read(v, today)
}

func (f *Field) noNumber() string {
	if f.Type == Cents {
		return reasonCents
	}
	return reasonWhole
}

func (f *Field) read(v *value, today time.Time) string {
	var err error
	switch f.Type {
	case Text:
		return f.checkText(v.text)
	case Day:
		if v.when, err = parseDay(v.text); err != nil {
			return reasonDay
		}
		return f.checkTime(v.when, today)
	case Moment:
		if v.when, err = time.Parse(time.RFC3339, v.text); err != nil {
			return reasonMoment
		}
		v.when = v.when.UTC()
		return f.checkTime(v.when, today)
	case Number:
		if v.id, err = nrn.Parse(v.text); err != nil {
			return reasonNumber
		}
	case Flag:
		if v.text != "true" && v.text != "false" {
			return reasonFlag
		}
		v.flag = v.text == "true"
	default:
		if v.n, err = parseWhole(v.text); err != nil {
			return f.noNumber()
		}
		if v.n < f.Least || v.n > f.Most {
			return "between " + strconv.FormatInt(f.Least, 10) + " and " + strconv.FormatInt(f.Most, 10)
		}
	}
	return ""
}

func (f *Field) checkText(s string) string {
	if int64(len(s)) > f.Most && int64(utf8.RuneCountInString(s)) > f.Most {
		return "longer than " + strconv.FormatInt(f.Most, 10) + " characters"
	}
	if len(f.Choices) > 0 && !slices.Contains(f.Choices, s) {
		return "one of " + strings.Join(f.Choices, ", ")
	}
	if f.shape != nil {
		return f.shape(s)
	}
	return ""
}

func (f *Field) checkTime(t, today time.Time) string {
	if t.Year() < 1880 || t.Year() > 2200 {
		return reasonYear
	}
	if f.Past && t.After(today) {
		return reasonFuture
	}
	return ""
}

// wrongText refuses what is no text. Text that begins like a formula is text.
func wrongText(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return reasonControl
		}
		plain = plain && s[i] < 0x80
	}
	if plain {
		return ""
	}
	if !utf8.ValidString(s) {
		return reasonUTF8
	}
	for _, r := range s {
		if r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return reasonControl
		}
	}
	return ""
}

// parseDay reads 2026-11-22 and nothing else.
func parseDay(s string) (time.Time, error) {
	if len(s) != len(time.DateOnly) {
		return time.Time{}, strconv.ErrSyntax
	}
	return time.Parse(time.DateOnly, s)
}

// parseWhole reads digits, with a minus before them or not: no plus, no zeros in front.
func parseWhole(s string) (int64, error) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 18 || digits[0] == '0' && len(s) > 1 || strings.Trim(digits, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(s, 10, 64)
}

// put writes a value that was read into the record.
func (f *field[T]) put(record *T, v value) {
	if v.form == absent {
		return
	}
	switch {
	case f.text != nil:
		f.write(record, v.text)
	case f.when != nil:
		*f.when(record) = v.when
	case f.whole != nil:
		*f.whole(record) = int(v.n)
	case f.cents != nil:
		*f.cents(record) = v.n
	case f.maybe != nil:
		n := v.n
		*f.maybe(record) = &n
	case f.flag != nil:
		*f.flag(record) = v.flag
	case f.number != nil:
		*f.number(record) = v.id
	}
}

// get spells what stands in the record.
func (f *field[T]) get(record *T) value {
	v := value{form: quoted}
	switch {
	case f.text != nil:
		v.text = f.text(record)
	case f.when != nil:
		layout := time.DateOnly
		if f.Type == Moment {
			layout = time.RFC3339
		}
		if at := *f.when(record); !at.IsZero() {
			v.text = at.Format(layout)
		}
	case f.whole != nil:
		v.form, v.text = digits, strconv.Itoa(*f.whole(record))
	case f.cents != nil:
		v.form, v.text = digits, strconv.FormatInt(*f.cents(record), 10)
	case f.maybe != nil:
		if n := *f.maybe(record); n != nil {
			v.form, v.text = digits, strconv.FormatInt(*n, 10)
		}
	case f.flag != nil:
		v.form, v.text = truth, strconv.FormatBool(*f.flag(record))
	case f.number != nil:
		if id := *f.number(record); !id.IsZero() {
			v.text = id.Digits()
		}
	}
	if v.text == "" {
		v.form = absent
	}
	return v
}
