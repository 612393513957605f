package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/text/unicode/norm"
)

// MaxAct is the largest frozen act accepted by [Unmarshal], in bytes.
const MaxAct = 64 << 10

// ErrNotCanonical is returned for JSON that is not the exact bytes Marshal writes.
var ErrNotCanonical = errors.New("act is not in canonical form")

// version of the JSON below. A change of meaning or of fields takes the next number.
const version = 1

// The frozen form, field by field in this order, without white space:
//
//	{"kind":"bank-change","version":1,"reference":...,"language":"fr",
//	 "mutuality":{...},"member":{...},"date":"2026-11-20", ...}
//
// Optional fields are absent when empty. Text is in Unicode normal form C.
type wireHead struct {
	Kind      Kind          `json:"kind"`
	Version   int           `json:"version"`
	Reference string        `json:"reference"`
	Language  Language      `json:"language"`
	Mutuality wireMutuality `json:"mutuality"`
	Member    wirePerson    `json:"member"`
	Date      day           `json:"date"`
}

type wireMutuality struct {
	Name     string `json:"name"`
	Street   string `json:"street"`
	Postcode string `json:"postcode"`
	City     string `json:"city"`
	Phone    string `json:"phone,omitempty"`
	Accent   string `json:"accent,omitempty"`
}

type wirePerson struct {
	Name        string `json:"name"`
	Birth       day    `json:"birth"`
	Affiliation string `json:"affiliation,omitempty"`
}

type wireBankChange struct {
	wireHead
	NewIBAN        string   `json:"newIBAN"`
	BIC            string   `json:"bic,omitempty"`
	Bank           string   `json:"bank,omitempty"`
	Holder         string   `json:"holder"`
	From           day      `json:"from"`
	ReplacesLast4  string   `json:"replacesLast4,omitempty"`
	AccountVersion int      `json:"accountVersion"`
	AlsoFor        []string `json:"alsoFor,omitempty"`
}

type wireEHICOrder struct {
	wireHead
	ForPersons []string `json:"forPersons"`
	DeliverTo  []string `json:"deliverTo"`
	Departure  *day     `json:"departure,omitempty"`
	Return     *day     `json:"return,omitempty"`
	Country    string   `json:"country,omitempty"`
}

// day is a calendar date in JSON: "2026-11-20".
type day struct{ time.Time }

func (d day) MarshalJSON() ([]byte, error) { return []byte(d.Format(`"2006-01-02"`)), nil }

func (d *day) UnmarshalJSON(b []byte) (err error) {
	d.Time, err = time.Parse(`"2006-01-02"`, string(b))
	if err != nil {
		return ErrFormat // the parse error would quote the value
	}
	return nil
}

// Marshal validates the act and freezes it: canonical JSON, the same bytes for the
// same values, at most MaxAct long. Errors are those of Validate.
func Marshal(a Act) ([]byte, error) {
	if a == nil {
		return nil, &FieldError{"act", ErrMissing}
	}
	if err := a.Validate(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(a.wired()); err != nil {
		return nil, fmt.Errorf("freezing act: %w", err)
	}
	return norm.NFC.Bytes(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// Unmarshal reads what Marshal wrote, and nothing else: unknown fields, another order,
// white space or a value that does not hold are errors. Dates come back as midnight UTC.
func Unmarshal(b []byte) (Act, error) {
	if len(b) > MaxAct {
		return nil, &FieldError{"act", ErrTooLong}
	}
	var head struct {
		Kind    Kind `json:"kind"`
		Version int  `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil || head.Version != version {
		return nil, &FieldError{"act", ErrFormat}
	}
	form, ok := forms[head.Kind]
	if !ok {
		return nil, &FieldError{"kind", ErrFormat}
	}
	act, ok := form(b)
	if !ok {
		return nil, &FieldError{"act", ErrFormat}
	}
	canonical, err := Marshal(act)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(canonical, b) {
		return nil, ErrNotCanonical
	}
	return act, nil
}

func decode(b []byte, into any) bool {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if d.Decode(into) != nil {
		return false
	}
	_, err := d.Token()
	return err == io.EOF
}
