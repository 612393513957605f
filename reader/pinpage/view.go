package pinpage

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/http"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/internal/pagelook"
)

//go:embed pin.html
var pinHTML string

var pinTemplate = pagelook.Template("pin", pinHTML)

// view is what pin.html shows.
type view struct {
	*text
	pagelook.Words
	State   string // "asking", "working", "done", "stopped", "failed": for style and script
	Heading string
	Lead    string // under the heading
	Site    string
	Purpose string
	Digest  string
	Error   string // above the form
	Warning string // before the last try
	Token   string
	Button  string
	Hint    string
	Kiosk   bool // on the screen of a kiosk: the keypad, and nothing beside what one needs there
}

// Title is the title of the page: the heading, and first that there is an error.
func (v view) Title() string {
	title := fmt.Sprintf("%s - %s", v.Heading, v.Product)
	if v.Error != "" {
		return v.ErrorTitle + " " + title
	}
	return title
}

// atKiosk says whether the page that opened this one is a kiosk's. It asks for another
// look only.
func atKiosk(r *http.Request) bool { return r.URL.RawQuery == api.PINKiosk }

// render writes the page as the prompt stands, 422 if the form has to be filled in
// again. fault, if any, is what was wrong with what was typed.
func (p *Prompt) render(w http.ResponseWriter, r *http.Request, fault string) {
	token, err := p.server.secret()
	if err != nil {
		refuse(w, http.StatusInternalServerError, api.Fatal, "no random numbers")
		return
	}
	p.mu.Lock()
	now, ask, ending := p.phase, p.ask, p.ending
	if now == asking {
		p.token = token
	}
	p.mu.Unlock()
	v := p.op.view()
	v.Kiosk = atKiosk(r)
	switch now {
	case asking:
		v.form(token, ask, fault)
	case working:
		v.State, v.Lead = "working", v.Working
	case ended:
		ending.render(w, r)
		return
	}
	status := http.StatusOK
	if v.Error != "" {
		status = http.StatusUnprocessableEntity
	}
	write(w, status, v)
}

// render writes the page of an operation that is over.
func (e Ending) render(w http.ResponseWriter, r *http.Request) {
	v := e.operation().view()
	v.Kiosk = atKiosk(r)
	v.State, v.Heading, v.Lead = v.ending(e.Outcome, e.Tries)
	write(w, http.StatusOK, v)
}

// view is what every state of the page names: the site and the purpose.
func (o Operation) view() view {
	t, ok := texts[o.Lang]
	if !ok {
		t = texts[defaultLang]
	}
	v := view{text: t, Words: pagelook.In(t.Lang), Site: o.Site, Purpose: t.PurposeSign, Heading: t.HeadingSign, Button: t.ButtonSign, Digest: o.Digest}
	if o.Purpose == certs.Authentication {
		v.Purpose, v.Heading, v.Button, v.Digest = t.PurposeLogin, t.HeadingLogin, t.ButtonLogin, ""
	}
	if o.Site == "" {
		v.text, v.Origin = t.here(), t.OriginHere
	}
	return v
}

// form adds the form: what was wrong, and a warning before the last try wherever the
// error does not already say it.
func (v *view) form(token string, ask reader.PINRequest, fault string) {
	v.State, v.Token = "asking", token
	v.Hint = v.digits(v.text.Hint, ask)
	if ask.TriesLeft > 1 && !ask.Retry {
		v.Hint += " " + v.tries(v.TriesLeft, ask.TriesLeft)
	}
	v.Error = fault
	wrong := fault == "" && ask.Retry
	if wrong {
		v.Error = v.wrong(ask.TriesLeft)
	}
	if ask.TriesLeft == 1 && !wrong {
		v.Warning = v.LastTry
	}
}

// Keys are the digits of the keypad on the page, in the order of a telephone's.
func (view) Keys() []string { return []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "0"} }

// write renders to memory first, so that no half page is ever sent.
func write(w http.ResponseWriter, status int, v view) {
	var page bytes.Buffer
	if err := pinTemplate.Execute(&page, v); err != nil {
		refuse(w, http.StatusInternalServerError, api.Fatal, "the page cannot be drawn")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin") // no-referrer would make the form's Origin "null"
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}
