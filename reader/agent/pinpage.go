package agent

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

//go:embed pin.css
var pinCSS []byte

//go:embed pin.js
var pinJS []byte

//go:embed pin.html
var pinHTML string

var pinTemplate = template.Must(template.New("pin").Parse(pinHTML))

func asset(kind string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		_, _ = w.Write(content)
	}
}

// view is what pin.html shows.
type view struct {
	*text
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
}

// showPIN shows where the prompt stands: the form, or how it ended.
func (a *Agent) showPIN(w http.ResponseWriter, r *http.Request) {
	// A frame of another site could dress up the page or catch clicks; headers forbid
	// it to the browser, and this refuses it to one that asks all the same.
	if dest := r.Header.Get("Sec-Fetch-Dest"); dest != "" && dest != "document" {
		refuse(w, http.StatusForbidden, api.Fatal, "the PIN page stands alone")
		return
	}
	p := a.promptAt(r.PathValue("id"))
	if p == nil {
		a.gone(w, r)
		return
	}
	p.render(w, "")
}

// gone answers an address that is not, or no longer, of a prompt.
func (a *Agent) gone(w http.ResponseWriter, r *http.Request) {
	t := texts[chooseLang("", r.Header.Get("Accept-Language"), a.config.Lang)]
	write(w, http.StatusNotFound, view{text: t, State: "failed", Heading: t.GoneHeading, Lead: t.Gone})
}

// takePIN takes the form. The answer waits for the card, so that a wrong PIN is told
// on the page itself.
func (a *Agent) takePIN(w http.ResponseWriter, r *http.Request) {
	origins := r.Header.Values("Origin")
	site := r.Header.Get("Sec-Fetch-Site")
	if len(origins) != 1 || origins[0] != "http://"+r.Host || site != "" && site != "same-origin" {
		refuse(w, http.StatusForbidden, api.Fatal, "the PIN form is sent by its own page only")
		return
	}
	p := a.promptAt(r.PathValue("id"))
	if p == nil {
		a.gone(w, r)
		return
	}
	body, err := readForm(w, r)
	defer clear(body)
	var f form
	if err == nil {
		f, err = parseForm(body)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, api.InvalidArgument, "not the form of this page")
		return
	}
	ask, ok := p.take(f.token)
	switch {
	case !ok: // sent twice, or from a page loaded before another
		p.render(w, "")
	case string(f.do) == "cancel":
		p.op.cancel(reader.ErrCancelled)
		p.await(r.Context(), asking)
		p.render(w, "")
	case !digits(f.pin, ask.MinLen, ask.MaxLen):
		p.render(w, p.op.text.digits(p.op.text.NotPIN, ask))
	default:
		p.give(r.Context(), f.pin)
		p.render(w, "")
	}
}

// readForm reads at most one byte more than a form may have. The slice is the
// caller's to wipe, also with an error.
func readForm(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return nil, errForm
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(10 * time.Second))
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	body := make([]byte, maxForm+1)
	n, err := io.ReadFull(r.Body, body)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return body[:n], err
}

// render writes the page as the prompt stands, 422 if the form has to be filled in
// again. fault, if any, is what was wrong with what was typed.
func (p *prompt) render(w http.ResponseWriter, fault string) {
	token, err := p.op.agent.secret()
	if err != nil {
		refuse(w, http.StatusInternalServerError, api.Fatal, "no random numbers")
		return
	}
	p.mu.Lock()
	now, ask, outcome := p.phase, p.ask, p.outcome
	if now == asking {
		p.token = token
	}
	p.mu.Unlock()
	v := p.op.view()
	switch now {
	case asking:
		v.form(token, ask, fault)
	case working:
		v.State, v.Lead = "working", v.Working
	case ended:
		v.State, v.Heading, v.Lead = v.ending(outcome)
	}
	status := http.StatusOK
	if v.Error != "" {
		status = http.StatusUnprocessableEntity
	}
	write(w, status, v)
}

// view is what every state of the page names: the site and the purpose.
func (o *operation) view() view {
	if o.purpose == certs.Authentication {
		return view{text: o.text, Site: o.origin, Purpose: o.text.PurposeLogin, Heading: o.text.HeadingLogin, Button: o.text.ButtonLogin}
	}
	return view{text: o.text, Site: o.origin, Purpose: o.text.PurposeSign, Heading: o.text.HeadingSign, Button: o.text.ButtonSign,
		Digest: o.digest}
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

// alive is held open by the page's script: its end tells that the page was closed,
// and what it sends that the operation has ended.
func (a *Agent) alive(w http.ResponseWriter, r *http.Request) {
	p := a.promptAt(r.PathValue("id"))
	if p == nil || !slices.Contains([]string{"", "same-origin"}, r.Header.Get("Sec-Fetch-Site")) {
		refuse(w, http.StatusForbidden, api.Fatal, "not the PIN page")
		return
	}
	p.enter()
	defer p.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": open\n\n")
	control := http.NewResponseController(w)
	for control.Flush() == nil && r.Context().Err() == nil {
		p.mu.Lock()
		over, changed := p.phase == ended, p.changed
		p.mu.Unlock()
		if over {
			fmt.Fprint(w, "event: ended\ndata: ended\n\n")
			_ = control.Flush()
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
		case <-time.After(15 * time.Second):
			fmt.Fprint(w, ": alive\n\n")
		}
	}
}
