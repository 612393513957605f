package letters_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/areatest"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// counter is the mailroom of a bed, on SQLite.
func counter(t *testing.T) (*areatest.Counter, *bed) {
	t.Helper()
	b := newBed(t, func(changes ...func(*store.Config)) *store.DB { return storetest.Open(t, storetest.SQLite, changes...) })
	return areatest.New(t, &letters.Mailroom{Service: b.Service}), b
}

func TestOnlyTheMailroom(t *testing.T) {
	c, b := counter(t)
	id, _ := b.ask(nora, letters.NewPassword)
	c.Officer.Roles = []auth.Role{auth.Advisor, auth.ContactPoint, auth.Administrator}
	for _, path := range []string{"office/letters", "office/letters/test.pdf", "office/letters/" + id} {
		if p := c.Get(path); p.Status != http.StatusForbidden {
			t.Errorf("GET %s = %d for another role", path, p.Status)
		}
	}
	if p := c.Post("office/letters/print", nil); p.Status != http.StatusForbidden {
		t.Errorf("print = %d for another role", p.Status)
	}
	b.want(id, letters.Requested, "")
}

func TestMailroom(t *testing.T) {
	for _, l := range locale.Languages() {
		t.Run(string(l), func(t *testing.T) {
			c, b := counter(t)
			c.Lang = l
			c.Get("office/letters")
			id, secret := b.ask(nora, letters.NewPassword)
			body := string(c.Get("office/letters").Body) + string(c.Get("office/letters/"+id).Body)

			p := c.Post("office/letters/print", url.Values{"letters": {"1"}})
			if p.Status != http.StatusOK || p.Header.Get("Content-Type") != "application/pdf" || p.Header.Get("Cache-Control") != "no-store" {
				t.Fatalf("print = %d %v", p.Status, p.Header)
			}
			if !strings.Contains(read(t, p.Body, 2, 2), secret) {
				t.Error("the batch does not hold the code")
			}
			if p := c.Post("office/letters/print", url.Values{"letters": {"1"}}); p.Status != http.StatusConflict {
				t.Errorf("printing again = %d, want a page that says it was done", p.Status)
			}
			batches, err := b.db.Batches(t.Context(), "tilleuls", "", 10)
			if err != nil || len(batches) != 1 {
				t.Fatalf("batches %v, %v", batches, err)
			}
			at := "office/letters/batches/" + batches[0].ID
			body += string(c.Get("office/letters").Body) + string(c.Get(at).Body) + string(c.Get("office/letters/"+id).Body)
			for _, wrong := range []string{"", "x", "2", "-1"} {
				if p := c.Post(at+"/post", url.Values{"count": {wrong}}); p.Status != http.StatusUnprocessableEntity {
					t.Errorf("count %q = %d", wrong, p.Status)
				}
			}
			if p := c.Submit(at+"/post", url.Values{"count": {" 1 "}}); p.Status != http.StatusOK || p.At != at {
				t.Errorf("posting = %d at %s", p.Status, p.At)
			}
			b.want(id, letters.Posted, "")
			if p := c.Post(at+"/post", url.Values{"count": {"1"}}); p.Status != http.StatusConflict {
				t.Errorf("posting again = %d", p.Status)
			}
			if p := c.Post("office/letters/"+id+"/return", url.Values{"return-reason": {"because"}}); p.Status != http.StatusUnprocessableEntity {
				t.Errorf("return without a reason = %d", p.Status)
			}
			if p := c.Submit("office/letters/"+id+"/return", url.Values{"return-reason": {"address"}}); p.Status != http.StatusOK {
				t.Errorf("return = %d", p.Status)
			}
			b.want(id, letters.Returned, "address")
			if p := c.Post("office/letters/"+id+"/again", url.Values{"again-reason": {"lost"}}); p.Status != http.StatusConflict {
				t.Errorf("again after it came back = %d", p.Status)
			}
			body += string(c.Get("office/letters/" + id).Body)
			if strings.Contains(body, secret) || strings.Contains(body, "Delcourt") || strings.Contains(body, string(nora)) {
				t.Error("a page shows the code or whose letter it is")
			}
		})
	}
}

// A letter that came back is found by what stands on it.
func TestLetterIsFoundByItsReference(t *testing.T) {
	c, b := counter(t)
	id, _ := b.ask(nora, letters.NewPassword)
	l := b.want(id, letters.Requested, "")
	typed := strings.ToLower(strings.ReplaceAll(l.Reference, "-", " "))
	if p := c.Get("office/letters?ref=" + url.QueryEscape(typed)); p.Status != http.StatusSeeOther || !strings.HasSuffix(p.Header.Get("Location"), "office/letters/"+id) {
		t.Errorf("%q = %d, %s", typed, p.Status, p.Header.Get("Location"))
	}
	for _, typed := range []string{"", "L-0000-0000", "nothing"} {
		if p := c.Get("office/letters?ref=" + typed); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("%q = %d, want the page with an error", typed, p.Status)
		}
	}
}

func TestAgainFromThePage(t *testing.T) {
	c, b := counter(t)
	id, _ := b.ask(nora, letters.FirstCredentials)
	b.print()
	if p := c.Submit("office/letters/"+id+"/again", url.Values{"again-reason": {"jam"}}); p.Status != http.StatusOK {
		t.Errorf("again = %d", p.Status)
	}
	b.want(id, letters.Expired, "jam")
	if p := c.Get("office/letters/01kother"); !errors.Is(p.Err, letters.ErrNotFound) {
		t.Errorf("a letter that is not there = %v", p.Err)
	}
	c.Officer.Mutuality = "other"
	if p := c.Get("office/letters/" + id); !errors.Is(p.Err, letters.ErrNotFound) {
		t.Errorf("a letter of another mutuality = %v", p.Err)
	}
}

func TestTestPrintFromThePage(t *testing.T) {
	c, b := counter(t)
	_, secret := b.ask(nora, letters.FirstCredentials)
	p := c.Get("office/letters/test.pdf")
	if p.Status != http.StatusOK || strings.Contains(read(t, p.Body, 1, 8), secret) {
		t.Errorf("test print = %d", p.Status)
	}
}
