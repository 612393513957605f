package account

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"guichet.example/portal/mail"
	"guichet.example/portal/page"
)

// A box left empty is a mail that does not come; what guards an account has no box.
func TestNotices(t *testing.T) {
	c, s := newDesk(t)
	s.err = errors.New("disk full")
	if p := c.Get("account/notices"); !errors.Is(p.Err, s.err) {
		t.Errorf("page with a failing store: %d, %v", p.Status, p.Err)
	}
	if p := c.Post("account/notices", nil); !errors.Is(p.Err, s.err) {
		t.Errorf("form with a failing store: %d, %v", p.Status, p.Err)
	}
	s.err = nil
	body := string(c.Get("account/notices").Body)
	if n := strings.Count(body, " checked"); n != len(mail.OptionalTemplates()) {
		t.Errorf("%d boxes are ticked at first", n)
	}
	for _, always := range []mail.Template{mail.PasswordChanged, mail.BankAsked, mail.ContactChanged, mail.MessageInSpace} {
		if strings.Contains(body, `name="`+string(always)+`"`) {
			t.Errorf("%s can be stopped", always)
		}
	}
	p := c.Post("account/notices", url.Values{string(mail.NewRefunds): {"1"}, string(mail.BankAsked): {"1"}})
	if p.Status != http.StatusSeeOther || !slices.Equal(s.stopped, []mail.Template{mail.NewDocument, mail.RequestChanged}) {
		t.Errorf("%d, stopped %v", p.Status, s.stopped)
	}
	if body := string(c.Get("account/notices").Body); strings.Count(body, " checked") != 1 {
		t.Error("the page does not show what was chosen")
	}
}

// Who came from a form of another page finds her way back to it through every page here.
func TestWayBack(t *testing.T) {
	c, _ := newDesk(t)
	draft := page.NewDraftID()
	back := "requests/contact?draft=" + draft
	query := "?next=requests%2Fcontact&draft=" + draft
	for _, path := range []string{"account", "account/phone/mobile"} {
		if body := string(c.Get(path + query).Body); !strings.Contains(body, back) {
			t.Errorf("%s has no way back", path)
		}
		if body := string(c.Get(path + "?next=//evil.example").Body); strings.Contains(body, `href="//evil`) {
			t.Errorf("%s leads away", path)
		}
	}
	p := c.Post("account/phone/mobile"+query, url.Values{"phone": {"0470 12 34 56"}})
	if to := p.Header.Get("Location"); p.Status != http.StatusSeeOther || !strings.Contains(to, "next=requests%2Fcontact") || !strings.Contains(to, draft) {
		t.Errorf("after the change: %d, %s", p.Status, to)
	}
}
