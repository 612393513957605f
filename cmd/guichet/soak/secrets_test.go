package soak

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"guichet.example/auth/nrn"
	"guichet.example/portal/bank"
)

// secrets is what may not be found: known values in their spellings, by what they are.
type secrets map[string]string

func (s secrets) add(what, value string) {
	if len(value) < 8 {
		return
	}
	s[value] = what
	s[hex.EncodeToString([]byte(value))] = what + " in hexadecimal"
	s[strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(value)), "=")] = what + " in base64"
}

// person adds the numbers of a member.
func (s secrets) person(o *person) {
	number, err := nrn.Parse(o.number)
	if err != nil {
		panic(err) // made by nationalNumber
	}
	for _, spelling := range []string{o.number, number.String(), o.number[:6] + "-" + o.number[6:9] + "-" + o.number[9:],
		o.number[:6] + " " + o.number[6:9] + " " + o.number[9:]} {
		s.add("national number", spelling)
	}
	for _, iban := range []string{o.iban, newIBAN} {
		s.add("IBAN", iban)
		s.add("IBAN", bank.IBAN(iban).Grouped())
	}
}

// wire adds what went over the wire and must stay between browser and counter: cookies
// and nonces.
func (s secrets) wire(exchanges []exchange) {
	for _, e := range exchanges {
		for name, value := range e.cookies {
			s.add("cookie "+name, value)
		}
		var challenge struct{ Nonce string }
		if json.Unmarshal(e.answer.body, &challenge) == nil {
			s.add("nonce", challenge.Nonce)
		}
	}
}

// keyFiles adds the keys of the store.
func (s secrets) keyFiles(t *testing.T, dir string) {
	t.Helper()
	for name, content := range files(t, dir) {
		text := strings.TrimSpace(string(content))
		s.add(filepath.Base(name), text)
		raw, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		s.add(filepath.Base(name)+" in bytes", string(raw))
	}
}

// Patterns of secrets that nobody planted.
var (
	numberLike = regexp.MustCompile(`(?:^|[^0-9A-Za-z])(\d{2}[./ -]?\d{2}[./ -]?\d{2}[./ -]?\d{3}[./ -]?\d{2})(?:[^0-9A-Za-z]|$)`)
	ibanLike   = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?\d{4}){3,6}(?: ?\d{1,3})?\b`)
	pinLike    = regexp.MustCompile(`(?i)\b(?:pin|code[_ ]pin|puk)\b["']?\s*[:=]\s*["']?\d`)
	keyLike    = regexp.MustCompile(`PRIVATE KEY-----|"d":"[A-Za-z0-9_-]{40,}"`)
)

// scan looks for secrets, known and unknown, in what was written.
func (s secrets) scan(where string, text []byte) (f findings) {
	for value, what := range s {
		if bytes.Contains(text, []byte(value)) {
			f.add("%s holds %s", where, what)
		}
	}
	for _, m := range numberLike.FindAllSubmatch(text, -1) {
		if _, err := nrn.Parse(string(m[1])); err == nil {
			f.add("%s holds a national number", where)
		}
	}
	for _, m := range ibanLike.FindAll(text, -1) {
		if _, err := bank.ParseIBAN(string(m)); err == nil {
			f.add("%s holds an account number", where)
		}
	}
	if pinLike.Match(text) {
		f.add("%s holds something called a PIN", where)
	}
	if keyLike.Match(text) {
		f.add("%s holds a private key", where)
	}
	return f
}

// markers looks for known values only: for files full of noise, in which any pattern
// occurs sooner or later.
func (s secrets) markers(where string, content []byte) (f findings) {
	for value, what := range s {
		if bytes.Contains(content, []byte(value)) {
			f.add("N12: %s holds %s", where, what)
		}
	}
	return f
}

// files reads all files below a folder.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
