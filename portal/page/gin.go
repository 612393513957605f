package page

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
)

// Handler answers a request, or returns the error that the portal turns into a page.
type Handler func(c *gin.Context) error

// Routes takes an area's handlers, at paths below the language. Every route names the
// act it needs.
type Routes interface {
	GET(path string, act auth.Act, h Handler)
	POST(path string, act auth.Act, h Handler)
}

const viewKey = "guichet.view"

// Put keeps the view for the handlers of this request; the portal's middleware calls it.
func Put(c *gin.Context, v View) { c.Set(viewKey, &v) }

// From returns the view that the middleware filled, to be completed by the handler.
func From(c *gin.Context) View {
	if v, ok := c.Get(viewKey); ok {
		return *v.(*View)
	}
	return View{Lang: locale.FR, Brand: DefaultBrand()}
}

// LoginOf returns who is signed in. It panics on a route whose act is Public: there
// may be nobody.
func LoginOf(c *gin.Context) auth.Login {
	login := From(c).Login
	if login == nil {
		panic("page: LoginOf on a route that needs no login")
	}
	return *login
}

// OfficerOf returns the member of the staff who is signed in at the office. It panics on
// a route whose act is not one that roles open.
func OfficerOf(c *gin.Context) auth.Officer {
	officer := From(c).Officer
	if officer == nil {
		panic("page: OfficerOf on a route that needs no officer")
	}
	return *officer
}

// buffers holds rendered pages between renderings; those above maxKept are let go.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxKept = 256 << 10 // bytes

// Render renders a page into memory and then answers with it: a page that fails half
// way sends nothing.
func Render(c *gin.Context, status int, t templ.Component) error {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	defer func() {
		if buffer.Cap() <= maxKept {
			buffers.Put(buffer)
		}
	}()
	if err := t.Render(context.WithoutCancel(c.Request.Context()), buffer); err != nil {
		return fmt.Errorf("rendering a page: %w", err)
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(buffer.Len()))
	c.Status(status)
	if c.Request.Method == http.MethodHead {
		c.Writer.WriteHeaderNow()
		return nil
	}
	_, _ = c.Writer.Write(buffer.Bytes()) // who asked may be gone
	return nil
}

// keyField is the name of the idempotency key in a form.
const keyField = "key"

var keyEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// keyLength is the length of a key: 16 random bytes in base32.
const keyLength = 26

func newKey() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand
	return keyEncoding.EncodeToString(b[:])
}

// key is the idempotency key of the form: the one that came, or a new one.
func (v View) key() string {
	if v.Key == "" {
		return newKey()
	}
	return v.Key
}

// Key returns the idempotency key that came with a form, "" if it is none of ours.
func Key(c *gin.Context) string {
	return KeyOf(c.PostForm(keyField))
}

// KeyOf is Key for a form that was read otherwise.
func KeyOf(text string) string {
	if !isKey(text) {
		return ""
	}
	return text
}

func isKey(s string) bool {
	_, err := keyEncoding.DecodeString(s)
	return err == nil && len(s) == keyLength
}

// switchField marks a form that is sent only to see it in another language.
const switchField = "switch"

// Switched says that a form was sent only to see it in another language: it is shown
// again with what was typed, unchecked and without errors.
func Switched(c *gin.Context) bool { return c.PostForm(switchField) == "1" }
