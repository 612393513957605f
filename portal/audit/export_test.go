package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadExportRefuses(t *testing.T) {
	var out bytes.Buffer
	if err := Export(t.Context(), &out, rowsOf(chain("a", Head{}, 1))); err != nil {
		t.Fatal(err)
	}
	good := strings.TrimSpace(out.String())
	none := func(Entry) error { return nil }
	for name, text := range map[string]string{
		"cut":           good[:len(good)-2],
		"twice a line":  good + good,
		"unknown field": strings.Replace(good, `{`, `{"extra":1,`, 1),
		"short hash":    strings.Replace(good, `"prev":"00`, `"prev":"`, 1),
		"bad time":      strings.Replace(good, "2026", "today", 1),
		"long line":     good + strings.Repeat(" ", maxLine),
		"text":          "hello",
		"empty line":    "\n" + good,
	} {
		if err := ReadExport(strings.NewReader(text))(context.Background(), none); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func TestExport(t *testing.T) {
	a, b, c := three()
	var out bytes.Buffer
	if err := Export(t.Context(), &out, rowsOf(a, b, c)); err != nil {
		t.Fatal(err)
	}
	var rows []Entry
	read := ReadExport(bytes.NewReader(out.Bytes()))
	if err := read(t.Context(), func(e Entry) error { rows = append(rows, e); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := slices.Concat(a, b, c); !slices.Equal(rows, want) {
		t.Errorf("read %d rows, want %d equal ones", len(rows), len(want))
	}
	anchors := []Anchor{{noon, headOf(b[3])}}
	if report, err := Verify(t.Context(), read, anchors); err != nil || !report.Valid() {
		t.Errorf("an export does not verify: %+v, %v", report, err)
	}
	changed := bytes.Replace(out.Bytes(), []byte(`"actor":"m"`), []byte(`"actor":"n"`), 1)
	if report, err := Verify(t.Context(), ReadExport(bytes.NewReader(changed)), anchors); err != nil || report.Valid() {
		t.Errorf("a changed export verifies: %+v, %v", report, err)
	}
}

// FuzzEntry: what parses, written again, is the same row.
func FuzzEntry(f *testing.F) {
	for _, e := range chain("a", Head{}, 2) {
		line, err := json.Marshal(lineOf(e))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := parseEntry(line)
		if err != nil {
			if e != (Entry{}) {
				t.Error("an error comes with a row")
			}
			return
		}
		again, err := json.Marshal(lineOf(e))
		if err != nil {
			t.Fatal(err)
		}
		second, err := parseEntry(again)
		if err != nil || second != e {
			t.Errorf("%s\nread again as\n%s\n%v", line, again, err)
		}
	})
}

func TestAnchors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anchors")
	if got, err := ReadAnchors(path); err != nil || got != nil {
		t.Errorf("no file: %v, %v", got, err)
	}
	a, _, _ := three()
	want := []Anchor{{noon, headOf(a[0])}, {noon, headOf(a[1])}, {noon, headOf(a[4])}}
	for _, some := range [][]Anchor{want[:2], want[2:], nil} {
		if err := AppendAnchors(path, some...); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := ReadAnchors(path); err != nil || !slices.Equal(got, want) {
		t.Errorf("ReadAnchors = %v, %v, want %v", got, err, want)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := last; cut < len(whole); cut++ { // a crash in the middle of the last line
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := AppendAnchors(path, want[2]); err != nil {
			t.Fatal(err)
		}
		got, err := ReadAnchors(path)
		if err != nil || len(got) < 3 || got[len(got)-1] != want[2] {
			t.Fatalf("after a crash at byte %d: %d anchors, %v", cut, len(got), err)
		}
	}
	for _, change := range []string{"", "hash", `"seq":5`, "2026-11"} {
		altered := strings.Replace(string(whole), change, "x"+change[:0], 1)
		if _, err := parseAnchors([]byte(altered)); err == nil && change != "" {
			t.Errorf("a line without %q is read", change)
		}
	}
	if err := AppendAnchors(filepath.Join(path, "below", "a file"), want[0]); err == nil {
		t.Error("an anchor is written nowhere")
	}
}

// FuzzAnchors: what parses, written again, is the same list.
func FuzzAnchors(f *testing.F) {
	f.Add([]byte(`{"at":"2026-11-20T12:00:00Z","chain":"a","seq":1,"hash":"` + strings.Repeat("0a", 32) + `"}` + "\n"))
	f.Add([]byte("{\"at\":\"2026\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseAnchors(data)
		if err != nil {
			if list != nil {
				t.Error("an error comes with anchors")
			}
			return
		}
		var again []byte
		for _, a := range list {
			line, err := json.Marshal(anchorLine{a.At, a.Chain, a.Seq, fmt.Sprintf("%x", a.Hash)})
			if err != nil {
				return // a year past 9999 has no RFC 3339 form
			}
			again = append(append(again, line...), '\n')
		}
		second, err := parseAnchors(again)
		if err != nil || len(second) != len(list) {
			t.Errorf("%d anchors, read again as %d, %v", len(list), len(second), err)
		}
	})
}
