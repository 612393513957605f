package locale

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed catalog/*.json
var files embed.FS

// texts is every text by its key; it never changes.
var texts = mustLoad(files)

func mustLoad(from fs.FS) map[string]*[count]string {
	loaded, err := load(from)
	if err != nil {
		panic(err) // our own mistake, found when the program starts
	}
	return loaded
}

// load reads the catalogues and refuses a key that is in the wrong file, is there
// twice, or lacks a language.
func load(from fs.FS) (map[string]*[count]string, error) {
	all := map[string]*[count]string{}
	names, err := fs.Glob(from, "catalog/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		raw, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		area := strings.TrimSuffix(path.Base(name), ".json")
		if err := read(all, area, raw); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", area, err)
		}
	}
	return all, nil
}

func read(all map[string]*[count]string, area string, raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	err := object(d, func(key string) error {
		switch {
		case !strings.HasPrefix(key, area+"."):
			return fmt.Errorf("key %s belongs in another file", key)
		case all[key] != nil: // in this file: no other has its area
			return fmt.Errorf("key %s is there twice", key)
		}
		entry, err := readEntry(d)
		if err != nil {
			return fmt.Errorf("key %s %w", key, err)
		}
		all[key] = entry
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the catalogue")
	}
	return nil
}

// readEntry reads the texts of one key.
func readEntry(d *json.Decoder) (*[count]string, error) {
	entry := new([count]string)
	err := object(d, func(name string) error {
		l, known := Parse(name)
		if !known {
			return fmt.Errorf("has the unknown language %q", name)
		}
		if entry[l.index()] != "" {
			return fmt.Errorf("has its text in %s twice", l)
		}
		value, err := d.Token()
		text, isText := value.(string)
		if err != nil || !isText || strings.TrimSpace(text) == "" {
			return fmt.Errorf("has no text in %s", l)
		}
		entry[l.index()] = typeset(l, text)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, l := range Languages() {
		if entry[l.index()] == "" {
			return nil, fmt.Errorf("has no text in %s", l)
		}
	}
	return entry, nil
}

// object reads a JSON object: name by name, for member to read what stands there.
// encoding/json alone would keep the last of two equal names and say nothing.
func object(d *json.Decoder, member func(name string) error) error {
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errors.Join(errors.New("is not a JSON object"), err)
	}
	for d.More() {
		name, err := d.Token() // a string, or d says what is wrong
		if err != nil {
			return err
		}
		if err := member(name.(string)); err != nil {
			return err
		}
	}
	_, err := d.Token()
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Keys lists every key of the catalogues, sorted.
func Keys() []string { return slices.Sorted(maps.Keys(texts)) }

// Has says whether the catalogues hold a key.
func Has(key string) bool {
	_, ok := texts[key]
	return ok
}

// Areas are the first parts of all keys, one for each catalogue, in order.
func Areas() []string {
	found := map[string]bool{}
	for key := range texts {
		area, _, _ := strings.Cut(key, ".")
		found[area] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// Arg fills one placeholder.
type Arg struct{ Name, Value string }

// A makes an Arg; numbers are written in digits.
func A(name string, value any) Arg {
	if s, ok := value.(string); ok {
		return Arg{name, s}
	}
	return Arg{name, fmt.Sprint(value)}
}

// T returns the text of a key. An unknown key is returned as it is, which the tests of
// the catalogues keep from happening.
func T(l Language, key string, args ...Arg) string {
	entry, ok := texts[key]
	if !ok {
		return key
	}
	text := entry[l.index()]
	if len(args) == 0 {
		return text
	}
	return fill(text, args)
}

// TN is T for a text that depends on a number: key + ".one" for 1 (in French for 0
// too), else key + ".other". The placeholder {n} is the number.
func TN(l Language, key string, n int, args ...Arg) string {
	form := ".other"
	if n == 1 || n == 0 && l == FR {
		form = ".one"
	}
	return T(l, key+form, append([]Arg{A("n", n)}, args...)...)
}

// fill puts the values in the place of {name}. What an argument holds is not read
// again, so a value with braces in it stays as it is.
func fill(text string, args []Arg) string {
	var b strings.Builder
	b.Grow(len(text) + 32)
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		i := slices.IndexFunc(args, func(a Arg) bool { return a.Name == name })
		if !closed || i < 0 {
			b.WriteByte('{')
			text = rest
			continue
		}
		b.WriteString(args[i].Value)
		text = after
	}
}
