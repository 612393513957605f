package pinpage

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"guichet.example/reader/api"
)

// show shows where the prompt stands: the form, or how it ended.
func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	// A frame of another site could dress up the page or catch clicks; headers forbid
	// it to the browser, and this refuses it to one that asks all the same.
	if dest := r.Header.Get("Sec-Fetch-Dest"); dest != "" && dest != "document" {
		refuse(w, http.StatusForbidden, api.Fatal, "the PIN page stands alone")
		return
	}
	p, e, found := s.at(r.PathValue("id"))
	switch {
	case p != nil:
		p.render(w, r, "")
	case found:
		e.render(w, r)
	default:
		s.gone(w, r)
	}
}

// gone answers an address that is not, or no longer, of a prompt.
func (s *Server) gone(w http.ResponseWriter, r *http.Request) {
	v := Operation{Lang: ChooseLang("", r.Header.Get("Accept-Language"), s.lang())}.view()
	write(w, http.StatusNotFound, view{text: v.text, Words: v.Words, Kiosk: atKiosk(r), State: "failed", Heading: v.GoneHeading, Lead: v.Gone})
}

// receive takes the form. The answer waits for the card, so that a wrong PIN is told
// on the page itself.
func (s *Server) receive(w http.ResponseWriter, r *http.Request) {
	origins := r.Header.Values("Origin")
	site := r.Header.Get("Sec-Fetch-Site")
	if len(origins) != 1 || origins[0] != "http://"+r.Host || site != "" && site != "same-origin" {
		refuse(w, http.StatusForbidden, api.Fatal, "the PIN form is sent by its own page only")
		return
	}
	p, e, found := s.at(r.PathValue("id"))
	if !found {
		s.gone(w, r)
		return
	}
	body, err := readForm(w, r)
	defer clear(body)
	var f form
	if err == nil {
		f, err = parseForm(body)
	}
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, api.InvalidArgument, "not the form of this page")
	case p == nil:
		e.render(w, r)
	default:
		p.answer(w, r, f)
	}
}

// answer does what the form asks for.
func (p *Prompt) answer(w http.ResponseWriter, r *http.Request, f form) {
	ask, ok := p.take(f.token)
	fault := ""
	switch {
	case !ok: // sent twice, or from a page loaded before another
	case string(f.do) == "cancel":
		p.giveUp()
		p.await(r.Context(), asking)
	case !ask.Fits(f.pin):
		t := texts[p.op.Lang]
		fault = t.digits(t.NotPIN, ask)
	default:
		p.give(r.Context(), f.pin)
	}
	p.render(w, r, fault)
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

// alive is held open by the page's script: its end tells that the page was closed,
// and what it sends that the operation has ended.
func (s *Server) alive(w http.ResponseWriter, r *http.Request) {
	p, _, found := s.at(r.PathValue("id"))
	if !found || !slices.Contains([]string{"", "same-origin"}, r.Header.Get("Sec-Fetch-Site")) {
		refuse(w, http.StatusForbidden, api.Fatal, "not the PIN page")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": open\n\n")
	if p == nil || p.watch(w, r) {
		fmt.Fprint(w, "event: ended\ndata: ended\n\n")
	}
}

// watch waits until the operation has ended, or the page is closed: false.
func (p *Prompt) watch(w http.ResponseWriter, r *http.Request) bool {
	p.enter()
	defer p.leave()
	control := http.NewResponseController(w)
	for control.Flush() == nil && r.Context().Err() == nil {
		p.mu.Lock()
		over, changed := p.phase == ended, p.changed
		p.mu.Unlock()
		if over {
			return true
		}
		select {
		case <-changed:
		case <-r.Context().Done():
		case <-time.After(15 * time.Second):
			fmt.Fprint(w, ": alive\n\n")
		}
	}
	return false
}
