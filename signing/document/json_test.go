package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files in testdata anew")

// golden compares got with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	good, err := Marshal(bankChange(FR))
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(old, new string) string {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("frozen act has no %s", old)
		}
		return strings.Replace(string(good), old, new, 1)
	}
	for name, test := range map[string]struct {
		json   string
		reason error
	}{
		"nothing":             {"", ErrFormat},
		"null":                {"null", ErrFormat},
		"a list":              {"[]", ErrFormat},
		"truncated":           {string(good[:len(good)-1]), ErrFormat},
		"too large":           {strings.Repeat(" ", MaxAct+1), ErrTooLong},
		"deeply nested":       {strings.Repeat("[", MaxAct), ErrFormat},
		"something after":     {string(good) + "{}", ErrFormat},
		"white space after":   {string(good) + "\n", ErrNotCanonical},
		"white space inside":  {replaced(`,"version"`, `, "version"`), ErrNotCanonical},
		"other order":         {replaced(`"bic":"GKCCBEBB","bank":"Banque de la Place"`, `"bank":"Banque de la Place","bic":"GKCCBEBB"`), ErrNotCanonical},
		"key twice":           {replaced(`"version":1`, `"version":1,"version":1`), ErrNotCanonical},
		"key in capitals":     {replaced(`"holder"`, `"Holder"`), ErrNotCanonical},
		"needless escape":     {replaced("Mutualité", `Mutualit\u00e9`), ErrNotCanonical},
		"decomposed letter":   {replaced("Mutualité", "Mutualite\u0301"), ErrNotCanonical},
		"empty optional":      {replaced(`"bic":"GKCCBEBB",`, `"bic":"",`), ErrNotCanonical},
		"unknown field":       {replaced(`"bic"`, `"nationalNumber":"x","bic"`), ErrFormat},
		"unknown kind":        {replaced("bank-change", "bank-robbery"), ErrFormat},
		"another kind":        {replaced("bank-change", "ehic-order"), ErrFormat},
		"later version":       {replaced(`"version":1`, `"version":2`), ErrFormat},
		"version as text":     {replaced(`"version":1`, `"version":"1"`), ErrFormat},
		"date with time":      {replaced(`"2026-11-20"`, `"2026-11-20T00:00:00Z"`), ErrFormat},
		"thirtieth February":  {replaced(`"2026-11-20"`, `"2026-02-30"`), ErrFormat},
		"date as number":      {replaced(`"2026-11-20"`, `20261120`), ErrFormat},
		"date null":           {replaced(`"2026-11-20"`, `null`), ErrFormat},
		"value out of bounds": {replaced(`"6769"`, `"BE71096123456769"`), ErrFormat},
	} {
		act, err := Unmarshal([]byte(test.json))
		if !errors.Is(err, test.reason) || act != nil {
			t.Errorf("%s: Unmarshal = %v, %v, want nil, %v", name, act, err, test.reason)
		}
	}
}

func TestMarshalRefusesNoAct(t *testing.T) {
	if _, err := Marshal(nil); !errors.Is(err, ErrMissing) {
		t.Errorf("Marshal(nil) = %v, want %v", err, ErrMissing)
	}
}

func TestFrozenActComesBackWhole(t *testing.T) {
	for _, l := range Languages() {
		for _, a := range []Act{bankChange(l), ehicOrder(l), postOrder(l, KindLabels), postOrder(l, KindEnvelopes), postOrder(l, KindIncapacityForm), postOrder(l, KindTravelPapers), indemnities(l), ehicCertificate(l), refundReceipt(l), accessChange(l, false), accessChange(l, true), statementsChange(l, false), statementsChange(l, true)} {
			b, err := Marshal(a)
			if err != nil {
				t.Fatalf("Marshal(%s) = %v", a.Kind(), err)
			}
			back, err := Unmarshal(b)
			if err != nil || !reflect.DeepEqual(back, a) {
				t.Errorf("Unmarshal(Marshal(%+v)) = %+v, %v", a, back, err)
			}
		}
	}
}

func TestFrozenForm(t *testing.T) {
	for _, a := range []Act{bankChange(FR), ehicOrder(DE), postOrder(NL, KindTravelPapers), indemnities(FR), ehicCertificate(FR), refundReceipt(NL), accessChange(FR, false), statementsChange(FR, false)} {
		b, err := Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, string(a.Kind())+".json", b)
	}
}

// Only the calendar date counts, as the caller's zone has it.
func TestDatesLoseTimeAndZone(t *testing.T) {
	a := bankChange(NL)
	want, err := Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	a.Date = time.Date(2026, 11, 20, 23, 59, 0, 0, time.FixedZone("", 3600))
	got, err := Marshal(a)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("Marshal with a time of day = %s, %v, want %s", got, err, want)
	}
}

func TestLettersAreComposedWhenFrozen(t *testing.T) {
	composed, decomposed := bankChange(FR), bankChange(FR)
	composed.Member.Name, decomposed.Member.Name = "Zoë", "Zoe\u0308"
	want, err := Draw(composed, created)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Draw(decomposed, created)
	if err != nil || got.SHA256 != want.SHA256 {
		t.Errorf("Draw of a decomposed name differs from that of the composed one (%v)", err)
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, l := range Languages() {
		for _, a := range []Act{bankChange(l), ehicOrder(l), postOrder(l, KindLabels), postOrder(l, KindEnvelopes), postOrder(l, KindIncapacityForm), postOrder(l, KindTravelPapers), indemnities(l), ehicCertificate(l), refundReceipt(l), accessChange(l, false), accessChange(l, true), statementsChange(l, false), statementsChange(l, true)} {
			b, err := Marshal(a)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Add([]byte(`{"kind":"bank-change","version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		act, err := Unmarshal(b)
		if err != nil {
			if act != nil {
				t.Errorf("Unmarshal(%q) gave an act with error %v", b, err)
			}
			return
		}
		again, err := Marshal(act)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("Marshal(Unmarshal(%q)) = %q, %v", b, again, err)
		}
		d, err := Draw(act, created)
		if err != nil || d.Pages < 1 || d.Mark.Page != d.Pages {
			t.Errorf("Draw(Unmarshal(%q)) = %v", b, err)
		}
	})
}

// What is frozen never holds a key for more than the act needs.
func TestFrozenKeys(t *testing.T) {
	b, err := Marshal(bankChange(FR))
	if err != nil {
		t.Fatal(err)
	}
	var top map[string]any
	if err := json.Unmarshal(b, &top); err != nil {
		t.Fatal(err)
	}
	person, _ := top["member"].(map[string]any)
	for key := range person {
		if key != "name" && key != "birth" && key != "affiliation" {
			t.Errorf("frozen member has %q", key)
		}
	}
	if bytes.Contains(b, []byte("oldIBAN")) || top["replacesLast4"] != "6769" {
		t.Error("frozen act holds more of the old account than its last four characters")
	}
}
