package office

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

var today = time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC)

// opened is how an item reads to who holds it.
func opened(t *testing.T, l locale.Language, i Item) string {
	t.Helper()
	v := page.View{Lang: l, Now: today, Officer: &auth.Officer{ID: i.Hold.Staff}}
	o := &Office{Now: func() time.Time { return today }}
	p := itemPage{Item: i, Mine: true, Said: saidRows(v, i), Then: o.then(v, i)}
	var b bytes.Buffer
	if err := itemView(v, p).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func changeOfAccount() Item {
	return Item{ID: "r", Kind: BankChange, Language: "fr", Created: today, Hold: Hold{Staff: "bob", Since: today},
		Request: &Request{Act: document.BankChange{NewIBAN: "BE68539007547034", Holder: "Mathieu Delcourt"}, Method: "signature", InForce: today.AddDate(0, 0, 5)}}
}

// An officer compares the account asked for with the one in use, before she agrees.
func TestPresentAccountStandsBesideTheNewOne(t *testing.T) {
	i := changeOfAccount()
	i.Request.Present = &Present{Country: "BE", Last4: "4480", Since: time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC)}
	for _, l := range locale.Languages() {
		got := opened(t, l, i)
		now, fresh := strings.Index(got, templ.EscapeString(locale.T(l, "office.request.now"))), strings.Index(got, templ.EscapeString(locale.T(l, "office.request.account")))
		if now < 0 || fresh < now || !strings.Contains(got[now:fresh], "4480") || !strings.Contains(got[now:fresh], "2019") {
			t.Errorf("%s: account in use at %d, new one at %d: %s", l, now, fresh, got)
		}
	}
	i.Request.Present = nil
	none := locale.T(locale.FR, "office.request.now")
	if got := opened(t, locale.FR, i); !strings.Contains(got, none) || strings.Contains(got, "4480") {
		t.Errorf("a first account: %s", got)
	}
	i.Damaged = true
	if strings.Contains(opened(t, locale.FR, i), none) {
		t.Error("what does not open is said to be no account")
	}
}

// The second officer reads what her agreement does: the delay still runs, or is over.
func TestSecondOfficerIsToldOfTheDelay(t *testing.T) {
	i := changeOfAccount()
	if got := opened(t, locale.EN, i); strings.Contains(got, "After your agreement the") || !strings.Contains(got, locale.T(locale.EN, "office.first.of.two")) {
		t.Errorf("the first officer reads %s", got)
	}
	i.Agreed = Hold{Staff: "ines", Name: "Inès Collard", Since: today}
	for _, l := range locale.Languages() {
		i.Request.InForce = today.AddDate(0, 0, 5)
		waits := templ.EscapeString(locale.T(l, "office.second.waits", locale.A("date", locale.Date(l, i.Request.InForce))))
		if got := opened(t, l, i); !strings.Contains(got, waits) {
			t.Errorf("%s: nothing is said of the delay: %s", l, got)
		}
		i.Request.InForce = today.Add(-time.Hour)
		over := templ.EscapeString(locale.T(l, "office.second.over"))
		if got := opened(t, l, i); !strings.Contains(got, over) || strings.Contains(got, waits) {
			t.Errorf("%s: the delay is not over: %s", l, got)
		}
	}
}

// Who agreed first is not asked to take the item again.
func TestFirstOfficerHasDoneHerPart(t *testing.T) {
	i := changeOfAccount()
	if agreed(i, "ines") {
		t.Error("nobody agreed yet")
	}
	i.Agreed = Hold{Staff: "ines", Name: "Inès Collard", Since: today}
	if !agreed(i, "ines") || agreed(i, "bob") {
		t.Error("the first officer is not known again")
	}
	email := Item{Kind: EmailSecond, History: []Event{{What: EventAgreed, Staff: "ines"}, {What: EventReleased, Staff: "bob"}}}
	if !agreed(email, "ines") || agreed(email, "bob") {
		t.Error("who asked for the address is not known again")
	}
	v := page.View{Lang: locale.FR, Now: today, Officer: &auth.Officer{ID: "ines"}}
	for _, h := range []Hold{{}, {Staff: "bob", Name: "Bob"}} {
		i.Hold = h
		var b bytes.Buffer
		if err := itemView(v, itemPage{Item: i, Agreed: true}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "/take") {
			t.Errorf("held by %q: she is asked to take it", h.Staff)
		}
	}
}

// What strangers typed turns nothing around on the officer's page, and hides nothing in it.
func TestSaidIsWhatIsSeen(t *testing.T) {
	v := page.View{Lang: locale.FR, Now: today, Officer: &auth.Officer{ID: "ines"}}
	for typed, shown := range map[string]string{
		"Anna \u202eBAN\u202c": "Anna BAN", "anna@mail\u200b.example": "anna@mail.example", "\u2066x\u2069\x1b[2J\x00": "x[2J", "\ufeffa\tb": "a b",
		"می\u200cخواهم": "می\u200cخواهم", "deux\nlignes": "deux\nlignes", "bad \xff": "bad ",
	} {
		for _, part := range []string{"name", "email", "text"} {
			if got := saidText(v, CannotConnect, part, typed); got != shown {
				t.Errorf("%s %q is shown as %q, want %q", part, typed, got, shown)
			}
		}
		steps := track(v, Item{History: []Event{{What: EventReplied, Words: typed}}})
		if got := steps[1].Detail; !strings.HasSuffix(got, ": "+shown) {
			t.Errorf("the history has %q for %q", got, typed)
		}
	}
}

// A change of account that waits for its day can be stopped from its item, and none else.
func TestStopIsOffered(t *testing.T) {
	v := page.View{Lang: locale.FR, Now: today, Officer: &auth.Officer{ID: "ines"}}
	for _, stoppable := range []bool{true, false} {
		var b bytes.Buffer
		i := Item{ID: "a-b", Kind: BankChange, Closed: today, Stoppable: stoppable}
		if err := itemView(v, itemPage{Item: i}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "/fr/office/queue/a-b/stop"); got != stoppable {
			t.Errorf("stoppable %v: the page offers it: %v", stoppable, got)
		}
	}
}

// Whoever closes an item is told who will read what she writes: the answer to a request to
// reopen an account stands before the member at her next sign-in.
func TestWordsSayWhoReadsThem(t *testing.T) {
	const colleagues = "office.close.words.hint"
	for k, hint := range map[Kind]string{Reactivation: "office.close.words.reopen.hint", Message: "office.close.words.message.hint", Labels: "office.close.words.member.hint",
		CannotConnect: colleagues, LostCode: colleagues, NotMe: colleagues} {
		got := opened(t, locale.EN, Item{ID: "i", Kind: k, Language: "en", Created: today, Hold: Hold{Staff: "bob", Since: today}})
		if !strings.Contains(got, templ.EscapeString(locale.T(locale.EN, hint))) {
			t.Errorf("%s: not %q in %s", k, hint, got)
		}
		if hint != colleagues && strings.Contains(got, templ.EscapeString(locale.T(locale.EN, colleagues))) {
			t.Errorf("%s: what the member reads is said to be for colleagues", k)
		}
	}
}

// What was asked back and what the member answered stand among what the item is about.
func TestAnswerOfTheMemberIsRead(t *testing.T) {
	i := Item{ID: "i", Kind: Message, Language: "fr", Created: today, Hold: Hold{Staff: "bob", Since: today}, Said: map[string]string{"text": "Il manque la boîte."},
		History: []Event{{At: today, What: EventAsked, Words: "Quel numéro ?"}, {At: today, What: EventReplied, Words: "Boîte \u202e3"}, {At: today, What: EventTaken, Words: "pour les collègues"}}}
	rows := saidRows(page.View{Lang: locale.FR}, i)
	want := []string{"Message", "Demandé au membre", "Réponse du membre"}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %v", len(rows), want)
	}
	for n, row := range rows {
		if row.Label != want[n] {
			t.Errorf("row %d is %q, want %q", n, row.Label, want[n])
		}
	}
	if got := opened(t, locale.FR, i); !strings.Contains(got, "Boîte 3") || strings.Contains(got, "pour les collègues") {
		t.Errorf("the answer is not read as it is seen: %s", got)
	}
}
