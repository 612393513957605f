package lemonldap

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Browser is a person's browser at a portal, with its cookies. It follows redirects while
// they stay there.
type Browser struct {
	server *Server
	client *http.Client
}

// Landing is where a browser comes to rest.
type Landing struct {
	// Away is the address outside the portal that it was sent to; it was not asked. nil if
	// the portal shows a page.
	Away *url.URL
	// Page is the portal's page; At is its address, Status its status.
	Page   string
	At     *url.URL
	Status int
}

// maxPage bounds a page, in bytes.
const maxPage = 1 << 20

// Browser returns a new one, without cookies.
func (s *Server) Browser() (*Browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	stop := func(r *http.Request, via []*http.Request) error {
		if len(via) > 10 || !s.own(r.URL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &Browser{s, &http.Client{Jar: jar, CheckRedirect: stop, Timeout: 30 * time.Second}}, nil
}

func (s *Server) own(u *url.URL) bool { return "http://"+u.Host == s.URL }

// Get goes to an address of the portal.
func (b *Browser) Get(address string) (Landing, error) { return b.land(b.client.Get(address)) }

// Post submits a form to an address of the portal.
func (b *Browser) Post(address string, form url.Values) (Landing, error) {
	return b.land(b.client.PostForm(address, form))
}

// SignIn goes to an address of the portal and fills in the form of name and password that
// it shows, if it shows one.
func (b *Browser) SignIn(address, name, password string) (Landing, error) {
	l, err := b.Get(address)
	if err != nil || l.Away != nil {
		return l, err
	}
	if !strings.Contains(l.Page, `name="password"`) {
		return l, fmt.Errorf("page of status %d has no form for a password", l.Status)
	}
	form := Hidden(l.Page)
	form.Set("user", name)
	form.Set("password", password)
	return b.Post(l.At.String(), form)
}

func (b *Browser) land(answer *http.Response, err error) (Landing, error) {
	if err != nil {
		return Landing{}, err
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(io.LimitReader(answer.Body, maxPage))
	if err != nil {
		return Landing{}, err
	}
	l := Landing{Page: string(page), At: answer.Request.URL, Status: answer.StatusCode}
	if away, err := answer.Location(); err == nil {
		if b.server.own(away) {
			return l, errors.New("the portal sends from one page to another without an end")
		}
		l.Away = away
	}
	return l, nil
}

var (
	hidden    = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*>`)
	attribute = regexp.MustCompile(`\b(name|value)="([^"]*)"`)
)

// Hidden returns the hidden fields of a page.
func Hidden(page string) url.Values {
	form := url.Values{}
	for _, input := range hidden.FindAllString(page, -1) {
		parts := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(input, -1) {
			parts[a[1]] = html.UnescapeString(a[2])
		}
		if parts["name"] != "" {
			form.Set(parts["name"], parts["value"])
		}
	}
	return form
}
