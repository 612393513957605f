package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal"
	"guichet.example/portal/profile"
	"guichet.example/portal/store/storetest"
)

// profiles are those that ship: what a counter serves depends on them.
var profiles = []string{"emut", "webmut", "unimutuelles", "mutame-marseille", "mutame-plus"}

func ofProfile(t *testing.T, id string) func(*portal.Config) {
	t.Helper()
	p, err := profile.Load(id)
	ok(t, err)
	return func(cfg *portal.Config) { cfg.Profile = p }
}

// typed is everything that the forms before signing in may ask, all of it right but for
// whose number it is.
func typed(number, email string) url.Values {
	return url.Values{
		"identifier": {number}, "number": {number}, "way": {"letter"}, "name": {"Delcourt"}, "surname": {"Delcourt"}, "given": {"Mathieu"},
		"mutuality": {"319"}, "birth-day": {"30"}, "birth-month": {"7"}, "birth-year": {"1985"}, "postcode": {"4000"},
		"email": {email}, "code": {"ABCD-EFGH"}, "question": {"1"}, "answer": {"Médor"}, "password": {"certainly not the password"},
		"hours": {"morning"}, "phone": {"+32 470 12 34 56"}, "text": {"Bonjour"}, "read": {"1"}, "terms": {"1"},
	}
}

// work is what an answer cost: hashes, and rows by table.
func (w *town) work(ask func()) string {
	w.t.Helper()
	rows := func() map[string]int {
		counts := map[string]int{}
		for table, print := range fingerprint(w.t, w.db) {
			var n int
			fmt.Sscanf(print, "%d rows", &n)
			counts[table] = n
		}
		return counts
	}
	before, hashes := rows(), w.Classic().Gate.Hashes()
	ask()
	var lines []string
	for table, n := range rows() {
		if n != before[table] {
			lines = append(lines, fmt.Sprintf("%s %+d", table, n-before[table]))
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d hashes, %s", w.Classic().Gate.Hashes()-hashes, strings.Join(lines, ", "))
}

// Of a number that nobody has, every form before signing in says and costs what it does of
// one that somebody has: with a password, and without an account (N10).
func TestFormsTellNothing(t *testing.T) {
	for _, id := range profiles {
		t.Run(id, func(t *testing.T) {
			w := openTown(t, storetest.Config(t, storetest.SQLite), ofProfile(t, id))
			t.Logf("%d forms", formsTellNothing(t, w))
		})
	}
}

// clock is the time of day on a page, which is now shorter, now longer.
var clock = regexp.MustCompile(`\d+\x{a0}h\x{a0}\d+`)

// formsTellNothing returns how many forms it filled in.
func formsTellNothing(found told, w *town) (forms int) {
	t := w.t
	w.password(w.members[0])
	known := map[string]string{"enrolled": w.members[0].NationalNumber, "not enrolled": w.members[1].NationalNumber}
	asks := 0
	for _, r := range w.Routes() {
		if r.Method != http.MethodPost || r.Act != auth.Public || strings.Contains(r.Path, ":") || strings.HasPrefix(r.Path, "sign-in/card") {
			continue
		}
		ask := func(typedNumber string) (answer, work string) {
			asks++ // mails to one address are bounded
			email := fmt.Sprintf("m%04d@example.be", asks)
			work = w.work(func() {
				resp, body := w.visitor(t).send("/fr/"+r.Path, typed(typedNumber, email))
				n := typedNumber
				spelled := n[:2] + "." + n[2:4] + "." + n[4:6] + "-" + n[6:9] + "." + n[9:]
				answer = fmt.Sprintf("%d bytes, %s", len(clock.ReplaceAllString(body, "?")),
					said(resp, strings.NewReplacer(email, "E", n, "N", spelled, "N").Replace(body)))
			})
			return answer, work
		}
		forms++
		ask(number(777)) // counts the network
		answer, work := ask(nobody)
		for who, national := range known {
			got, cost := ask(national)
			if got != answer {
				found.Errorf("%s: %s is told apart from unknown: %s", r.Path, who, difference(got, answer))
			}
			if cost != work {
				found.Errorf("%s: %s costs %q, unknown %q", r.Path, who, cost, work)
			}
		}
	}
	return forms
}

// A number with wrong check digits is refused before anything is looked up or hashed, in
// every form before signing in (N10). Where members have other identifiers as well, such a
// number may be one of those: not in this profile.
func TestWrongDigitsReachNothing(t *testing.T) {
	var looks lookups
	w := openTown(t, storetest.Config(t, storetest.SQLite), ofProfile(t, "emut"), looks.count)
	wrongDigitsReachNothing(t, w, &looks)
}

func wrongDigitsReachNothing(found told, w *town, looks *lookups) {
	for _, r := range w.Routes() {
		if r.Method != http.MethodPost || r.Act != auth.Public || strings.Contains(r.Path, ":") || strings.HasPrefix(r.Path, "sign-in/card") {
			continue
		}
		for _, typo := range []string{"85073003329", "85.07.30-033.29", "00000000000", "8507300332"} {
			before, hashes := looks.n, w.Classic().Gate.Hashes()
			w.visitor(w.t).send("/fr/"+r.Path, typed(typo, "m@example.be"))
			if n := looks.n - before; n > 0 {
				found.Errorf("%s: looked up %d times", r.Path, n)
			}
			if n := w.Classic().Gate.Hashes() - hashes; n > 0 {
				found.Errorf("%s: %d hashes", r.Path, n)
			}
		}
	}
}
