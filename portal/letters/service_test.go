package letters_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing/document"
)

var monday = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bed is a mailroom with a store behind it.
type bed struct {
	*letters.Service
	*clock
	t     *testing.T
	db    *store.DB
	by    letters.By
	codes *credentials.Service
}

const nora = auth.MemberID("cccccccccccccccccccccccccc")

func newBed(t *testing.T, open storetest.Opener) *bed {
	t.Helper()
	c := &clock{now: monday}
	db := open(func(cfg *store.Config) { cfg.Now = c.Now })
	codes := &credentials.Service{Store: db, Mutuality: "tilleuls", Now: c.Now, Rand: rand.Reader}
	codes.Profile.CodeLife = 30 * 24 * time.Hour
	b := &bed{clock: c, t: t, db: db, codes: codes, by: letters.By{Mutuality: "tilleuls"}}
	b.Service = &letters.Service{Store: db, Codes: codes, Now: c.Now, Rand: rand.Reader, House: letters.House{
		Mutuality: "tilleuls", Origin: "https://guichet.tilleuls.example", Country: "BE",
		Letterhead: document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège", Phone: "0800 00 142"},
	}}
	b.join(nora, "85073003328", "Nora", "Delcourt", "4020")
	return b
}

func (b *bed) join(id auth.MemberID, number, given, surname, postcode string) {
	b.t.Helper()
	n, err := nrn.Parse(number)
	if err != nil {
		b.t.Fatal(err)
	}
	err = b.db.AddMember(b.t.Context(), account.Member{
		Mutuality: "tilleuls", ID: id, Affiliation: string(id), NationalNumber: n, GivenNames: given, Surname: surname,
		Street: "Rue de la Paix 7", Postcode: postcode, Municipality: "Liège", Country: "BE", Language: "fr",
	}, nil)
	if err != nil {
		b.t.Fatal(err)
	}
}

// ask queues a letter with a living code and returns its id and its secret.
func (b *bed) ask(member auth.MemberID, k letters.Kind) (id, secret string) {
	b.t.Helper()
	l := letters.Letter{Mutuality: "tilleuls", Member: member, Kind: k, Lang: "fr"}
	if k.HasSecret() {
		code, drawn, err := b.codes.NewCode(credentials.Grant{Mutuality: "tilleuls", Member: member, Purpose: k.Purpose()})
		if err != nil {
			b.t.Fatal(err)
		}
		if code.ID, err = b.db.NewID(); err != nil {
			b.t.Fatal(err)
		}
		if err := b.db.PutCode(b.t.Context(), code, drawn, ""); err != nil {
			b.t.Fatal(err)
		}
		l.Code, l.Secret, l.Deadline, secret = code.ID, drawn, code.Expires, drawn
	}
	if k == letters.FirstCredentials {
		l.UserNumber = "4017 2283"
	}
	id, err := b.db.QueueLetter(b.t.Context(), l)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Add(time.Second) // ids sort by time
	return id, secret
}

func (b *bed) print() *letters.Print {
	b.t.Helper()
	p, err := b.Print(b.t.Context(), b.by, 100)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bed) want(id string, state letters.State, reason string) letters.Letter {
	b.t.Helper()
	l, err := b.db.Letter(b.t.Context(), "tilleuls", id)
	if err != nil || l.State != state || l.Reason != reason {
		b.t.Errorf("letter is %s (%s), %v, want %s (%s)", l.State, l.Reason, err, state, reason)
	}
	return l
}

// alive tells whether a code still opens.
func (b *bed) alive(p credentials.Purpose, secret string) bool {
	_, err := b.db.FindCode(b.t.Context(), "tilleuls", p, secret, b.clock.Now())
	return err == nil
}

func read(t *testing.T, pdf []byte, first, last int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "letters.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("qpdf", "--check", path).CombinedOutput(); err != nil {
		t.Fatalf("qpdf: %v\n%s", err, out)
	}
	out, err := exec.Command("pdftotext", "-raw", "-f", strconv.Itoa(first), "-l", strconv.Itoa(last), path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestLettersThatCannotBe(t *testing.T) {
	good := letters.Letter{Mutuality: "tilleuls", Member: nora, Kind: letters.NewPassword, Lang: "fr", Secret: "7KQ2-94MA-X0VT", Deadline: monday}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*letters.Letter){
		"to nobody":             func(l *letters.Letter) { l.Member = "" },
		"in no language":        func(l *letters.Letter) { l.Lang = "es" },
		"of no kind":            func(l *letters.Letter) { l.Kind = "advertisement" },
		"without its secret":    func(l *letters.Letter) { l.Secret = "" },
		"notice with a secret":  func(l *letters.Letter) { l.Kind = letters.NewEmail },
		"secret of two lines":   func(l *letters.Letter) { l.Secret = "7KQ2\n94MA" },
		"secret for ever":       func(l *letters.Letter) { l.Deadline = time.Time{} },
		"number beside a reset": func(l *letters.Letter) { l.UserNumber = "1" },
	} {
		l := good
		change(&l)
		if err := l.Check(); !errors.Is(err, letters.ErrLetter) || strings.Contains(err.Error(), "7KQ2") {
			t.Errorf("%s: Check = %v, want ErrLetter without the secret", name, err)
		}
	}
}

func TestBatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		if _, err := b.Print(t.Context(), b.by, 100); !errors.Is(err, letters.ErrNothing) {
			t.Errorf("Print of nothing = %v", err)
		}
		first, secret := b.ask(nora, letters.FirstCredentials)
		notice, _ := b.ask(nora, letters.NewEmail)
		if w, err := b.db.WaitingLetters(t.Context(), "tilleuls"); err != nil || w.Letters != 2 || !w.Oldest.Equal(monday) {
			t.Errorf("waiting %+v, %v", w, err)
		}
		p := b.print()
		if p.Batch.Letters != 2 || p.Pages != 4 || len(p.Letters) != 2 || p.Letters[0].Secret != "" {
			t.Errorf("batch %+v", p.Batch)
		}
		front, back := read(t, p.PDF, 1, 1), read(t, p.PDF, 2, 2)
		if !strings.Contains(front, "Nora Delcourt") || !strings.Contains(front, "4017 2283") || strings.Contains(front, secret) {
			t.Errorf("front reads %s", front)
		}
		if !strings.Contains(back, secret) || strings.Contains(back, "4017") || strings.Contains(back, "Delcourt") {
			t.Errorf("back reads %s", back)
		}
		b.want(first, letters.Printed, "")
		b.want(notice, letters.Printed, "")
		if _, err := b.Print(t.Context(), b.by, 100); !errors.Is(err, letters.ErrNothing) {
			t.Errorf("a second Print = %v, want ErrNothing", err)
		}
		for _, wrong := range []int{0, 1, 3, -2} {
			if err := b.Posted(t.Context(), b.by, p.ID, wrong); !errors.Is(err, letters.ErrCount) {
				t.Errorf("Posted(%d) = %v, want ErrCount", wrong, err)
			}
		}
		b.want(first, letters.Printed, "")
		if err := b.Posted(t.Context(), b.by, "01kother", 2); !errors.Is(err, letters.ErrNotFound) {
			t.Errorf("Posted of another batch = %v", err)
		}
		if err := b.Posted(t.Context(), b.by, p.ID, 2); err != nil {
			t.Fatal(err)
		}
		if err := b.Posted(t.Context(), b.by, p.ID, 2); !errors.Is(err, letters.ErrState) {
			t.Errorf("Posted again = %v, want ErrState", err)
		}
		b.want(first, letters.Posted, "")
		list, err := b.db.Letters(t.Context(), b.by, letters.Filter{Batch: p.ID}, "", 10)
		if err != nil || len(list) != 2 || list[0].ID != notice {
			t.Errorf("letters of the batch: %v, %v", list, err)
		}
		b.checkTrail(secret)
	})
}

// checkTrail: every step has its row, no row has a secret.
func (b *bed) checkTrail(secret string) {
	b.t.Helper()
	count := map[audit.Action]int{}
	err := b.db.AuditRows(b.t.Context(), func(e audit.Entry) error {
		if e.Outcome == audit.Done {
			count[e.Action]++
		}
		if strings.Contains(e.Object+e.Reason, secret) {
			b.t.Errorf("a row holds the secret: %+v", e)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	for action, want := range map[audit.Action]int{
		audit.RequestLetter: 2, audit.PrintLetter: 2, audit.PrintBatch: 1, audit.PostBatch: 1, audit.PostLetter: 2,
	} {
		if count[action] != want {
			b.t.Errorf("%d rows %s, want %d", count[action], action, want)
		}
	}
}

// TestPrintedOnce: two who print at the same time make one batch of each letter.
func TestPrintedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		_, secret := b.ask(nora, letters.NewPassword)
		var wait sync.WaitGroup
		var mu sync.Mutex
		var prints []*letters.Print
		for range 4 {
			wait.Go(func() {
				p, err := b.Print(context.Background(), b.by, 100)
				if err == nil {
					mu.Lock()
					prints = append(prints, p)
					mu.Unlock()
				} else if !errors.Is(err, letters.ErrState) && !errors.Is(err, letters.ErrNothing) {
					t.Errorf("Print = %v", err)
				}
			})
		}
		wait.Wait()
		if len(prints) != 1 || !strings.Contains(read(t, prints[0].PDF, 2, 2), secret) {
			t.Errorf("printed %d times", len(prints))
		}
	})
}

// A batch leaves sealed where there is a seal, and its digest is that of the sealed file.
// Without the seal's key nothing is printed.
func TestBatchIsSealed(t *testing.T) {
	b := newBed(t, func(changes ...func(*store.Config)) *store.DB { return storetest.Open(t, storetest.SQLite, changes...) })
	id, _ := b.ask(nora, letters.NewPassword)
	noKey := errors.New("no key")
	b.Seal = func(context.Context, []byte, string) ([]byte, error) { return nil, noKey }
	if p, err := b.Print(t.Context(), b.by, 10); !errors.Is(err, noKey) || p != nil {
		t.Errorf("Print without the key = %v, %v", p, err)
	}
	b.want(id, letters.Requested, "")
	b.Seal = func(_ context.Context, pdf []byte, reason string) ([]byte, error) {
		if reason != "Lettres" {
			t.Errorf("reason %q", reason)
		}
		return append(slices.Clone(pdf), "% sealed\n"...), nil
	}
	p := b.print()
	if !bytes.HasSuffix(p.PDF, []byte("% sealed\n")) || p.SHA256 != sha256.Sum256(p.PDF) {
		t.Error("the batch is not the sealed file")
	}
	kept, err := b.db.Batch(t.Context(), "tilleuls", p.ID)
	if err != nil || kept.SHA256 != p.SHA256 {
		t.Errorf("batch kept with another digest: %v", err)
	}
}

func TestParseReference(t *testing.T) {
	for _, typed := range []string{"L-7KQ2-94MA", "l7kq294ma", " l 7kq2 94ma ", "7kq2-94ma", "7KQ294MA"} {
		if got, ok := letters.ParseReference(typed); !ok || got != "L-7KQ2-94MA" {
			t.Errorf("ParseReference(%q) = %q, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "L", "7KQ2-94M", "L-7KQ2-94MAX", "X-7KQ2-94MA", "é7KQ294A"} {
		if got, ok := letters.ParseReference(typed); ok {
			t.Errorf("ParseReference(%q) = %q", typed, got)
		}
	}
}

func TestMadeAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		id, secret := b.ask(nora, letters.FirstCredentials)
		if _, err := b.Reprint(t.Context(), b.by, id, "jam"); !errors.Is(err, letters.ErrState) {
			t.Errorf("Reprint of a letter that was not printed = %v, want ErrState", err)
		}
		first := b.print()
		if _, err := b.Reprint(t.Context(), b.by, id, "because"); !errors.Is(err, letters.ErrLetter) {
			t.Errorf("Reprint without a reason = %v", err)
		}
		again, err := b.Reprint(t.Context(), b.by, id, "jam")
		if err != nil || again.Replaces != id || again.State != letters.Requested {
			t.Fatalf("Reprint = %+v, %v", again, err)
		}
		b.want(id, letters.Expired, "jam")
		if b.alive(credentials.ActivateLetter, secret) {
			t.Error("the code on the spoilt sheet still opens")
		}
		if batch, err := b.db.Batch(t.Context(), "tilleuls", first.ID); err != nil || batch.Envelopes() != 0 || batch.Spoilt != 1 {
			t.Errorf("batch %+v, %v", batch, err)
		}
		second := b.print()
		text := read(t, second.PDF, 1, 2)
		if strings.Contains(text, secret) || !strings.Contains(text, "4017 2283") {
			t.Errorf("the second letter reads %s", text)
		}
		fresh := ""
		for word := range strings.FieldsSeq(text) {
			if _, ok := credentials.CleanCode(word); ok {
				fresh = word
			}
		}
		if !b.alive(credentials.ActivateLetter, fresh) {
			t.Errorf("the second code %q does not open", fresh)
		}
		if _, err := b.Reprint(t.Context(), b.by, id, "jam"); !errors.Is(err, letters.ErrState) {
			t.Errorf("Reprint twice = %v, want ErrState", err)
		}
	})
}

func TestReturned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		id, secret := b.ask(nora, letters.NewPassword)
		for _, reason := range []string{"", "because"} {
			if _, err := b.Returned(t.Context(), b.by, id, reason); !errors.Is(err, letters.ErrLetter) {
				t.Errorf("Returned(%q) = %v, want ErrLetter", reason, err)
			}
		}
		if _, err := b.Returned(t.Context(), b.by, id, "address"); !errors.Is(err, letters.ErrState) {
			t.Errorf("Returned before it left = %v, want ErrState", err)
		}
		p := b.print()
		if err := b.Posted(t.Context(), b.by, p.ID, 1); err != nil {
			t.Fatal(err)
		}
		if l, err := b.Returned(t.Context(), b.by, id, "address"); err != nil || l.State != letters.Returned {
			t.Fatalf("Returned = %v, %v", l, err)
		}
		b.want(id, letters.Returned, "address")
		if b.alive(credentials.ResetLetter, secret) {
			t.Error("the code of a letter that came back still opens")
		}
		tasks := 0
		err := b.db.AuditRows(t.Context(), func(e audit.Entry) error {
			if e.Action == audit.MakeTask {
				tasks++
			}
			return nil
		})
		if err != nil || tasks != 1 {
			t.Errorf("%d tasks, %v, want one for an advisor", tasks, err)
		}
		if _, err := b.Returned(t.Context(), b.by, id, "address"); !errors.Is(err, letters.ErrState) {
			t.Errorf("Returned twice = %v", err)
		}
		if _, err := b.Returned(t.Context(), letters.By{Mutuality: "other"}, id, "address"); !errors.Is(err, letters.ErrNotFound) {
			t.Errorf("Returned by another mutuality = %v", err)
		}
	})
}

// TestTooLate: a code that is dead before its letter is printed is not printed, and
// one that dies on the way ends its letter.
func TestTooLate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		printed, _ := b.ask(nora, letters.FirstCredentials)
		b.print()
		waiting, _ := b.ask(nora, letters.NewPassword)
		b.Add(31 * 24 * time.Hour)
		if _, err := b.Print(t.Context(), b.by, 100); !errors.Is(err, letters.ErrNothing) {
			t.Errorf("Print of a dead code = %v, want ErrNothing", err)
		}
		if err := b.db.Sweep(t.Context(), b.clock.Now()); err != nil {
			t.Fatal(err)
		}
		b.want(printed, letters.Expired, "deadline")
		b.want(waiting, letters.Expired, "deadline")
	})
}

// TestAskedTwice: of two requests one letter leaves, with the code that opens.
func TestAskedTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		first, dead := b.ask(nora, letters.NewPassword)
		second, living := b.ask(nora, letters.NewPassword)
		b.want(first, letters.Expired, "replaced")
		b.want(second, letters.Requested, "")
		p := b.print()
		if text := read(t, p.PDF, 1, 2); p.Pages != 2 || !strings.Contains(text, living) || strings.Contains(text, dead) {
			t.Errorf("%d pages read %s", p.Pages, text)
		}
	})
}

// TestNameWeCannotSet: one such letter waits on, the others leave.
func TestNameWeCannotSet(t *testing.T) {
	b := newBed(t, func(changes ...func(*store.Config)) *store.DB { return storetest.Open(t, storetest.SQLite, changes...) })
	b.join("dddddddddddddddddddddddddd", "17073003384", "محمد", "Delcourt", "4000")
	b.ask("dddddddddddddddddddddddddd", letters.NewPassword)
	if p, err := b.Print(t.Context(), b.by, 100); !errors.Is(err, letters.ErrNothing) || len(p.Aside) != 1 {
		t.Errorf("Print = %v, %v", p, err)
	}
	id, _ := b.ask(nora, letters.NewPassword)
	p := b.print()
	if len(p.Letters) != 1 || len(p.Aside) != 1 || p.Aside[0].Secret != "" {
		t.Errorf("printed %v, aside %v", p.Letters, p.Aside)
	}
	b.want(id, letters.Printed, "")
}

func TestTestPrintHoldsNoSecret(t *testing.T) {
	b := newBed(t, func(changes ...func(*store.Config)) *store.DB { return storetest.Open(t, storetest.SQLite, changes...) })
	_, secret := b.ask(nora, letters.FirstCredentials)
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		drawn, err := b.TestPrint(lang)
		if err != nil {
			t.Fatal(err)
		}
		text := read(t, drawn.PDF, 1, drawn.Pages)
		if drawn.Pages != 10 || strings.Contains(text, secret) || strings.Contains(text, "Nora") || strings.Contains(text, "4017") {
			t.Errorf("%s: %d pages read %s", lang, drawn.Pages, text)
		}
		if strings.ContainsAny(text, "{}") || strings.Contains(text, "letters.") {
			t.Errorf("%s: a text is missing: %s", lang, text)
		}
		if bytes.Contains(drawn.PDF, []byte(secret)) {
			t.Errorf("%s: the file holds the secret", lang)
		}
	}
	if w, err := b.db.WaitingLetters(t.Context(), "tilleuls"); err != nil || w.Letters != 1 {
		t.Errorf("waiting %+v, %v: a test print touches no letter", w, err)
	}
}

func TestExpectedBy(t *testing.T) {
	h := letters.House{}
	// Half past midnight in Brussels on the 26th is the 25th in UTC.
	asked := time.Date(2026, 11, 25, 23, 30, 0, 0, time.UTC)
	if got := h.ExpectedBy(asked); got.Format(time.DateOnly) != "2026-12-01" {
		t.Errorf("ExpectedBy = %s", got)
	}
}

// TestAbroad: a letter to another country names it, one at home does not.
func TestAbroad(t *testing.T) {
	h := letters.House{Country: "BE", Letterhead: document.Mutuality{Name: "M"}}
	a := letters.Addressed{Letter: letters.Letter{Kind: letters.NewEmail, Lang: "nl"}, Name: "Nora", Street: "Rue 1", Postcode: "67000", Municipality: "Strasbourg", Country: "FR"}
	if to := h.Compose(a, monday).To; len(to) != 4 || to[3] != "FRANKRIJK" {
		t.Errorf("To = %q", to)
	}
	a.Country = "be"
	if to := h.Compose(a, monday).To; len(to) != 3 {
		t.Errorf("To = %q", to)
	}
	a.Country = "XX"
	if to := h.Compose(a, monday).To; len(to) != 4 || to[3] != "XX" {
		t.Errorf("To = %q", to)
	}
}
