package native

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/internal/pagelook"
	"guichet.example/reader/internal/peer"
	"guichet.example/reader/remote"
)

// page asks on a page in the person's browser, where there is no pinentry. It is served
// on a loopback port under a path that nobody can guess, to programs of this person alone
// (the path stands on command lines, which all users can read), lives as long as the command,
// and asks for no PIN: the child has a page of its own for that.
type page struct {
	browse func(address string) error
	text   *text
	linger time.Duration
	path   string // "/" + secret + "/"

	mu      sync.Mutex
	host    string // once it is served
	server  *http.Server
	asked   *asked
	number  int           // of the question
	changed chan struct{} // closed when another question is there, or none
	over    bool
	once    sync.Once
	goodbye chan struct{} // closed when the browser has been told that it is over
}

// asked is what the page shows now.
type asked struct {
	text, yes, no string // no may be ""
	answer        chan error
}

func newPage(browse func(string) error, t *text, linger time.Duration) *page {
	return &page{browse: browse, text: t, linger: linger, path: "/" + rand.Text() + "/", changed: make(chan struct{}), goodbye: make(chan struct{})}
}

func (p *page) entry() remote.Entry { return remote.Entry{Kind: remote.Page} }

func (p *page) Confirm(ctx context.Context, text, yes, no string) error {
	return p.ask(ctx, &asked{text: text, yes: yes, no: no})
}

func (p *page) Message(ctx context.Context, text string) error {
	return p.ask(ctx, &asked{text: text, yes: p.text.close})
}

func (p *page) ask(ctx context.Context, q *asked) error {
	q.answer = make(chan error, 1)
	if err := p.serve(); err != nil {
		return err
	}
	p.put(q)
	defer p.put(nil)
	select {
	case err := <-q.answer:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// put shows a question, or that there is none.
func (p *page) put(q *asked) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = q
	p.number++
	close(p.changed)
	p.changed = make(chan struct{})
}

// serve begins to serve and opens the page, once.
func (p *page) serve() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		return nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serving a page to ask on: %w", err)
	}
	p.host = listener.Addr().String()
	p.server = &http.Server{Handler: p.handler(), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	go func() { _ = p.server.Serve(peer.Listener(listener)) }()
	if err := p.browse("http://" + p.host + p.path); err != nil {
		return fmt.Errorf("%w: %w", errNobody, err)
	}
	return nil
}

// close says goodbye on the page, gives the browser a moment to read it, and ends.
func (p *page) close() {
	p.mu.Lock()
	server := p.server
	p.over = true
	p.mu.Unlock()
	if server == nil {
		return
	}
	p.put(nil)
	select {
	case <-p.goodbye:
	case <-time.After(p.linger):
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = server.Shutdown(ctx)
	_ = server.Close()
}

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.js
	pageJS []byte

	pageTemplate = pagelook.Template("page", pageHTML)
)

func (p *page) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+p.path+"{$}", p.show)
	mux.HandleFunc("POST "+p.path+"{$}", p.take)
	mux.HandleFunc("GET "+p.path+"next", p.next)
	mux.HandleFunc("GET "+p.path+"page.css", file("text/css; charset=utf-8", pagelook.CSS))
	mux.HandleFunc("GET "+p.path+"page.js", file("text/javascript; charset=utf-8", pageJS))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != p.host { // another name that leads here: DNS rebinding
			http.Error(w, "no such page", http.StatusMisdirectedRequest)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "same-origin") // with no-referrer a form's Origin would be null
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		mux.ServeHTTP(w, r)
	})
}

func file(kind string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "private, max-age=600") // the last page is shown as we leave
		_, _ = w.Write(content)
	}
}

// view is what page.html shows.
type view struct {
	pagelook.Words
	Lang, Heading string
	Site, Lead    string   // Site may be "": then Lead is a sentence of its own
	More          []string // paragraphs
	Yes, No       string   // buttons; may be ""
	Number        int      // of the question
	Over          bool
}

// say takes apart what a window shows as one text: the site on a line of its own, if it
// begins with one, the rest of that sentence, and further lines.
func (v *view) say(text string) {
	first, rest, _ := strings.Cut(text, "\n")
	if strings.Contains(first, "://") {
		v.Site = first
		first, rest, _ = strings.Cut(rest, "\n")
	}
	v.Lead = first
	for line := range strings.SplitSeq(rest, "\n") {
		if line != "" {
			v.More = append(v.More, line)
		}
	}
}

func (p *page) show(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	v := view{Words: pagelook.In(p.text.lang), Lang: p.text.lang, Heading: p.text.pageTitle, Number: p.number, Over: p.over}
	switch {
	case p.over:
		v.say(p.text.over)
	case p.asked != nil:
		v.say(p.asked.text)
		v.Yes, v.No = p.asked.yes, p.asked.no
	default:
		v.say(p.text.working)
	}
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageTemplate.Execute(w, v)
	if v.Over {
		p.once.Do(func() { close(p.goodbye) })
	}
}

// take takes an answer, if it is to the question that is still there.
func (p *page) take(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") != "http://"+p.host { // a page of someone else's
		http.Error(w, "no such page", http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
	number, err := strconv.Atoi(r.PostFormValue("number"))
	answer := r.PostFormValue("answer")
	if err != nil || answer != "yes" && answer != "no" {
		http.Error(w, "no answer", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	q := p.asked
	current := q != nil && p.number == number
	p.mu.Unlock()
	if current {
		var given error
		if answer == "no" {
			given = reader.ErrCancelled
		}
		select {
		case q.answer <- given:
			p.wait(r.Context(), number)
		default: // answered twice
		}
	}
	http.Redirect(w, r, p.path, http.StatusSeeOther)
}

// next answers once the question of that number is no longer there, or after a while.
func (p *page) next(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.URL.Query().Get("after"))
	if err != nil {
		http.Error(w, "which one?", http.StatusBadRequest)
		return
	}
	p.wait(r.Context(), number)
	w.WriteHeader(http.StatusNoContent)
}

// longest is how long a request waits for another question; the page asks again.
const longest = 20 * time.Second

func (p *page) wait(ctx context.Context, number int) {
	p.mu.Lock()
	changed, same := p.changed, p.number == number
	p.mu.Unlock()
	if !same {
		return
	}
	select {
	case <-changed:
	case <-ctx.Done():
	case <-time.After(longest):
	}
}
