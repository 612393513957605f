package portal_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/portal/credentials"
	"guichet.example/portal/enrol"
)

// A link that came too late is sent anew to the same address, once for one press or two,
// and opens what was typed; too late for that too, it is not, and what was typed is
// gone.
func TestEnrolRenewed(t *testing.T) {
	c, box := under(t, "unimutuelles")
	c.code(t)
	c.pair(t).sends(t)
	late := box.links(t, 1)[0]
	v := c.visitor(t)
	if resp, _ := v.fill(late + "/again"); resp.StatusCode != http.StatusGone {
		t.Errorf("another link while the first is good: %s", resp.Status)
	}
	c.later(24*time.Hour + time.Second)
	ok(t, c.store.Sweep(t.Context(), c.now()))
	resp, body := v.get(late)
	if resp.StatusCode != http.StatusGone || !strings.Contains(body, `action="`+late+`/again"`) {
		t.Errorf("the page of a late link offers no other: %s", resp.Status)
	}
	for range 2 { // pressed twice
		resp, _ = v.fill(late + "/again")
		if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(resp.Header.Get("Location"), "/fr/enrol/renewed?until=") {
			t.Fatalf("asking for another: %s", resp.Status)
		}
	}
	if resp, body := v.get(resp.Header.Get("Location")); resp.StatusCode != http.StatusOK || strings.Contains(body, "mathieu@") {
		t.Errorf("the page that follows: %s", resp.Status)
	}
	if resp, _ := v.get("/fr/enrol/renewed?until=99999999999"); resp.Header.Get("Location") != "/fr/enrol" {
		t.Errorf("a time of no link: %s", resp.Status)
	}
	next := box.links(t, 2)[1]
	c.settled(t)
	if n := len(box.links(t, 2)); n != 2 {
		t.Errorf("%d links, want 2", n)
	}
	c.later(2 * time.Minute)
	if resp, _ := v.fill(late + "/again"); resp.StatusCode != http.StatusGone {
		t.Errorf("a link that was replaced: %s", resp.Status)
	}
	if resp, _ := v.fill(next, "new", goodForAll, "again", goodForAll); resp.Header.Get("Location") != "/fr/enrol/done" {
		t.Fatalf("the new link: %s", resp.Status)
	}
	if v.try("ab12cd", goodForAll); !isIn(v) {
		t.Error("the account does not open")
	}
}

func TestEnrolNotRenewed(t *testing.T) {
	c, box := under(t, "unimutuelles")
	c.code(t)
	c.pair(t).sends(t)
	late := box.links(t, 1)[0]
	c.later(24*time.Hour + enrol.RenewFor + time.Second)
	ok(t, c.store.Sweep(t.Context(), c.now()))
	for _, path := range []string{late, "/fr/enrol/open/" + strings.Repeat("A", 43), "/fr/enrol/open/x"} {
		if resp, _ := c.visitor(t).fill(path + "/again"); resp.StatusCode != http.StatusGone {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	c.settled(t)
	if n := len(box.all()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

// A form that is sent twice at once is one letter, one link, one account.
func TestEnrolPressedTwice(t *testing.T) {
	twice := func(t *testing.T, v *visitor, path string, fields ...string) {
		t.Helper()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if resp, _ := v.fill(path, append(fields, "key", "abcdefghijklmnopqrstuvwxy2")...); resp.StatusCode != http.StatusSeeOther {
					t.Errorf("%s twice: %s", path, resp.Status)
				}
			})
		}
		wg.Wait()
	}
	t.Run("letter", func(t *testing.T) {
		c, _ := under(t, "emut")
		twice(t, c.visitor(t), "/fr/enrol/letter", "number", mathieu.NationalNumber)
		c.settled(t)
		if list := c.lettersOf(t); len(list) != 1 {
			t.Errorf("%d letters, want 1", len(list))
		}
	})
	t.Run("link", func(t *testing.T) {
		c, box := under(t, "unimutuelles")
		c.code(t)
		v := c.pair(t)
		twice(t, v, "/fr/enrol/check", "terms", "1")
		link := box.links(t, 1)[0]
		c.settled(t)
		if n := len(box.links(t, 1)); n != 1 {
			t.Fatalf("%d links, want 1", n)
		}
		twice(t, v, link)
		c.settled(t)
		if n := len(box.all()); n != 2 { // the link, and that the access is open
			t.Errorf("%d mails, want 2", n)
		}
		if a, err := c.Classic().Account(t.Context(), c.member(t)); err != nil || a.State != credentials.Active {
			t.Errorf("account %+v, %v", a, err)
		}
	})
	t.Run("facts", func(t *testing.T) {
		c, box := under(t, "webmut")
		c.onFile(t, "")
		typed := []string{"mutuality", "700", "number", "305118422", "surname", "delcourt",
			"birth-day", "30", "birth-month", "7", "birth-year", "1985", "postcode", "4000", "email", "mathieu@mail.example"}
		twice(t, c.visitor(t), "/fr/enrol/facts", typed...)
		c.settled(t)
		c.visitor(t).fill("/fr/enrol/facts", typed...) // once the first job is done
		c.settled(t)
		if n := len(box.links(t, 1)); n != 1 {
			t.Errorf("%d links, want 1", n)
		}
	})
}

// However many browsers ask, no more than five links an hour leave for one member.
func TestEnrolLinksBounded(t *testing.T) {
	c, box := under(t, "unimutuelles")
	c.code(t)
	for i := range 6 {
		v := c.pair(t)
		resp, body := v.fill("/fr/enrol/check", "terms", "1")
		if want := i < 5; (resp.StatusCode == http.StatusSeeOther) != want || (resp.StatusCode == http.StatusTooManyRequests) == want {
			t.Errorf("%d: %s", i+1, resp.Status)
		}
		if i == 5 && !strings.Contains(body, "Plusieurs liens") {
			t.Error("the page does not say why")
		}
		c.later(time.Minute)
	}
	c.settled(t)
	if n := len(box.all()); n != 5 {
		t.Errorf("%d mails, want 5", n)
	}
}
