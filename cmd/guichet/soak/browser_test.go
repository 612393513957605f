package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/html"
)

// browser holds cookies and sends requests as a proxy in front of the counter would
// pass them on: plain HTTP, the real host in Host, the member's address in
// X-Forwarded-For. Each request has a connection of its own, so that none is sent a
// second time behind our back.
type browser struct {
	address string // of the counter
	cookies map[string]string
	seen    *seen
	// onAnswer, if set, is called once, when the first byte of the next answer
	// arrives; the answer is then lost.
	onAnswer func()
}

// answer is what came back.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	location string
}

// exchange is a request as it was sent, and its answer.
type exchange struct {
	method, path, contentType, body string
	cookies                         map[string]string // before it
	answer                          answer
}

// seen collects what went over the wire.
type seen struct {
	mu  sync.Mutex
	all []exchange
}

// add keeps the steps of the card, refusals, and what leads elsewhere; not the pages
// that show what was asked for.
func (s *seen) add(e exchange) {
	if e.cardStep() == "" && e.answer.status < 400 && e.answer.location == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, e)
}

// list is what was seen so far.
func (s *seen) list() []exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

// errLost means that no answer came.
var errLost = errors.New("no answer")

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

func newBrowser(address string, s *seen) *browser {
	return &browser{address: address, cookies: map[string]string{}, seen: s}
}

// send sends one request and follows no redirect. Told to come back later because it
// asks too often, it does, as members do: they are slower than we are.
func (b *browser) send(ctx context.Context, method, path, contentType, body string) (answer, error) {
	for {
		sent := exchange{method, path, contentType, body, maps.Clone(b.cookies), answer{}}
		r, err := b.request(ctx, sent)
		if err != nil {
			return answer{}, err
		}
		if sent.answer, err = b.roundTrip(r); err != nil {
			return answer{}, err
		}
		b.seen.add(sent)
		if sent.answer.status != http.StatusTooManyRequests {
			return sent.answer, nil
		}
		seconds, err := strconv.Atoi(sent.answer.header.Get("Retry-After"))
		if err != nil {
			return answer{}, fmt.Errorf("asked too often, and not told when to come back: %w", err)
		}
		time.Sleep(time.Duration(seconds) * time.Second)
	}
}

func (b *browser) request(ctx context.Context, e exchange) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, e.method, "http://"+b.address+e.path, strings.NewReader(e.body))
	if err != nil {
		return nil, err
	}
	r.Host = host
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", rand.IntN(256), rand.IntN(256), rand.IntN(256)))
	if e.contentType != "" {
		r.Header.Set("Content-Type", e.contentType)
		r.Header.Set("Origin", origin)
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r, nil
}

func (b *browser) roundTrip(r *http.Request) (answer, error) {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: b.dial}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", errLost, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", errLost, err)
	}
	for _, cookie := range resp.Cookies() {
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		} else {
			b.cookies[cookie.Name] = cookie.Value
		}
	}
	return answer{resp.StatusCode, resp.Header, body, resp.Header.Get("Location")}, nil
}

// dial connects; a connection whose answer is to be lost ends at its first byte.
func (b *browser) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, address)
	if err != nil || b.onAnswer == nil {
		return conn, err
	}
	cut := &cutConn{Conn: conn, cut: b.onAnswer}
	b.onAnswer = nil
	return cut, nil
}

// cutConn is a connection that is cut when the answer begins to arrive.
type cutConn struct {
	net.Conn
	cut func()
}

func (c *cutConn) Read(p []byte) (int, error) {
	if n, err := c.Conn.Read(p); n == 0 {
		return n, err
	}
	c.cut()
	c.Close()
	return 0, errLost
}

func (b *browser) get(ctx context.Context, path string) (answer, error) {
	return b.send(ctx, http.MethodGet, path, "", "")
}

func (b *browser) postForm(ctx context.Context, path string, form url.Values) (answer, error) {
	return b.send(ctx, http.MethodPost, path, formType, form.Encode())
}

func (b *browser) postJSON(ctx context.Context, path string, body []byte) (answer, error) {
	return b.send(ctx, http.MethodPost, path, jsonType, string(body))
}

// form finds the form of a page whose action ends in suffix, with the values it would
// send untouched: of radio buttons and lists the first choice.
func (a answer) form(suffix string) (action string, values url.Values, err error) {
	page, err := html.Parse(bytes.NewReader(a.body))
	if err != nil {
		return "", nil, err
	}
	for n := range page.Descendants() {
		if n.Data != "form" || !strings.HasSuffix(attr(n, "action"), suffix) {
			continue
		}
		values = url.Values{}
		for control := range n.Descendants() {
			collect(control, values)
		}
		return attr(n, "action"), values, nil
	}
	return "", nil, fmt.Errorf("page with status %d has no form for %s", a.status, suffix)
}

func collect(n *html.Node, values url.Values) {
	name := attr(n, "name")
	switch {
	case name != "" && n.Data == "input" && (attr(n, "type") == "checkbox" || attr(n, "type") == "radio"):
		if !values.Has(name) && attr(n, "type") == "radio" {
			values.Set(name, attr(n, "value"))
		}
	case name != "" && n.Data == "input":
		values.Set(name, attr(n, "value"))
	case name != "" && n.Data == "select":
		for option := range n.Descendants() {
			if option.Data == "option" && values.Get(name) == "" {
				values.Set(name, attr(option, "value"))
			}
		}
	}
}

// links lists the addresses a page leads to that begin with prefix, once each.
func (a answer) links(prefix string) []string {
	page, err := html.Parse(bytes.NewReader(a.body))
	if err != nil {
		return nil
	}
	var found []string
	known := map[string]bool{}
	for n := range page.Descendants() {
		if href := attr(n, "href"); n.Data == "a" && strings.HasPrefix(href, prefix) && !known[href] {
			known[href] = true
			found = append(found, href)
		}
	}
	return found
}

// next is the link to the next page of a list.
func (a answer) next() string {
	page, err := html.Parse(bytes.NewReader(a.body))
	if err != nil {
		return ""
	}
	for n := range page.Descendants() {
		if n.Data == "a" && attr(n, "rel") == "next" {
			return attr(n, "href")
		}
	}
	return ""
}

// texts are the words of each element that matches.
func (a answer) texts(match func(*html.Node) bool) []string {
	page, err := html.Parse(bytes.NewReader(a.body))
	if err != nil {
		return nil
	}
	var found []string
	for n := range page.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			found = append(found, words(n))
		}
	}
	return found
}

// heading is what a page calls itself.
func (a answer) heading() string {
	return strings.Join(a.texts(func(n *html.Node) bool { return n.Data == "h1" }), " ")
}

// text is all the words of the page's main part.
func (a answer) text() string {
	return strings.Join(a.texts(func(n *html.Node) bool { return n.Data == "main" }), " ")
}

func words(n *html.Node) string {
	var all []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			all = append(all, strings.Fields(d.Data)...)
		}
	}
	return strings.Join(all, " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
