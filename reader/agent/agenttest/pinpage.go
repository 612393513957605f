package agenttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// PINPage is the agent's PIN page as a browser without script would have it.
type PINPage struct {
	URL    string
	Status int         // of HTTP
	Header http.Header // of the answer
	HTML   string
	Lang   string // of the html element
	Title  string
	Site   string // the origin that asks, as the page names it
	Digest string // short form of what will be signed; "" for a login
	Error  string // text of the error summary; "" if none
	Asks   bool   // there is a form to answer; otherwise the page only tells how it ended

	client *Client
	token  string
}

// OpenPIN gets the PIN page at url, from an event.
func (c *Client) OpenPIN(ctx context.Context, url string) (*PINPage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Sec-Fetch-Dest", "document")
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	return c.pinPage(req)
}

// Submit types the PIN and presses OK. What comes is the next page: with Error if
// the PIN was wrong, without form when the agent has what it needs.
func (p *PINPage) Submit(ctx context.Context, pin string) (*PINPage, error) {
	return p.post(ctx, url.Values{"token": {p.token}, "pin": {pin}, "do": {"ok"}})
}

// Cancel presses Cancel.
func (p *PINPage) Cancel(ctx context.Context) (*PINPage, error) { return p.CancelTyped(ctx, "") }

// CancelTyped presses Cancel with something typed, which the browser sends all the same.
func (p *PINPage) CancelTyped(ctx context.Context, typed string) (*PINPage, error) {
	return p.post(ctx, url.Values{"token": {p.token}, "pin": {typed}, "do": {"cancel"}})
}

func (p *PINPage) post(ctx context.Context, form url.Values) (*PINPage, error) {
	if !p.Asks {
		return nil, errors.New("the PIN page asks for nothing")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", req.URL.Scheme+"://"+req.URL.Host)
	req.Header.Set("Sec-Fetch-Dest", "document")
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.client.pinPage(req)
}

func (c *Client) pinPage(req *http.Request) (*PINPage, error) {
	res, err := c.http().Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	page := &PINPage{URL: req.URL.String(), Status: res.StatusCode, Header: res.Header, HTML: string(body), client: c}
	root, err := html.Parse(strings.NewReader(page.HTML))
	if err != nil {
		return nil, err
	}
	page.read(root)
	if page.Status >= 300 && page.Status != http.StatusUnprocessableEntity {
		return page, fmt.Errorf("agent answered its PIN page with status %d", page.Status)
	}
	return page, nil
}

// read fills in what the page says, by element and id.
func (p *PINPage) read(n *html.Node) {
	for node := range n.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		switch {
		case node.Data == "html":
			p.Lang = attribute(node, "lang")
		case node.Data == "title":
			p.Title = text(node)
		case node.Data == "input" && attribute(node, "name") == "token":
			p.token, p.Asks = attribute(node, "value"), true
		case attribute(node, "id") == "site":
			p.Site = text(node)
		case attribute(node, "id") == "digest":
			p.Digest = text(node)
		case attribute(node, "id") == "errors":
			p.Error = text(node)
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for node := range n.Descendants() {
		if node.Type == html.TextNode {
			b.WriteString(node.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
