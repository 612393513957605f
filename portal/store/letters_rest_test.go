package store_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/store/storetest"
)

// TestLetterRestsSealed: until it is printed the code of a letter is on the disk sealed
// only, from then on not at all; and its use is the letter's end.
func TestLetterRestsSealed(t *testing.T) {
	cfg := storetest.Config(t, storetest.SQLite)
	db := storetest.OpenConfig(t, cfg)
	member := account.Member{Mutuality: "141", ID: "cccccccccccccccccccccccccc", Affiliation: "1", NationalNumber: number(claireNumber),
		GivenNames: "Claire", Surname: "Delcourt", Street: "Rue Neuve 1", Postcode: "4000", Municipality: "Liège", Country: "BE", Language: "fr"}
	if err := db.AddMember(t.Context(), member, nil); err != nil {
		t.Fatal(err)
	}
	codes := &credentials.Service{Store: db, Mutuality: "141", Now: time.Now, Rand: rand.Reader}
	code, secret, err := codes.NewCode(credentials.Grant{Member: member.ID, Purpose: credentials.ActivateLetter, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if code.ID, err = db.NewID(); err != nil {
		t.Fatal(err)
	}
	if err := db.PutCode(t.Context(), code, secret, ""); err != nil {
		t.Fatal(err)
	}
	const user = "4017-2283-USER"
	id, err := db.QueueLetter(t.Context(), letters.Letter{Mutuality: "141", Member: member.ID, Kind: letters.FirstCredentials, Lang: "fr",
		Code: code.ID, Secret: secret, UserNumber: user, Deadline: code.Expires})
	if err != nil {
		t.Fatal(err)
	}
	onDisk(t, filepath.Dir(cfg.Path), secret, user)
	if got := sealedSecret(t, cfg.Path); len(got) == 0 {
		t.Error("before it is printed the letter has no secret")
	}

	by := letters.By{Mutuality: "141"}
	open, err := db.OpenLetters(t.Context(), by, 10)
	if err != nil || len(open) != 1 || open[0].Secret != secret || open[0].UserNumber != user {
		t.Fatalf("OpenLetters = %v, %v", open, err)
	}
	batch := letters.Batch{ID: "01kbatch", Made: time.Now()}
	if err := db.PrintLetters(t.Context(), by, batch, []letters.Lock{{Member: member.ID, Letter: id}}); err != nil {
		t.Fatal(err)
	}
	if got := sealedSecret(t, cfg.Path); got != nil {
		t.Errorf("after it is printed the letter keeps %d bytes", len(got))
	}
	if _, err := db.UseCode(t.Context(), "141", credentials.ActivateLetter, secret, time.Now()); err != nil {
		t.Fatal(err)
	}
	if l, err := db.Letter(t.Context(), "141", id); err != nil || l.State != letters.Used || l.At.Ended.IsZero() {
		t.Errorf("after its use the letter is %v, %v", l, err)
	}
	onDisk(t, filepath.Dir(cfg.Path), secret, user)
}

// TestDamagedLetter: one that does not open waits on and keeps no other from leaving.
func TestDamagedLetter(t *testing.T) {
	b := newBed(t, openSQLite)
	var ids []string
	for n, l := range []auth.Login{b.claire, b.bram} {
		id, err := b.QueueLetter(t.Context(), letters.Letter{Mutuality: l.Mutuality, Member: l.Member, Kind: letters.NewPassword, Lang: "fr",
			Code: "06h029gerwqtfcfprcxr1ynme" + strconv.Itoa(n), Secret: "7KQ2-94MA-X0VT", Deadline: noon.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	mustExec(t, peek(t, b.cfg.Path), `UPDATE letters SET secret_sealed = x'00' WHERE letter = '`+ids[0]+`'`)
	open, err := b.OpenLetters(t.Context(), letters.By{Mutuality: b.claire.Mutuality}, 10)
	if err != nil || len(open) != 1 || open[0].ID != ids[1] {
		t.Errorf("OpenLetters beside a damaged one = %d letters, %v", len(open), err)
	}
}

// onDisk fails if a file of the folder holds one of the texts in clear.
func onDisk(t *testing.T, dir string, texts ...string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "guichet.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files, %v", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if bytes.Contains(raw, []byte(text)) {
				t.Errorf("%s holds %q in clear", filepath.Base(f), text)
			}
		}
	}
}

// sealedSecret is what the one letter keeps.
func sealedSecret(t *testing.T, path string) (sealed []byte) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(`SELECT secret_sealed FROM letters`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	return sealed
}
