package audit

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// chain makes a chain of n rows, bound to before.
func chain(id string, before Head, n int) []Entry {
	e, h := Begin(id, before, noon, "test")
	rows := []Entry{e}
	for range n - 1 {
		e, h = h.Next(Entry{
			At: noon, Mutuality: "141", Member: "m", Actor: "m", Session: "s", Method: "card", Assurance: "high",
			Action: ReadMember, Object: "o", Outcome: Done, RequestID: "r", Reason: "x",
		})
		rows = append(rows, e)
	}
	return rows
}

func headOf(e Entry) Head { return Head{e.Chain, e.Seq, e.Hash} }

func rowsOf(rows ...[]Entry) Rows {
	return func(ctx context.Context, yield func(Entry) error) error {
		for _, chain := range rows {
			for _, e := range chain {
				if err := yield(e); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// TestSum changes every field of a row in turn: the hash must notice.
func TestSum(t *testing.T) {
	row := chain("c1", Head{}, 2)[1]
	fields := reflect.TypeFor[Entry]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		changed := row
		switch f := reflect.ValueOf(&changed).Elem().Field(i); {
		case name == "Hash":
			continue
		case name == "At":
			changed.At = row.At.Add(time.Microsecond)
		case f.Kind() == reflect.String:
			f.SetString(f.String() + "x")
		case f.Kind() == reflect.Int64:
			f.SetInt(f.Int() + 1)
		default:
			changed.Prev[31] ^= 1
		}
		if changed.sum() == row.Hash {
			t.Errorf("changing %s does not change the hash", name)
		}
	}
	moved := row
	moved.Actor, moved.Session = "ms", ""
	if moved.sum() == row.Hash {
		t.Error("moving a letter to the next field does not change the hash")
	}
}

func TestNextCleans(t *testing.T) {
	_, h := Begin("c1", Head{}, noon, "")
	e, _ := h.Next(Entry{
		At: noon.Add(123456 * time.Nanosecond).In(time.FixedZone("x", 3600)), Actor: "a\nb\u2028c", Object: strings.Repeat("é", 100),
		Reason: "SERIALNUMBER=85073003328, SURNAME=\"x\"\r\n{\"at\":1}",
	})
	if e.At != noon || e.Actor != "a b c" || len(e.Object) != maxObject || e.Reason != `SERIALNUMBER=###########, SURNAME="x"  {"at":1}` {
		t.Errorf("Next = %v %q %d %q", e.At, e.Actor, len(e.Object), e.Reason)
	}
}

func TestHideNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"certificate is revoked":           "certificate is revoked",
		"status 502 after 3 tries of 10 s": "status 502 after 3 tries of 10 s",
		"85073003328":                      "###########",
		"at 85.07.30-033.28, refused":      "at ###############, refused",
		"BE68 5390 0754 7034 is not":       "BE################# is not",
		"12345678":                         "12345678",
		"a 12345678 b 1":                   "a 12345678 b 1",
		"né 85073003328 né":                "né ########### né",
		"850730 033 28":                    "#############",
	} {
		if got := hideNumbers(in); got != want {
			t.Errorf("hideNumbers(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRequestID(t *testing.T) {
	if got := RequestID(t.Context()); got != "" {
		t.Errorf("RequestID of a bare context = %q", got)
	}
	if got := RequestID(WithRequestID(t.Context(), "K7-042")); got != "K7-042" {
		t.Errorf("RequestID = %q", got)
	}
}
