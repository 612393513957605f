package page_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/page"
)

// A way back leads to pages of ours and takes no more than a draft of ours along.
func TestWayBack(t *testing.T) {
	draft := page.NewDraftID()
	at := func(next, draft string) page.WayBack {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodPost, "/fr/account?"+url.Values{"next": {next}, "draft": {draft}}.Encode(), strings.NewReader("next=home"))
		return page.WayBackOf(c)
	}
	for _, bad := range []string{"", "//evil.example", "https://evil.example", "../x", "home?x=1", "a//b", strings.Repeat("a", 300)} {
		if got := at(bad, draft); got != (page.WayBack{}) || got.On("account") != "account" {
			t.Errorf("next %q leads to %+v", bad, got)
		}
	}
	if got := at("requests/contact", `"><script>`).On("account"); got != "account?next=requests%2Fcontact" {
		t.Errorf("a draft that is none: %s", got)
	}
	if got := at("requests/contact", draft).On("account?done=home"); got != "account?done=home&draft="+draft+"&next=requests%2Fcontact" {
		t.Errorf("leads on to %s", got)
	}
	if at("requests/contact", draft) != page.BackTo("requests/contact", draft) {
		t.Error("read as another one")
	}
}
