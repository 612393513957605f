package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/nrn"
)

var today = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// good is a right line of each format for kind payment, without its reference.
const (
	goodJSON = `{"member":"00-1","reference":"%s","kind":"refund","treated":"2026-11-02","payee":"Ann Peeters","cents":2640}`
	headCSV  = "member,reference,kind,treated,payee,cents\n"
	goodCSV  = "00-1,%s,refund,2026-11-02,Ann Peeters,2640\n"
)

type told struct {
	line   int64
	field  string
	reason string
}

// readAll reads a file to its end: the rows, and what is wrong with which line.
func readAll(t testing.TB, kind Kind, format Format, file io.Reader) (rows []Row, wrong []told) {
	t.Helper()
	f, err := NewReader(file, kind, format, today)
	if err != nil {
		t.Fatalf("NewReader: %v", err)
	}
	for {
		read, err := f.Next()
		if errors.Is(err, io.EOF) {
			return rows, wrong
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		if read.Row != nil {
			rows = append(rows, read.Row)
		}
		for _, p := range read.Problems {
			wrong = append(wrong, told{read.Line, p.Field, p.Reason})
		}
	}
}

func TestReaderRefusesLines(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(fmt.Sprintf(goodJSON, "P1"), from, to, 1) + "\n" }
	for _, tt := range []struct {
		name   string
		format Format
		file   string
		want   []told
	}{
		{"Latin-1", NDJSON, change("Ann", "Ann\xe9"), []told{{1, "payee", reasonUTF8}}},
		{"Latin-1 in CSV", CSV, headCSV + "00-1,P1,refund,2026-11-02,Andr\xe9,1\n", []told{{2, "payee", reasonUTF8}}},
		{"NUL", NDJSON, change("Ann", "A\x00n"), []told{{1, "", reasonNUL}}},
		{"NUL, escaped", NDJSON, change("Ann", `A\u0000n`), []told{{1, "payee", reasonControl}}},
		{"line end, escaped", NDJSON, change("Ann", `A\nn`), []told{{1, "payee", reasonControl}}},
		{"CR alone", NDJSON, strings.ReplaceAll(change("", "")+change("P1", "P2"), "\n", "\r"), []told{{1, "", reasonCR}}},
		{"cut", NDJSON, change("", "")[:60], []told{{1, "", reasonObject}}},
		{"cut in CSV", CSV, headCSV + fmt.Sprintf(goodCSV, "P1") + "00-1,P2,refund,2026-11-02,Ann Peeters,26", []told{{3, "", reasonNoEnd}}},
		{"two objects", NDJSON, change("2640}", "2640}{}"), []told{{1, "", reasonObject}}},
		{"open quote", CSV, headCSV + `00-1,P1,refund,2026-11-02,"Ann,2640` + "\n" + fmt.Sprintf(goodCSV, "P2"), []told{{2, "", reasonOpenQuote}}},
		{"quote inside", CSV, headCSV + `00-1,P1,refund,2026-11-02,A"n,2640` + "\n", []told{{2, "", reasonQuote}}},
		{"too few columns", CSV, headCSV + "00-1,P1\n", []told{{2, "", "2 columns, the header has 6"}}},
		{"decimal comma", CSV, headCSV + `00-1,P1,refund,2026-11-02,Ann,"26,40"` + "\n", []told{{2, "cents", reasonCents}}},
		{"decimal point", NDJSON, change("2640", "26.40"), []told{{1, "cents", reasonCents}}},
		{"exponent", NDJSON, change("2640", "1e3"), []told{{1, "cents", reasonCents}}},
		{"amount in quotes", NDJSON, change("2640", `"2640"`), []told{{1, "cents", reasonNoQuote}}},
		{"text without quotes", NDJSON, change(`"Ann Peeters"`, "12"), []told{{1, "payee", reasonQuotes}}},
		{"too much", NDJSON, change("2640", "99999999999999999999"), []told{{1, "cents", reasonCents}}},
		{"over the bound", NDJSON, change("2640", "10000000001"), []told{{1, "cents", "between -10000000000 and 10000000000"}}},
		{"day of nowhere", NDJSON, change("2026-11-02", "2026-02-29"), []told{{1, "treated", reasonDay}}},
		{"day in another spelling", NDJSON, change("2026-11-02", "02/11/2026"), []told{{1, "treated", reasonDay}}},
		{"future", NDJSON, change("2026-11-02", "2026-11-23"), []told{{1, "treated", reasonFuture}}},
		{"long ago", NDJSON, change("2026-11-02", "0026-11-02"), []told{{1, "treated", reasonYear}}},
		{"kind unknown", NDJSON, change("refund", "gift"), []told{{1, "kind", "one of refund, third-party, contribution, indemnity, maf, recovery"}}},
		{"reference", NDJSON, change("P1", "p 1"), []told{{1, "reference", "capitals, digits and dashes"}}},
		{"too long a name", NDJSON, change("Ann", strings.Repeat("é", 141)), []told{{1, "payee", "longer than 140 characters"}}},
		{"two are missing", NDJSON, `{"member":"1","kind":"refund","treated":"2026-11-02","payee":""}`, []told{{1, "reference", ReasonMissing}, {1, "payee", ReasonMissing}, {1, "cents", ReasonMissing}}},
		{"null", NDJSON, change("2640", "null"), []told{{1, "cents", ReasonMissing}}},
		{"unknown field", NDJSON, change(`"cents"`, `"euro":1,"cents"`), []told{{1, "euro", reasonUnknown}}},
		{"a number for a field", NDJSON, change(`"cents"`, `"85073003328":1,"cents"`), []told{{1, "", reasonUnknown}}},
		{"a number at the end of a field", NDJSON, change(`"cents"`, `"n85073003328":1,"cents"`), []told{{1, "", reasonUnknown}}},
		{"words for a field", NDJSON, change(`"cents"`, `"Ann Peeters":1,"cents"`), []told{{1, "", reasonUnknown}}},
		{"a long name", NDJSON, change(`"cents"`, `"`+strings.Repeat("x", 41)+`":1,"cents"`), []told{{1, "", reasonUnknown}}},
		{"twice", NDJSON, change(`"cents"`, `"cents":1,"cents"`), []told{{1, "cents", reasonTwice}}},
		{"nested", NDJSON, change("2640", "[1]"), []told{{1, "cents", reasonNested}}},
		{"sign", NDJSON, change("refund", "contribution"), []told{{1, "cents", "negative from the member, positive to the payee"}}},
		{"same key", NDJSON, change("", "") + change("Ann", "Bob"), []told{{2, "reference", ReasonDuplicate}}},
		{"half a character", NDJSON, change("Ann", `\ud83d`), []told{{1, "", reasonObject}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, wrong := readAll(t, KindPayment, tt.format, strings.NewReader(tt.file)); !reflect.DeepEqual(wrong, tt.want) {
				t.Errorf("%q: wrong are %v, want %v", tt.file, wrong, tt.want)
			}
		})
	}
}

func TestReaderRefusesRecords(t *testing.T) {
	lineOf := `{"payment":"P1","line":1,"member":"1","nature":"Visite","from":"2026-10-01","quantity":1,"fee":1000,"supplement":200,"refund":900,"own":%d}`
	for _, tt := range []struct {
		name string
		kind Kind
		line string
		want []told
	}{
		{"own share", KindLine, fmt.Sprintf(lineOf, 100), []told{{1, "own", "is not fee and supplement less refund"}}},
		{"net", KindIndemnity, `{"member":"1","reference":"I","paid":"2026-10-01","from":"2026-09-01","to":"2026-09-30","days":26,"daily":1,"gross":100,"tax":10,"net":91}`, []told{{1, "net", "is not gross less tax"}}},
		{"backwards", KindIncapacity, `{"member":"1","since":"2026-10-01","until":"2026-09-01","kind":"primary","state":"ended"}`, []told{{1, "until", "is before its beginning"}}},
		{"check digits", KindMember, `{"national_number":"85073003327","affiliation":"1","given_names":"A","surname":"B","language":"fr"}`, []told{{1, "national_number", reasonNumber}}},
		{"check digits of an account", KindMember, `{"national_number":"85073003328","affiliation":"1","given_names":"A","surname":"B","language":"fr","account":{"iban":"BE68539007547035","holder":"A"}}`, []told{{1, "account.iban", "wrong check digits"}}},
		{"holder", KindMember, `{"national_number":"85073003328","affiliation":"1","given_names":"A","surname":"B","language":"fr","account":{"iban":"BE68539007547034"}}`, []told{{1, "account.holder", ReasonMissing}}},
		{"field with a dot", KindMember, `{"national_number":"85073003328","affiliation":"1","given_names":"A","surname":"B","language":"fr","account.iban":"BE68539007547034"}`, []told{{1, "account.iban", reasonUnknown}}},
		{"field of an object", KindMember, `{"national_number":"85073003328","affiliation":"1","given_names":"A","surname":"B","language":"fr","account":{"bic":"X"}}`, []told{{1, "account.bic", reasonUnknown}}},
		{"out of the folder", KindReceived, `{"member":"1","reference":"D","kind":"letter","title":"T","language":"fr","issued":"2026-01-01","file":"../x.pdf","sha256":"` + strings.Repeat("0", 64) + `"}`, []told{{1, "file", "a name in the folder of this file, without folders"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, wrong := readAll(t, tt.kind, NDJSON, strings.NewReader(tt.line)); !reflect.DeepEqual(wrong, tt.want) {
				t.Errorf("wrong are %v, want %v", wrong, tt.want)
			}
		})
	}
	if rows, wrong := readAll(t, KindLine, NDJSON, strings.NewReader(fmt.Sprintf(lineOf, 300))); len(rows) != 1 {
		t.Errorf("a right line: %v", wrong)
	}
}

func TestReaderRefusesFiles(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"UTF-16", "\xff\xfe{\x00", "UTF-16"},
		{"nothing", "", "empty"},
		{"no header", "00-1,P1,refund,2026-11-02,Ann,2640\n", "no header"},
		{"missing columns", "member,reference\n", "missing columns: kind, treated, payee, cents"},
		{"unknown column", strings.Replace(headCSV, "\n", ",what,the sum\n", 1), "not in the schema: column 7 what, column 8"},
		{"column twice", strings.Replace(headCSV, "\n", ",cents\n", 1), "column cents stands twice"},
		{"header with a quote", "\"member,reference\n", reasonOpenQuote},
	} {
		if _, err := NewReader(strings.NewReader(tt.file), KindPayment, CSV, today); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, err := NewReader(strings.NewReader(""), "nothing", CSV, today); err == nil {
		t.Error("a kind that does not exist is read")
	}
}

func TestReaderTakes(t *testing.T) {
	one := fmt.Sprintf(goodJSON, "P1")
	for _, tt := range []struct {
		name   string
		format Format
		file   string
	}{
		{"as it is written", NDJSON, one + "\n"},
		{"no last line end", NDJSON, one},
		{"BOM, CRLF and empty lines", NDJSON, "\ufeff\r\n" + one + "\r\n\r\n"},
		{"blanks", NDJSON, " " + strings.ReplaceAll(one, ":", " : ") + " \n"},
		{"escapes", NDJSON, strings.Replace(one, "Ann", `\u0041\u006en`, 1)},
		{"CSV", CSV, headCSV + fmt.Sprintf(goodCSV, "P1")},
		{"CSV with BOM, CRLF and quotes", CSV, "\ufeff" + strings.ReplaceAll(headCSV, "\n", "\r\n") + `"00-1","P1",refund,2026-11-02,"Ann Peeters","2640"` + "\r\n"},
		{"semicolons, another order, a column more", CSV, "paid;cents;payee;treated;kind;reference;member\n;2640;Ann Peeters;2026-11-02;refund;P1;00-1\n"},
	} {
		rows, wrong := readAll(t, KindPayment, tt.format, strings.NewReader(tt.file))
		want := []Row{Payment{Member: "00-1", Reference: "P1", Kind: Refund, Treated: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Payee: "Ann Peeters", Cents: 2640}}
		if !reflect.DeepEqual(rows, want) {
			t.Errorf("%s: %v, %v, want %v", tt.name, rows, wrong, want)
		}
	}
}

// TestFormulaIsText: what a spreadsheet would run is a name here.
func TestFormulaIsText(t *testing.T) {
	for _, name := range []string{"=1+1", "+32 4", "-Ann", "@SUM(A1)", "\u202eAnn", "王小明", "O'Neill \"Ann\"; DROP"} {
		row := Payment{Member: "1", Reference: "P1", Kind: Refund, Treated: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Payee: name}
		both(t, row)
	}
}

// both writes a row in both formats and reads it back.
func both(t testing.TB, row Row) {
	t.Helper()
	for _, format := range []Format{NDJSON, CSV} {
		var file bytes.Buffer
		w, err := NewWriter(&file, row.Of(), format)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(row), w.Flush()); err != nil {
			t.Fatal(err)
		}
		rows, wrong := readAll(t, row.Of(), format, bytes.NewReader(file.Bytes()))
		if len(rows) != 1 || !reflect.DeepEqual(rows[0], row) {
			t.Errorf("%s of %+v comes back as %+v, %v\n%s", format, row, rows, wrong, file.Bytes())
		}
	}
}

// TestEveryFieldIsPublished fills every field of every record: a field that is not in
// the schema would not come back.
func TestEveryFieldIsPublished(t *testing.T) {
	id, err := nrn.Parse("85073003328")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds() {
		schema := SchemaOf(kind)
		if schema == nil {
			t.Errorf("no schema of %s", kind)
			continue
		}
		row := filled(t, kind, id)
		both(t, row)
		var decoded map[string]any
		if err := json.Unmarshal(schema.JSONSchema(), &decoded); err != nil || decoded["title"] != string(kind) {
			t.Errorf("JSONSchema of %s: %v", kind, err)
		}
	}
}

// filled is a record without a zero field, but for PDF.
func filled(t *testing.T, kind Kind, id nrn.Number) Row {
	t.Helper()
	schema, file := SchemaOf(kind), "{"
	inner := ""
	for _, f := range schema.Fields {
		object, name, _ := cut(f.Name)
		if object != inner && object != "" {
			file += `"` + object + `":{`
			inner = object
		}
		file += `"` + name + `":` + example(f, id) + ","
	}
	file = strings.TrimSuffix(file, ",") + "}"
	if inner != "" {
		file += "}"
	}
	rows, wrong := readAll(t, kind, NDJSON, strings.NewReader(file))
	if len(rows) != 1 {
		t.Fatalf("%s: %v\n%s", kind, wrong, file)
	}
	v := reflect.ValueOf(rows[0])
	for i := range v.NumField() {
		if v.Field(i).IsZero() && v.Type().Field(i).Name != "PDF" {
			t.Errorf("%s: no field of the schema is %s", kind, v.Type().Field(i).Name)
		}
	}
	return rows[0]
}

func example(f Field, id nrn.Number) string {
	switch f.Type {
	case Day:
		return `"2026-01-02"`
	case Moment:
		return `"2026-01-02T10:00:00Z"`
	case Number:
		return `"` + id.Digits() + `"`
	case Flag:
		return "true"
	case Whole:
		return fmt.Sprint(max(f.Least, 7))
	case Cents:
		if f.Name == "gross" { // less tax is net
			return "14"
		}
		return "7"
	}
	if len(f.Choices) > 0 {
		return `"` + f.Choices[0] + `"`
	}
	s := map[string]string{"country": "NL", "account.iban": "BE68539007547034", "last4": "7034", "bring": "identity", "sha256": strings.Repeat("a", 64), "access_code": "abcd12", "nature": "visit", "profession": "doctor"}[f.Name]
	if s == "" {
		for _, try := range []string{"A1", "101076", "10185790004"} {
			if s = try; f.shape == nil || f.shape(try) == "" {
				break
			}
		}
	}
	return `"` + s + `"`
}

// endless is a line without an end.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), e.left))
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.left -= int64(n)
	return n, nil
}

// TestLongLine: a line of 2 GB is refused, takes no memory, and the next one is read.
func TestLongLine(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	file := io.MultiReader(strings.NewReader(`{"member":"`), &endless{2 << 30}, strings.NewReader("\n"+fmt.Sprintf(goodJSON, "P1")))
	rows, wrong := readAll(t, KindPayment, NDJSON, file)
	runtime.ReadMemStats(&after)
	if len(rows) != 1 || !reflect.DeepEqual(wrong, []told{{1, "", reasonLong}}) {
		t.Errorf("rows %v, wrong %v", rows, wrong)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("a long line took %d bytes", took)
	}
}

func TestKeysAreForgottenInTurn(t *testing.T) {
	s := newSeen(2)
	for i, want := range []bool{false, true, false, false, false} {
		if got := s.again([]int{0}, []value{{form: column, text: "aabcd"[i : i+1]}}); got != want {
			t.Errorf("key %d: again = %t", i, got)
		}
	}
	if len(s.now)+len(s.old) > 4 {
		t.Errorf("%d keys are kept", len(s.now)+len(s.old))
	}
}
