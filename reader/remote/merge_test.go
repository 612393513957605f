package remote

import (
	"fmt"
	"testing"

	"guichet.example/reader"
)

func TestMerge(t *testing.T) {
	a, b := &module{path: "a"}, &module{path: "b"}
	card := func(name, serial string) reader.Reader {
		return reader.Reader{Name: name, Present: true, Serial: serial, Label: "BELPIC"}
	}
	empty := func(name string) reader.Reader { return reader.Reader{Name: name} }
	for name, row := range map[string]struct {
		a, b []reader.Reader
		want string
	}{
		"nothing":                   {nil, nil, ""},
		"one name":                  {[]reader.Reader{card("R", "AB12")}, []reader.Reader{card("R", "ab12")}, "R AB12 [a b] "},
		"one name, other cases":     {[]reader.Reader{empty("R")}, []reader.Reader{card("R", "ab12")}, "R ab12 [b] "},
		"not to be read by a":       {[]reader.Reader{card("R", "")}, []reader.Reader{card("R", "ab12")}, "R ab12 [a b] "},
		"two names, one card":       {[]reader.Reader{card("R", "AB12")}, []reader.Reader{card("R 00", "ab12")}, "R AB12 [a b] "},
		"two readers":               {[]reader.Reader{card("R", "AB12"), card("S", "CD34")}, nil, "R AB12 [a] S CD34 [a] "},
		"one serial in one module":  {[]reader.Reader{card("R", "AB12"), card("S", "AB12")}, nil, "R AB12 [a] S AB12 [a] "},
		"cards that cannot be read": {[]reader.Reader{card("R", "")}, []reader.Reader{card("S", "")}, "R  [a] S  [b] "},
	} {
		got := ""
		for _, s := range merge([]*module{a, b}, [][]reader.Reader{row.a, row.b}) {
			var holding []string
			for _, m := range s.holding {
				holding = append(holding, m.path)
			}
			got += fmt.Sprintf("%s %s %v ", s.Name, s.Serial, holding)
		}
		if got != row.want {
			t.Errorf("%s: merge = %q, want %q", name, got, row.want)
		}
	}
}

func TestChanges(t *testing.T) {
	none := []reader.Reader{}
	in := func(serial, label string) []reader.Reader {
		return []reader.Reader{{Name: "R", Present: true, Serial: serial, Label: label}}
	}
	out := []reader.Reader{{Name: "R"}}
	for name, row := range map[string]struct {
		before, now []reader.Reader
		want        string
	}{
		"same":                         {in("1", "x"), in("1", "x"), ""},
		"plugged in with a card":       {none, in("1", "x"), "connected inserted "},
		"pulled out with a card":       {in("1", "x"), none, "removed unplugged "},
		"inserted":                     {out, in("1", "x"), "inserted "},
		"removed":                      {in("1", "x"), out, "removed "},
		"swapped":                      {in("1", "x"), in("2", "x"), "removed inserted "},
		"swapped, without numbers":     {in("", "x"), in("", "y"), "removed inserted "},
		"held by another program":      {in("1", "x"), in("", ""), ""},
		"to be read at last":           {in("", ""), in("1", "x"), "inserted "},
		"seen through another module":  {in("AB", "BELPIC"), in("ab", "BELPIC (Basic PIN)"), ""},
		"held, then another card of X": {in("1", "x"), in("2", ""), "removed inserted "},
	} {
		got := ""
		for _, e := range changes(row.before, row.now) {
			got += e.Kind.String() + " "
		}
		if got != row.want {
			t.Errorf("%s: changes = %q, want %q", name, got, row.want)
		}
	}
	// What is known of a card is not forgotten while it cannot be read.
	now := in("", "")
	changes(in("1", "x"), now)
	if now[0].Serial != "1" {
		t.Errorf("after a look at a card that another program holds its number is %q", now[0].Serial)
	}
}
