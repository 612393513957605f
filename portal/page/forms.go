package page

import (
	"net/http"
	"strings"
)

// ButtonKind is how much a button weighs.
type ButtonKind string

// The kinds of button. One First a page; Danger only on a page of its own.
const (
	First  ButtonKind = "first"
	Second ButtonKind = "second"
	Danger ButtonKind = "danger"
)

// keptForm is the id of the form that goes along when the language is switched.
const keptForm = "kept"

func (v View) keeps(action string) bool { return v.Keep != "" && action == v.URL(v.Keep) }

// FormStatus is the status of a page with a form: 422 if it shows what to correct.
func FormStatus(v View) int {
	if len(v.Errors) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// Field is one line (or, with Rows, several) to type in. Its error is found in
// View.Errors by its name.
type Field struct {
	Name, Label, Hint string
	Value             string
	Type              string // "text" if empty; "email", "tel", "password"
	Autocomplete      string // token of HTML, required for personal data; "off" if empty
	InputMode         string // "numeric", "decimal"; empty: none
	Optional          bool   // the label says so
	Width             Width
	Rows              int  // > 0: several lines
	MaxLength         int  // in characters; 0: no limit
	Spaced            bool // account numbers: letters apart, capitals
}

// File is one file to choose, for a form in parts. Its error is found in View.Errors by
// its name.
type File struct {
	Name, Label, Hint string
	Accept            string // kinds of file that the browser offers: "application/pdf,.pdf"
}

// Width of a field, by what it holds.
type Width string

// The widths.
const (
	Full   Width = ""       // of its column
	Medium Width = "medium" // a name
	Short  Width = "short"  // a postcode
	Tiny   Width = "tiny"   // a day
)

// DateFields is a date typed in three fields: Name + "-day", "-month", "-year". An
// error may name the whole (Name) or one part.
type DateFields struct {
	Name, Legend, Hint string
	Day, Month, Year   string
	Birth              bool // autocomplete of a birth date
}

// Choice is one of several options, all shown.
type Choice struct {
	Name, Legend, Hint string
	Value              string
	Options            []Option
}

// Option is one line of a Choice.
type Option struct{ Value, Text, Hint string }

// Tick is one box to tick, such as "I have read this document".
type Tick struct {
	Name, Text, Hint string
	Checked          bool
}

// Select is one of many options, in a list that opens.
type Select struct {
	Name, Label, Hint string
	Value             string
	Options           []Option
	Autocomplete      string
}

// describedBy are the ids of what explains a field, for aria-describedby.
func describedBy(v View, name, hint string) string {
	ids := ""
	if hint != "" {
		ids = name + "-hint"
	}
	if v.ErrorOf(name) != "" {
		if ids != "" {
			ids += " "
		}
		ids += name + "-error"
	}
	return ids
}

// part names one of the three fields of a date.
type part struct {
	suffix, key, autocomplete string
	width                     Width
}

var dateParts = [3]part{
	{"-day", "page.date.day", "bday-day", Tiny},
	{"-month", "page.date.month", "bday-month", Tiny},
	{"-year", "page.date.year", "bday-year", Short},
}

func (d DateFields) value(i int) string { return [3]string{d.Day, d.Month, d.Year}[i] }

func (d DateFields) autocomplete(i int) string {
	if d.Birth {
		return dateParts[i].autocomplete
	}
	return "off"
}

// describedBy are the ids of the hint and of the error that is shown.
func (d DateFields) describedBy(field string) string {
	ids := ""
	if d.Hint != "" {
		ids = d.Name + "-hint "
	}
	if field != "" {
		ids += field + "-error"
	}
	return strings.TrimSpace(ids)
}

// error is the error of the date or of the first of its parts that has one.
func (d DateFields) error(v View) (field, text string) {
	for _, field := range [4]string{d.Name, d.Name + "-day", d.Name + "-month", d.Name + "-year"} {
		if text := v.ErrorOf(field); text != "" {
			return field, text
		}
	}
	return "", ""
}

// wrong says whether part i is to be marked.
func (d DateFields) wrong(v View, i int) bool {
	field, _ := d.error(v)
	return field == d.Name && field != "" || field != "" && v.ErrorOf(d.Name+dateParts[i].suffix) != ""
}

// target is the id to which the error summary leads: the first field to correct.
func target(field string) string { return "#" + field }

func (f Field) optional(v View) string {
	if !f.Optional {
		return ""
	}
	return " " + v.T("page.optional")
}

func (f Field) autocomplete() string {
	if f.Autocomplete == "" {
		return "off"
	}
	return f.Autocomplete
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// value is what was typed, except a secret.
func (f Field) value() string {
	if f.Type == "password" {
		return ""
	}
	return f.Value
}
