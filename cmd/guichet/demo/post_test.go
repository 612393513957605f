package demo

import (
	"context"
	"crypto/rand"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"guichet.example/portal"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/store/storetest"
)

// postWorld is a world with people and a store, and nothing else.
func postWorld(t *testing.T) (*world, *httptest.Server) {
	t.Helper()
	w := &world{origin: "http://localhost:8080", log: slog.New(slog.DiscardHandler), people: characters(time.Now())}
	w.store = storetest.Open(t, storetest.SQLite)
	if err := w.enrol(t.Context(), Config{}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	w.handlePost(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return w, server
}

func getText(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, resp.Status, err)
	}
	return html.UnescapeString(string(body))
}

// TestLettersOnTheDesk: a letter that was asked for can be read once it is delivered,
// code and all, and its batch is a PDF.
func TestLettersOnTheDesk(t *testing.T) {
	w, server := postWorld(t)
	if text := getText(t, server.URL+"/desk/post"); !strings.Contains(text, "No letter waits") || !strings.Contains(text, "No mail has been sent") {
		t.Errorf("the empty desk says %s", text)
	}
	_, err := w.store.QueueLetter(t.Context(), letters.Letter{
		Mutuality: mutualityID, Member: memberID("mathieu"), Kind: letters.NewPassword, Lang: "fr",
		Secret: "7KQ2-94MA-X0VT", Deadline: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	if text := getText(t, server.URL+"/desk/post"); strings.Contains(text, "7KQ2") || !strings.Contains(text, "Waiting to be printed: <strong>1</strong>") {
		t.Errorf("before it is delivered the desk says %s", text)
	}
	resp, err := http.Post(server.URL+"/desk/post", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	text := getText(t, server.URL+"/desk/post")
	for _, want := range []string{"7KQ2-94MA-X0VT", "Mathieu Delcourt", "4000 Liège", w.origin + "/fr/sign-in"} {
		if !strings.Contains(text, want) {
			t.Errorf("the desk has no %q: %s", want, text)
		}
	}
	l, ok := w.post.letterTo("Mathieu Delcourt")
	if !ok || l.Secret != "7KQ2-94MA-X0VT" {
		t.Errorf("letterTo = %v, %v", l.Letter, ok)
	}
	if pdf := getText(t, server.URL+"/desk/post/"+l.Batch+".pdf"); !strings.HasPrefix(pdf, "%PDF-1.7") {
		t.Errorf("the batch begins with %.20q", pdf)
	}
	if err := w.deliver(t.Context()); err != nil {
		t.Errorf("delivering nothing = %v", err)
	}
}

// TestMailsOnTheDesk: each mail lies there once, with a link that can be followed.
func TestMailsOnTheDesk(t *testing.T) {
	w, server := postWorld(t)
	house := portal.MailsOf(mutuality(), w.origin)
	link := w.origin + "/fr/reset/x"
	m, err := house.Compose(mail.Message{
		Mutuality: mutualityID, To: "mathieu@mail.example", Template: mail.ResetLink, Lang: "fr",
		Values: map[string]string{"link": link, "until": "2026-11-23T14:08:00Z"},
	}, "01kjob", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_, err := w.post.mailTo(ctx, "mathieu@mail.example", "mot de passe")
		waiting <- err
	}()
	for range 3 {
		if err := w.post.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-waiting; err != nil {
		t.Errorf("mailTo = %v", err)
	}
	text := getText(t, server.URL+"/desk/post")
	if strings.Count(text, `<a href="`+link+`">`) != 1 || linkIn(m) != link {
		t.Errorf("the desk says %s", text)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.post.mailTo(ended, "nobody@mail.example"); err == nil {
		t.Error("mailTo of nobody = nil")
	}
}

// TestDeskForgetsTheOldest: the desk of a demo that runs for weeks stays small.
func TestDeskForgetsTheOldest(t *testing.T) {
	var d postDesk
	from, _ := mail.ParseAddress("guichet@tilleuls.example")
	for range 3 * mostPost {
		if err := d.Send(t.Context(), mail.Mail{ID: rand.Text(), From: from}); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.mails) != mostPost {
		t.Errorf("%d mails lie there, want %d", len(d.mails), mostPost)
	}
}

func TestPostPageHasNothingFromElsewhere(t *testing.T) {
	page, err := os.ReadFile("post.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "style=", "http://", "https://"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("post.html has %q", bad)
		}
	}
}
