package account

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/mail"
	"guichet.example/portal/page"
)

const (
	noticesPath = "account/notices"
	noticesDone = "notices" // in the address of the page that says so
)

// noticesForm asks which mails she wants. A box that is ticked is a mail that comes.
func (a *Account) noticesForm(c *gin.Context) error {
	stopped, err := a.Store.StoppedNotices(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading notices: %w", err)
	}
	return a.showNotices(c, stopped)
}

func (a *Account) showNotices(c *gin.Context, stopped []mail.Template) error {
	known, err := a.Store.Contacts(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading contact data: %w", err)
	}
	v := page.From(c)
	v.Title, v.Nav, v.Lead = v.T("account.notices.title"), "account", v.T("account.notices.lead")
	v.Back = page.Link{URL: v.URL("account"), Text: v.T("people.back")}
	v.Keep = noticesPath
	return page.Render(c, http.StatusOK, noticesView(v, noticeTicks(v, stopped), known.Email))
}

// noticeTicks are the boxes.
func noticeTicks(v page.View, stopped []mail.Template) []page.Tick {
	var list []page.Tick
	for _, notice := range mail.OptionalTemplates() {
		key := "account.notices." + string(notice)
		list = append(list, page.Tick{Name: string(notice), Text: v.T(key), Hint: v.T(key + ".hint"), Checked: !slices.Contains(stopped, notice)})
	}
	return list
}

// setNotices takes the boxes as they are: sent twice, it is the same.
func (a *Account) setNotices(c *gin.Context) error {
	stopped := []mail.Template{}
	for _, notice := range mail.OptionalTemplates() {
		if c.PostForm(string(notice)) == "" {
			stopped = append(stopped, notice)
		}
	}
	if page.Switched(c) {
		return a.showNotices(c, stopped)
	}
	if err := a.Store.SetNotices(c.Request.Context(), page.LoginOf(c), stopped); err != nil {
		return fmt.Errorf("setting notices: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL("account?done="+noticesDone))
	return nil
}
