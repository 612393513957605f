package account

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/areatest"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
)

// fakeStore holds one member.
type fakeStore struct {
	member Member
	asked  []auth.Login

	signIns       []SignIn
	letters       []letters.Letter
	looks         []Look // newest first
	ended, denied []string
	stopped       []mail.Template
	changed       []string // numbers
	work          string
	workplace     WorkAddress
	err           error
}

func (s *fakeStore) Member(_ context.Context, login auth.Login) (Member, error) {
	s.asked = append(s.asked, login)
	return s.member, s.err
}

func (s *fakeStore) StoppedNotices(context.Context, auth.Login) ([]mail.Template, error) {
	return s.stopped, s.err
}

func (s *fakeStore) SetNotices(_ context.Context, _ auth.Login, stopped []mail.Template) error {
	if s.err == nil {
		s.stopped = stopped
	}
	return s.err
}

const number = "85073003328"

func newDesk(t *testing.T) (*areatest.Counter, *fakeStore) {
	n, err := nrn.Parse(number)
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeStore{member: Member{
		ID: "mathieu", Affiliation: "0412-77-318", NationalNumber: n, GivenNames: "Mathieu", Surname: "Delcourt",
		Birth:  time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC),
		Street: "Rue des Clarisses 8", Postcode: "4000", Municipality: "Liège", Country: "BE",
		Email: "mathieu@mail.example", Phone: "+32470000142", Language: "nl",
		Since: time.Date(2009, 9, 1, 0, 0, 0, 0, time.UTC), UpdatedAt: areatest.Noon,
	}}
	return areatest.New(t, &Account{Store: s}), s
}

func TestStoreFails(t *testing.T) {
	c, s := newDesk(t)
	s.err = errors.New("disk full")
	if p := c.Get("account"); !errors.Is(p.Err, s.err) || strings.Contains(p.Err.Error(), "Delcourt") {
		t.Errorf("account = %d, %v", p.Status, p.Err)
	}
	if p := c.Post("account", nil); p.Status != http.StatusMethodNotAllowed {
		t.Errorf("POST account = %d", p.Status)
	}
}

// TestNumberIsMasked: of the national number two digits stand on the page, in no
// attribute either.
func TestNumberIsMasked(t *testing.T) {
	c, _ := newDesk(t)
	body := string(c.Get("account").Body)
	for _, part := range []string{number, "850730", "85.07.30", "0033", "033"} {
		if strings.Contains(strings.ReplaceAll(body, "+32470000142", ""), part) {
			t.Errorf("the page holds %q of the national number", part)
		}
	}
}

func TestAccountShowsTheMember(t *testing.T) {
	c, s := newDesk(t)
	for _, c.Lang = range locale.Languages() {
		p := c.Get("account")
		text := p.Text("main")
		blanks := strings.NewReplacer("\u00a0", " ")
		for _, want := range []string{"Mathieu Delcourt", "0412-77-318", "Rue des Clarisses 8", "4000 Liège", "mathieu@mail.example",
			"0470 00 01 42", blanks.Replace(locale.Date(c.Lang, s.member.Birth)), "28", locale.NL.Name(), locale.T(c.Lang, "account.method.card")} {
			if p.Status != http.StatusOK || !strings.Contains(text, want) {
				t.Errorf("%s: %d, page lacks %q", c.Lang, p.Status, want)
			}
		}
		if letter := "/" + string(c.Lang) + "/requests/contact?subject=address"; !slices.Contains(p.Links("main"), letter) {
			t.Errorf("%s: no way to another address", c.Lang)
		}
	}
	if s.asked[0].Member != areatest.Login().Member {
		t.Errorf("asked for %v", s.asked[0])
	}
}

func TestAccountWithoutWhatIsNotKnown(t *testing.T) {
	c, s := newDesk(t)
	s.member.Birth, s.member.Phone, s.member.Email, s.member.UpdatedAt = time.Time{}, "", "", time.Time{}
	p := c.Get("account")
	text := p.Text("main")
	if p.Status != http.StatusOK || !strings.Contains(text, locale.T(locale.FR, "account.birth.unknown")) || strings.Contains(text, "1er janvier 1 ") {
		t.Errorf("account = %d, %q", p.Status, text)
	}
}

// An address that is not known is told as such, and one abroad with its country.
func TestAccountAddress(t *testing.T) {
	c, s := newDesk(t)
	s.member.Country = "PT"
	if text := c.Get("account").Text("main"); !strings.Contains(text, "4000 Liège Portugal") {
		t.Errorf("abroad: %s", text)
	}
	s.member.Street, s.member.Municipality = "", ""
	p := c.Get("account")
	if text := p.Text("main"); !strings.Contains(text, "Adresse Nous ne l’avons pas Sans adresse") || !strings.Contains(text, "Ajouter Adresse") {
		t.Errorf("not known: %s", text)
	}
}

// Without an address that was confirmed for signing in, the page does not say that none is
// known: the one that the insurance system delivered stands among her data.
func TestAccessWithoutAnAddress(t *testing.T) {
	for _, l := range locale.Languages() {
		row := emailRow(page.View{Lang: l}, credentials.Account{})
		if row.Value != locale.T(l, "password.way.email.none") || row.Value == locale.T(l, "account.missing") || row.Content != nil {
			t.Errorf("%s: %q", l, row.Value)
		}
	}
}

func (s *fakeStore) SignIns(context.Context, auth.Login, int) ([]SignIn, error) {
	return s.signIns, s.err
}

func (s *fakeStore) EndOtherSession(_ context.Context, _ auth.Login, session string) error {
	s.ended = append(s.ended, session)
	return s.err
}

func (s *fakeStore) DenySignIn(_ context.Context, _ auth.Login, session string) (string, error) {
	s.denied = append(s.denied, session)
	return "T-4K7P-118", s.err
}

func (s *fakeStore) Contacts(context.Context, auth.Login) (Contacts, error) {
	known := Contacts{Email: s.member.Email, Work: s.work, Workplace: s.workplace}
	known.Set(Delivered(s.member.Phone), s.member.Phone)
	return known, s.err
}

func (s *fakeStore) ChangeWorkAddress(_ context.Context, _ auth.Login, a WorkAddress) error {
	s.workplace = a
	return s.err
}

func (s *fakeStore) ChangePhone(_ context.Context, _ auth.Login, k PhoneKind, number string) error {
	s.changed = append(s.changed, string(k)+" "+number)
	return s.err
}

// Looks are those before a place, as the store finds them; times differ or sequences do.
func (s *fakeStore) Looks(_ context.Context, _ auth.Login, from LookPlace, limit int) (list []Look, err error) {
	for _, l := range s.looks {
		older := l.Place.At < from.At || l.Place.At == from.At && l.Place.Seq < from.Seq
		if (older || from == LookPlace{}) && len(list) < limit {
			list = append(list, l)
		}
	}
	return list, s.err
}

func (s *fakeStore) LettersOf(context.Context, auth.Login, int) ([]letters.Letter, error) {
	return s.letters, s.err
}

func TestParsePhone(t *testing.T) {
	for _, c := range []struct {
		kind        PhoneKind
		typed, want string
		err         error
	}{
		{Mobile, "0470/00.01.42", "+32470000142", nil},
		{Mobile, "+32 (0)470 00 01 42", "+32470000142", nil},
		{Mobile, "0032 470 00 01 42", "+32470000142", nil},
		{Mobile, "+33 6 12 34 56 78", "+33612345678", nil},
		{Home, "04 322 11 00", "+3243221100", nil},
		{Home, "0033 1 40 20 50 50", "+33140205050", nil},
		{Work, "+1 (212) 555-0100", "+12125550100", nil},
		{Work, "  ", "", nil},
		{Mobile, "04 322 11 00", "", ErrNotMobile},
		{Mobile, "0470 00 01 4", "", ErrNotMobile},
		{Mobile, "0470 00 01 423", "", ErrPhone},
		{Home, "322 11 00", "", ErrPhone},
		{Home, "0470 mon gsm", "", ErrPhone},
		{Home, "+0470000142", "", ErrPhone},
		{Home, "04+3221100", "", ErrPhone},
		{Home, "+3200000000", "", ErrPhone},
		{Home, "+12345678901234567", "", ErrPhone},
		{Home, strings.Repeat("0", 60), "", ErrPhone},
	} {
		got, err := ParsePhone(c.kind, c.typed)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("ParsePhone(%s, %q) = %q, %v, want %q, %v", c.kind, c.typed, got, err, c.want, c.err)
		}
		if err == nil && got != "" {
			if again, err := ParsePhone(c.kind, locale.Phone(got)); err != nil || again != got {
				t.Errorf("%q shown as %q is read back as %q, %v", got, locale.Phone(got), again, err)
			}
		}
	}
}

func TestPhoneForms(t *testing.T) {
	c, s := newDesk(t)
	p := c.Post("account/phone/mobile", url.Values{"phone": {"04 322 11 00"}})
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("main"), "0470 12 34 56") || len(s.changed) != 0 {
		t.Errorf("a number of a place: %d, want a refusal with an example", p.Status)
	}
	p = c.Post("account/phone/home", url.Values{"phone": {"nope"}})
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("main"), "04 222 33 44") {
		t.Errorf("no number: %d", p.Status)
	}
	for _, k := range PhoneKinds() {
		if p := c.Post("account/phone/"+string(k), url.Values{"phone": {"+32 470 00 01 43"}}); p.Status != http.StatusSeeOther {
			t.Errorf("%s: %d", k, p.Status)
		}
	}
	if len(s.changed) != 3 || s.changed[2] != "work +32470000143" {
		t.Errorf("changed: %q", s.changed)
	}
	if p := c.Get("account"); !strings.Contains(p.Text("main"), locale.T(locale.FR, "people.phone.work.why")) {
		t.Error("no invitation to give what is not known")
	}
}
