package demo

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"guichet.example/portal"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/signing/document"
)

//go:embed post.html
var postHTML string

var postPage = template.Must(template.New("post").Parse(postHTML))

// mostPost is how many mails, letters and batches the desk keeps, newest first.
const mostPost = 100

// postDesk gets what would have gone out: mails from the counter's own worker, letters
// from a mailroom that prints and posts them all at once. It forgets everything when
// the demo ends.
type postDesk struct {
	mu      sync.Mutex
	mails   []mail.Mail
	letters []opened
	batches map[string][]byte // PDF by the batch's id
	arrived chan struct{}     // closed and made anew with each mail
}

// opened is a letter as its reader holds it.
type opened struct {
	letters.Addressed
	Batch string
	Words document.Post
}

// Send implements mail.Sender. The same mail sent twice lies here once, as in a mailbox
// that knows Message-IDs.
func (d *postDesk) Send(_ context.Context, m mail.Mail) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, have := range d.mails {
		if have.MessageID() == m.MessageID() {
			return nil
		}
	}
	d.mails = append([]mail.Mail{m}, d.mails[:min(len(d.mails), mostPost-1)]...)
	if d.arrived != nil {
		close(d.arrived)
		d.arrived = nil
	}
	return nil
}

// mailTo waits for a mail to an address that holds all the given texts, and returns the
// newest. It is for journeys.
func (d *postDesk) mailTo(ctx context.Context, address string, holding ...string) (mail.Mail, error) {
	for {
		d.mu.Lock()
		for _, m := range d.mails {
			if m.To.String() == address && holdsAll(m.Subject+"\n"+m.Text, holding) {
				d.mu.Unlock()
				return m, nil
			}
		}
		if d.arrived == nil {
			d.arrived = make(chan struct{})
		}
		arrived := d.arrived
		d.mu.Unlock()
		select {
		case <-arrived:
		case <-ctx.Done():
			return mail.Mail{}, fmt.Errorf("no such mail arrived: %w", ctx.Err())
		}
	}
}

func holdsAll(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

// linkIn is the one link of a mail, "" without one.
func linkIn(m mail.Mail) string {
	for line := range strings.Lines(m.Text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "http") {
			return line
		}
	}
	return ""
}

// lookingIn is the letters' store with somebody who reads over the mailroom's shoulder.
// Only the demo has one: what he sees is what the member finds in her letter box.
type lookingIn struct {
	letters.Store
	saw func([]letters.Addressed)
}

// OpenLetters implements letters.Store.
func (l lookingIn) OpenLetters(ctx context.Context, by letters.By, limit int) ([]letters.Addressed, error) {
	list, err := l.Store.OpenLetters(ctx, by, limit)
	l.saw(list)
	return list, err
}

// deliver prints and posts all letters that wait, as the mailroom does. Nothing waits:
// nothing happens.
func (w *world) deliver(ctx context.Context) error {
	var seen []letters.Addressed
	room := &letters.Service{
		Store: lookingIn{w.store, func(list []letters.Addressed) { seen = list }},
		House: portal.LettersOf(mutuality(), w.origin), Now: time.Now, Rand: rand.Reader,
	}
	by := letters.By{Mutuality: mutualityID}
	p, err := room.Print(ctx, by, letters.MaxBatch)
	if errors.Is(err, letters.ErrNothing) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("printing letters: %w", err)
	}
	if err := room.Posted(ctx, by, p.ID, p.Envelopes()); err != nil {
		return fmt.Errorf("posting letters: %w", err)
	}
	d := &w.post
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.batches == nil || len(d.batches) >= mostPost {
		d.batches = map[string][]byte{}
	}
	d.batches[p.ID] = p.PDF
	for _, a := range seen {
		d.letters = append([]opened{{a, p.ID, room.House.Compose(a, time.Now())}}, d.letters[:min(len(d.letters), mostPost-1)]...)
	}
	return nil
}

// letterTo is the newest letter in the letter box of somebody, by name. It is for
// journeys, after deliver.
func (d *postDesk) letterTo(name string) (opened, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.letters {
		if l.Name == name {
			return l, true
		}
	}
	return opened{}, false
}

// handlePost puts the letters and mails on the desk.
func (w *world) handlePost(mux *http.ServeMux) {
	mux.HandleFunc("GET /desk/post", w.showPost)
	mux.HandleFunc("POST /desk/post", func(rw http.ResponseWriter, r *http.Request) {
		if err := w.deliver(r.Context()); err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		http.Redirect(rw, r, "/desk/post", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /desk/post/{batch}", func(rw http.ResponseWriter, r *http.Request) {
		w.post.mu.Lock()
		pdf := w.post.batches[strings.TrimSuffix(r.PathValue("batch"), ".pdf")]
		w.post.mu.Unlock()
		if pdf == nil {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "application/pdf")
		rw.Header().Set("Cache-Control", "no-store")
		rw.Write(pdf)
	})
}

// mailRow is a mail as the desk shows it: the link apart, to be followed.
type mailRow struct {
	mail.Mail
	Before, Link, After string
}

func (w *world) showPost(rw http.ResponseWriter, r *http.Request) {
	waiting, err := w.store.WaitingLetters(r.Context(), mutualityID)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	w.post.mu.Lock()
	list := append([]opened(nil), w.post.letters...)
	var mails []mailRow
	for _, m := range w.post.mails {
		row := mailRow{Mail: m, Before: m.Text, Link: linkIn(m)}
		if row.Link != "" {
			row.Before, row.After, _ = strings.Cut(m.Text, row.Link)
		}
		mails = append(mails, row)
	}
	w.post.mu.Unlock()
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	if err := postPage.Execute(rw, map[string]any{"Waiting": waiting.Letters, "Letters": list, "Mails": mails}); err != nil {
		w.log.Error("showing the post", "cause", err)
	}
}
