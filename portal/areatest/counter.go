// Package areatest mounts one area of the counter without the rest, asks it for pages
// and reads them by selector. Tests only.
package areatest

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Noon is the time of every page: 20 November 2026, 14 h 08 in Belgium.
var Noon = time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC)

// Login is a member who came in with her card.
func Login() auth.Login {
	return auth.Login{
		Mutuality: "tilleuls", Member: "mathieu", Name: "Mathieu Delcourt", Language: "fr",
		Holder: certs.Holder{Country: "BE", SerialNumber: "85073003328", GivenNames: "Mathieu", Surname: "Delcourt"},
		Method: auth.Card, Assurance: auth.High, At: Noon, Session: "s1",
	}
}

// Officer is a member of the staff with every role, who came in with her card.
func Officer() auth.Officer {
	return auth.Officer{
		Mutuality: "tilleuls", ID: "staff1", Name: "Inès Collard", Language: "fr", Roles: auth.Roles(),
		Holder: certs.Holder{Country: "BE", SerialNumber: "79042118497", GivenNames: "Inès", Surname: "Collard"},
		At:     Noon, Session: "o1",
	}
}

// Area is one folder of the counter.
type Area interface{ Route(page.Routes) }

// Counter serves an area to one member and, where the act of the route is one of staff,
// to one officer, with the access table of the shipped policy and no other middleware.
type Counter struct {
	Login   auth.Login
	Officer auth.Officer
	Lang    locale.Language // of the addresses
	t       testing.TB
	eng     *gin.Engine
	err     error // of the handler that ran last
}

// New mounts the area.
func New(t testing.TB, area Area) *Counter {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	c := &Counter{Login: Login(), Officer: Officer(), Lang: locale.FR, t: t, eng: gin.New()}
	c.eng.HandleMethodNotAllowed = true
	area.Route(routes{c, c.eng.Group("/:lang")})
	return c
}

type routes struct {
	c     *Counter
	group *gin.RouterGroup
}

func (r routes) GET(path string, act auth.Act, h page.Handler)  { r.add("GET", path, act, h) }
func (r routes) POST(path string, act auth.Act, h page.Handler) { r.add("POST", path, act, h) }

func (r routes) add(method, path string, act auth.Act, h page.Handler) {
	r.group.Handle(method, "/"+path, func(g *gin.Context) {
		policy, login, officer := auth.DefaultPolicy(), &r.c.Login, (*auth.Officer)(nil)
		if rule, err := policy.Rule(act); err == nil && rule.Staff() {
			login, officer = nil, &r.c.Officer
			r.c.err = policy.AllowOfficer(officer, act)
		} else {
			r.c.err = policy.Allow(login, act)
		}
		if r.c.err != nil {
			g.Status(http.StatusForbidden)
			return
		}
		lang, _ := locale.Parse(g.Param("lang"))
		view := page.View{
			Lang: lang, Path: strings.TrimPrefix(g.Request.URL.Path, "/"+g.Param("lang")+"/"), Query: g.Request.URL.RawQuery,
			Brand: page.DefaultBrand(), Now: Noon, IdleEnds: Noon.Add(15 * time.Minute), Support: "K7-042",
		}
		if login != nil {
			copied := *login
			view.Login = &copied
		}
		if officer != nil {
			copied := *officer
			view.Officer = &copied
		}
		page.Put(g, view)
		if r.c.err = h(g); r.c.err != nil {
			g.Status(http.StatusTeapot) // whatever the portal would make of it
		}
		g.Writer.WriteHeaderNow()
	})
}

// Get asks for a page; path stands below the language.
func (c *Counter) Get(path string) *Page {
	c.t.Helper()
	return c.do(httptest.NewRequest("GET", c.url(path), nil))
}

// GetWith is Get with headers; Host is whom the request is for.
func (c *Counter) GetWith(path string, headers map[string]string) *Page {
	c.t.Helper()
	r := httptest.NewRequest("GET", c.url(path), nil)
	for name, value := range headers {
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	return c.do(r)
}

// Post sends a form.
func (c *Counter) Post(path string, form url.Values) *Page {
	c.t.Helper()
	r := httptest.NewRequest("POST", c.url(path), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(r)
}

// Open is Get, and goes on to where the answer leads inside the area.
func (c *Counter) Open(path string) *Page {
	c.t.Helper()
	return c.follow(c.Get(path))
}

// Submit is Post, and goes on to where the answer leads inside the area.
func (c *Counter) Submit(path string, form url.Values) *Page {
	c.t.Helper()
	return c.follow(c.Post(path, form))
}

// follow returns the page that a redirect leads to, with its address; one that leads to
// another area is returned itself.
func (c *Counter) follow(p *Page) *Page {
	c.t.Helper()
	at := p.At
	for range 5 {
		path, ok := strings.CutPrefix(p.Location(), c.url(""))
		if p.Status != http.StatusSeeOther || !ok {
			p.At = at
			return p
		}
		next := c.Get(path)
		if next.Status == http.StatusNotFound && next.Err == nil {
			return p
		}
		p, at = next, path
	}
	c.t.Fatalf("%s leads on and on", at)
	return nil
}

// PostJSON sends a value as JSON.
func (c *Counter) PostJSON(path string, value any) *Page {
	c.t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.PostBody(path, string(body))
}

// PostBody sends bytes and calls them JSON.
func (c *Counter) PostBody(path, body string) *Page {
	c.t.Helper()
	r := httptest.NewRequest("POST", c.url(path), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return c.do(r)
}

// PostParts sends a form in parts: fields, and one file by the name of its field.
func (c *Counter) PostParts(path string, fields map[string]string, field string, file []byte) *Page {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, text := range fields {
		if err := w.WriteField(name, text); err != nil {
			c.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile(field, "file")
	if err == nil {
		_, err = part.Write(file)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		c.t.Fatal(err)
	}
	r := httptest.NewRequest("POST", c.url(path), &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return c.do(r)
}

func (c *Counter) url(path string) string { return "/" + string(c.Lang) + "/" + path }

func (c *Counter) do(r *http.Request) *Page {
	c.t.Helper()
	c.err = nil
	w := httptest.NewRecorder()
	c.eng.ServeHTTP(w, r)
	p := &Page{t: c.t, Status: w.Code, Header: w.Header(), Body: w.Body.Bytes(), Err: c.err}
	if redirect := w.Code >= 300 && w.Code < 400; !redirect && strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		p.read(c.Lang)
	}
	return p
}

// JSON reads the body of an answer into a value.
func (p *Page) JSON(into any) {
	p.t.Helper()
	if err := json.NewDecoder(bytes.NewReader(p.Body)).Decode(into); err != nil {
		p.t.Fatalf("answer %.200q is not JSON: %v", p.Body, err)
	}
}
