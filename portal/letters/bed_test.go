package letters_test

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/account"
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
	b.put(account.Member{
		Mutuality: "tilleuls", ID: id, Affiliation: string(id), NationalNumber: n, GivenNames: given, Surname: surname,
		Street: "Rue de la Paix 7", Postcode: postcode, Municipality: "Liège", Country: "BE", Language: "fr",
	})
}

func (b *bed) put(m account.Member) {
	b.t.Helper()
	if err := b.db.AddMember(b.t.Context(), m, nil); err != nil {
		b.t.Fatal(err)
	}
}

// move gives the member another street.
func (b *bed) move(id auth.MemberID, street string) {
	b.t.Helper()
	m, err := b.db.Member(b.t.Context(), auth.Login{Mutuality: "tilleuls", Member: id})
	if err != nil {
		b.t.Fatal(err)
	}
	m.Street = street
	b.put(m)
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
