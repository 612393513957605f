package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// browser is as much of one as a journey needs: cookies, links, forms without script.
// Cookies marked Secure are sent over plain HTTP too, as browsers do for localhost.
type browser struct {
	client  *http.Client
	base    *url.URL
	cookies map[string]string
	// anywhere are the cookies marked SameSite None.
	anywhere map[string]bool
	at       *url.URL
	page     *html.Node
}

// maxPage bounds what a journey reads of one answer, in bytes.
const maxPage = 32 << 20

func newBrowser(base string) (*browser, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	b := &browser{base: u, at: u, cookies: map[string]string{}, anywhere: map[string]bool{}}
	b.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return b, nil
}

// do sends one request with the browser's cookies and follows redirects by GET.
func (b *browser) do(ctx context.Context, method, address, contentType string, body []byte) (*http.Response, []byte, error) {
	for range 10 {
		target, err := b.at.Parse(address)
		if err != nil {
			return nil, nil, err
		}
		resp, answer, err := b.send(ctx, method, target, contentType, body)
		if err != nil {
			return nil, nil, err
		}
		b.at = target
		location := resp.Header.Get("Location")
		if resp.StatusCode < 300 || resp.StatusCode >= 400 || location == "" {
			return resp, answer, nil
		}
		method, address, body, contentType = http.MethodGet, location, nil, ""
	}
	return nil, nil, errors.New("too many redirects")
}

func (b *browser) send(ctx context.Context, method string, target *url.URL, contentType string, body []byte) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	foreign := b.at.Host != target.Host
	site := "same-origin"
	if foreign {
		site = "cross-site"
	}
	req.Header.Set("Sec-Fetch-Site", site)
	if method == http.MethodPost {
		req.Header.Set("Origin", b.at.Scheme+"://"+b.at.Host)
		req.Header.Set("Content-Type", contentType)
	}
	for name, value := range b.cookies {
		if foreign && method == http.MethodPost && !b.anywhere[name] {
			continue // SameSite Lax: not with a form of another site
		}
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	for _, cookie := range resp.Cookies() {
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		} else {
			b.cookies[cookie.Name] = cookie.Value
			b.anywhere[cookie.Name] = cookie.SameSite == http.SameSiteNoneMode
		}
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	return resp, answer, err
}

// open loads a page; any status but 200 is an error.
func (b *browser) open(ctx context.Context, address string) error {
	resp, answer, err := b.do(ctx, http.MethodGet, address, "", nil)
	if err != nil {
		return err
	}
	return b.show(resp, answer)
}

func (b *browser) show(resp *http.Response, answer []byte) error {
	page, err := html.Parse(bytes.NewReader(answer))
	if err != nil {
		return err
	}
	b.page = page
	if resp.StatusCode != http.StatusOK {
		return &statusError{resp.StatusCode, fmt.Sprintf("%s answered %s: %s", resp.Request.URL.Path, resp.Status, b.heading())}
	}
	return nil
}

// statusError is a page that came with another status than 200.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

// download fetches a file without leaving the page.
func (b *browser) download(ctx context.Context, address string) ([]byte, error) {
	target, err := b.at.Parse(address)
	if err != nil {
		return nil, err
	}
	resp, answer, err := b.send(ctx, http.MethodGet, target, "", nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", target.Path, resp.Status)
	}
	return answer, nil
}

// postJSON does what a page's script does: it posts in and reads the answer into out.
func (b *browser) postJSON(ctx context.Context, address string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	target, err := b.at.Parse(address)
	if err != nil {
		return err
	}
	resp, answer, err := b.send(ctx, http.MethodPost, target, "application/json", body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		var problem Problem
		if json.Unmarshal(answer, &problem) == nil && problem.State != "" {
			return problem
		}
		return fmt.Errorf("%s answered %s", target.Path, resp.Status)
	}
	return json.Unmarshal(answer, out)
}

// Problem is how the portal refuses something asked by a script.
type Problem struct {
	State string `json:"state"`
	Text  string `json:"text"`
	Code  string `json:"code"`
}

func (p Problem) Error() string { return fmt.Sprintf("%s: %s (code %s)", p.State, p.Text, p.Code) }

// submit fills the form whose action contains part and sends it. Fields not named
// keep the value the page gave them.
func (b *browser) submit(ctx context.Context, part string, fill map[string]string) error {
	form := b.find(func(n *html.Node) bool { return n.Data == "form" && strings.Contains(attr(n, "action"), part) })
	if form == nil {
		return fmt.Errorf("page %q has no form for %s", b.heading(), part)
	}
	values := url.Values{}
	walk(form, func(n *html.Node) bool {
		collect(n, values)
		return false
	})
	for name, value := range fill {
		values.Set(name, value)
	}
	resp, answer, err := b.do(ctx, http.MethodPost, attr(form, "action"),
		"application/x-www-form-urlencoded", []byte(values.Encode()))
	if err != nil {
		return err
	}
	return b.show(resp, answer)
}

// collect adds what a form control would send.
func collect(n *html.Node, values url.Values) {
	name := attr(n, "name")
	if name == "" {
		return
	}
	switch {
	case n.Data == "input" && (attr(n, "type") == "checkbox" || attr(n, "type") == "radio"):
		if has(n, "checked") {
			values.Set(name, attr(n, "value"))
		}
	case n.Data == "input":
		values.Set(name, attr(n, "value"))
	case n.Data == "select":
		walk(n, func(o *html.Node) bool {
			if o.Data == "option" && (has(o, "selected") || values.Get(name) == "") {
				values.Set(name, attr(o, "value"))
			}
			return false
		})
	case n.Data == "textarea":
		values.Set(name, text(n))
	}
}

// link returns the address of the first link whose address contains part.
func (b *browser) link(part string) (string, error) {
	a := b.find(func(n *html.Node) bool { return n.Data == "a" && strings.Contains(attr(n, "href"), part) })
	if a == nil {
		return "", fmt.Errorf("page %q has no link to %s", b.heading(), part)
	}
	return attr(a, "href"), nil
}

// choice is the value of the first option a page offers under name.
func (b *browser) choice(name string) string {
	option := b.find(func(n *html.Node) bool { return attr(n, "name") == name })
	if option == nil {
		return ""
	}
	if option.Data != "select" {
		return attr(option, "value")
	}
	value := ""
	walk(option, func(n *html.Node) bool {
		value = attr(n, "value")
		return n.Data == "option" && value != ""
	})
	return value
}

// follow opens the first link whose address contains part.
func (b *browser) follow(ctx context.Context, part string) error {
	address, err := b.link(part)
	if err != nil {
		return err
	}
	return b.open(ctx, address)
}

// heading is the text of the page's h1.
func (b *browser) heading() string {
	h1 := b.find(func(n *html.Node) bool { return n.Data == "h1" })
	if h1 == nil {
		return ""
	}
	return text(h1)
}

func (b *browser) find(match func(*html.Node) bool) *html.Node {
	var found *html.Node
	if b.page != nil {
		walk(b.page, func(n *html.Node) bool {
			if n.Type == html.ElementNode && match(n) {
				found = n
			}
			return found != nil
		})
	}
	return found
}

// walk visits n and all below it until visit returns true.
func walk(n *html.Node, visit func(*html.Node) bool) bool {
	if visit(n) {
		return true
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if walk(child, visit) {
			return true
		}
	}
	return false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// text joins the words below n.
func text(n *html.Node) string {
	var words []string
	walk(n, func(n *html.Node) bool {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
		return false
	})
	return strings.Join(words, " ")
}
