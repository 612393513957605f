package store_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/mail"
)

// queued leases the one job of the kind that waits.
func (b *bed) queued(kind string) jobs.Job {
	b.t.Helper()
	list, err := b.Lease(b.t.Context(), jobs.Order{Now: b.clock.Now(), Life: time.Minute, Kinds: []string{kind}, Limit: 10})
	if err != nil || len(list) != 1 {
		b.t.Fatalf("%d jobs of %s wait, want one; %v", len(list), kind, err)
	}
	return list[0]
}

// mails are those that wait, as "template to", sorted, and are taken by it.
func (b *bed) mails() string {
	b.t.Helper()
	list, err := b.Lease(b.t.Context(), jobs.Order{Now: b.clock.Now(), Life: time.Minute, Kinds: []string{mail.JobKind}, Limit: 50})
	if err != nil {
		b.t.Fatal(err)
	}
	var told []string
	for _, j := range list {
		m, err := mail.Unmarshal(j.Payload)
		if err != nil {
			b.t.Fatal(err)
		}
		told = append(told, string(m.Template)+" "+m.To)
		if err := b.Done(b.t.Context(), j); err != nil {
			b.t.Fatal(err)
		}
	}
	slices.Sort(told)
	return strings.Join(told, ", ")
}

// letters are those of the member, as "kind state", newest first.
func (b *bed) letters(l auth.Login) string {
	b.t.Helper()
	list, err := b.LettersOf(b.t.Context(), l, 20)
	if err != nil {
		b.t.Fatal(err)
	}
	var told []string
	for _, l := range list {
		told = append(told, string(l.Kind)+" "+string(l.State))
	}
	return strings.Join(told, ", ")
}

func (b *bed) wantText(what, got, want string) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// stateOf is that of the member's account.
func (b *bed) stateOf(l auth.Login) credentials.State {
	b.t.Helper()
	a, err := b.Account(b.t.Context(), l.Mutuality, l.Member)
	if err != nil {
		b.t.Fatal(err)
	}
	return a.State
}

// wantSealed fails if the store rests with one of the texts in clear: in a file, or in a
// column of a table, as text or as bytes.
func (b *bed) wantSealed(texts ...string) {
	b.t.Helper()
	for where, data := range b.dump() {
		for _, text := range texts {
			if bytes.Contains(data, []byte(text)) || bytes.Contains(data, []byte(hex.EncodeToString([]byte(text)))) {
				b.t.Errorf("%s holds %q in clear", where, text)
			}
		}
		if where == "members" && !bytes.Contains(data, []byte("Delcourt")) {
			b.t.Error("the search does not find a name that is there")
		}
	}
}

// dump is all that rests: the files of the store, or the rows of each table.
func (b *bed) dump() map[string][]byte {
	b.t.Helper()
	all := map[string][]byte{}
	address, ok := databases.Load(b.cfg.Path)
	if !ok {
		files, err := filepath.Glob(b.cfg.Path + "*")
		if err != nil || len(files) == 0 {
			b.t.Fatalf("no files, %v", err)
		}
		for _, file := range files {
			if all[filepath.Base(file)], err = os.ReadFile(file); err != nil {
				b.t.Fatal(err)
			}
		}
		return all
	}
	raw := peekDatabase(b.t, address.(string))
	for _, table := range texts(b.t, raw, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`) {
		all[table] = []byte(strings.Join(texts(b.t, raw, `SELECT t::text FROM "`+table+`" t`), "\n"))
	}
	return all
}
