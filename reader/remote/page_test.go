package remote_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/pinentry"
	"guichet.example/reader/pinentry/pinentrytest"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

const site = "https://counter.example.be"

// onPage signs with a page that is answered with these PINs, and returns what came of it,
// the progress, and the last page.
func onPage(t *testing.T, c *remote.Card, host string, pins ...string) ([]remote.Progress, *agenttest.PINPage, error) {
	t.Helper()
	urls, pages := make(chan string, 1), make(chan *agenttest.PINPage, 1)
	go func() {
		page, err := (&agenttest.Client{Origin: site}).OpenPIN(t.Context(), <-urls)
		for _, pin := range pins {
			if err == nil && page.Site != site {
				t.Errorf("the page names %q, want %q", page.Site, site)
			}
			if err == nil {
				page, err = page.Submit(t.Context(), pin)
			}
		}
		if err != nil {
			t.Errorf("the PIN page: %v", err)
		}
		pages <- page
	}()
	r := request(remote.Entry{Kind: remote.Page, Site: site, Digest: "3F2A 91C0 7B44 12EE", Lang: "en", Host: host})
	var told []remote.Progress
	r.Tell = func(p remote.Progress) {
		if told = append(told, p); p.State == api.PINPage {
			urls <- p.URL
		}
	}
	_, err := c.Sign(t.Context(), r)
	return told, <-pages, err
}

func states(told []remote.Progress) string {
	var list []string
	for _, p := range told {
		list = append(list, string(p.State))
	}
	return strings.Join(list, " ")
}

// Without a host the child serves the page on a port of its own.
func TestPageOnItsOwn(t *testing.T) {
	d, _, c := inserted(t, "p384")
	told, page, err := onPage(t, c, "", "0000", goodPIN)
	if err != nil {
		t.Fatalf("Sign = %v", err)
	}
	if got := states(told); got != "pin_page signing pin_wrong signing" {
		t.Errorf("progress was %s", got)
	}
	if told[2].Tries != 2 || told[2].URL != told[0].URL {
		t.Errorf("after a wrong PIN %+v", told[2])
	}
	if page == nil || page.Asks || page.Error != "" {
		t.Errorf("the last page is %+v", page)
	}
	wantTries(t, d, "p384", 3)
}

// door accepts browsers and hands them over, as the agent does.
func door(t *testing.T, s *remote.Set) (host string) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if err := s.Browser(conn.(*net.TCPConn)); err != nil {
				t.Errorf("Browser = %v", err)
			}
		}
	}()
	return listener.Addr().String()
}

// The parent hands connections over; the child that comes after tells the ending.
func TestPageHandedOver(t *testing.T) {
	_, s, c := inserted(t, "p384")
	host := door(t, s)
	told, page, err := onPage(t, c, host, goodPIN)
	if err != nil {
		t.Fatalf("Sign = %v", err)
	}
	if !strings.HasPrefix(told[0].URL, "http://"+host+"/pin/") {
		t.Errorf("the page is at %s", told[0].URL)
	}
	again, err := (&agenttest.Client{Origin: site}).OpenPIN(t.Context(), told[0].URL)
	if err != nil || again.Asks || again.Status != http.StatusOK || again.Title != page.Title {
		t.Errorf("loaded again the page is %+v, %v, want %q", again, err, page.Title)
	}
}

// The page says that all went well only where the parent has verified the signature.
func TestPageOfRubbish(t *testing.T) {
	_, _, good := inserted(t, "rsa")
	_, well, err := onPage(t, good, "", goodPIN)
	if err != nil {
		t.Fatalf("Sign = %v", err)
	}
	d, s, c := inserted(t, "rsa")
	fail(t, d, softcard.Fault{Function: "C_Sign", Do: softcard.WrongSignature})
	host := door(t, s)
	told, page, err := onPage(t, c, host, goodPIN)
	wantError(t, "Sign", err, reader.ErrWrongSignature)
	if page == nil || well == nil || page.Asks || page.Title == well.Title {
		t.Errorf("the page is %+v, as after a good signature: %+v", page, well)
	}
	again, err := (&agenttest.Client{Origin: site}).OpenPIN(t.Context(), told[0].URL)
	if err != nil || page != nil && again.Title != page.Title {
		t.Errorf("loaded again the page is %+v, %v, want %+v", again, err, page)
	}
}

// A child that dies while the page asks: the next one tells that it failed.
func TestPageOfTheDead(t *testing.T) {
	_, s, c := inserted(t, "p384")
	host := door(t, s)
	r := request(remote.Entry{Kind: remote.Page, Site: site, Lang: "en", Host: host})
	url := ""
	r.Tell = func(p remote.Progress) {
		if p.State == api.PINPage {
			url = p.URL
			kill(s.Children())
		}
	}
	_, err := c.Sign(t.Context(), r)
	wantError(t, "Sign", err, reader.ErrModuleFailed)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	page, err := (&agenttest.Client{Origin: site}).OpenPIN(ctx, url)
	if err != nil || page.Status != http.StatusOK || page.Asks {
		t.Errorf("the page is %+v, %v, want one that tells the ending", page, err)
	}
}

// The person leaves: cancel on the page ends the signature.
func TestPageCancelled(t *testing.T) {
	_, s, c := inserted(t, "p384")
	r := request(remote.Entry{Kind: remote.Page, Site: site, Lang: "en", Host: door(t, s)})
	pressed := make(chan struct{})
	r.Tell = func(p remote.Progress) {
		if p.State != api.PINPage {
			return
		}
		go func() {
			defer close(pressed)
			page, err := (&agenttest.Client{Origin: site}).OpenPIN(t.Context(), p.URL)
			if err == nil {
				_, err = page.Cancel(t.Context())
			}
			if err != nil {
				t.Errorf("the PIN page: %v", err)
			}
		}()
	}
	_, err := c.Sign(t.Context(), r)
	wantError(t, "Sign", err, reader.ErrCancelled)
	<-pressed
}

// Pinentry is started by the child, asks again after a wrong PIN, and ends with the
// signature that it is for.
func TestPinentry(t *testing.T) {
	d, _, c := inserted(t, "p384")
	program, err := pinentrytest.Write(t.TempDir(), pinentrytest.Script{
		GetPIN: []string{pinentrytest.PIN("0000"), pinentrytest.PIN(goodPIN), pinentrytest.Hang},
	})
	if err != nil {
		t.Fatal(err)
	}
	var told []remote.Progress
	r := request(remote.Entry{Kind: remote.Pinentry, Site: site, Lang: "en", Program: program.Path})
	r.Tell = func(p remote.Progress) { told = append(told, p) }
	if _, err := c.Sign(t.Context(), r); err != nil {
		t.Errorf("Sign = %v", err)
	}
	if got := states(told); got != "pin_window signing pin_wrong signing" {
		t.Errorf("progress was %s", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.Tell = func(remote.Progress) { cancel() }
	_, err = c.Sign(ctx, r)
	wantError(t, "Sign given up", err, reader.ErrCancelled)
	r.Tell, r.Entry.Program = nil, "/nowhere/pinentry"
	_, err = c.Sign(t.Context(), r)
	wantError(t, "Sign without pinentry", err, pinentry.ErrUnavailable)
	wantTries(t, d, "p384", 3)
}
