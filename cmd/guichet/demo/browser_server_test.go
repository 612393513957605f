package demo

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// breakRequest makes a request of the store unreadable, as a fault of the disk would.
func (s *stage) breakRequest(t *testing.T, id string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "guichet.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	result, err := db.Exec(`UPDATE requests SET frozen_sealed = zeroblob(200) WHERE request = ?`, id)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := result.RowsAffected(); n != 1 {
		t.Fatalf("%d requests are %s", n, id)
	}
}

// A fault of the server is said on a page that keeps every rule, tells nothing of the
// cause and leaves a way on; a list shows what else there is.
func TestBrowserShowsServerFaults(t *testing.T) {
	s := onStage(t)
	j, err := s.journey(io.Discard, "")
	if err == nil {
		err = j.signIn(t.Context(), "grace")
	}
	if err == nil {
		err = j.ask(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Split(j.browser.at.Path, "/")[3]
	s.breakRequest(t, id)
	member := s.window(t)
	member.signIn("grace", "en")
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		t.Run("500 "+lang, func(t *testing.T) {
			w := member.during(t)
			if status := w.visit("/" + lang + "/requests/" + id); status != 500 {
				t.Errorf("a damaged request answers %d, want 500", status)
			}
			w.judge("fault of the server", lang)
			if text := w.text("main"); strings.Contains(text, id) || strings.Contains(text, "damaged") || strings.Contains(text, "sealed") {
				t.Errorf("the page tells the cause: %q", text)
			}
			if !w.holds(`document.querySelector("main a[href]")`) {
				t.Error("the page leads nowhere")
			}
		})
		t.Run("damaged row "+lang, func(t *testing.T) {
			w := member.during(t)
			for _, width := range []int64{1280, 360} {
				w.size(width, 900)
				if status := w.visit("/" + lang + "/requests"); status != 200 {
					t.Errorf("the list answers %d", status)
				}
				w.judge(fmt.Sprintf("damaged row %d", width), lang)
			}
			w.size(desk, 900)
		})
	}
	t.Run("429", func(t *testing.T) {
		// The same session asks without end elsewhere; others are served meanwhile.
		w := s.window(t)
		w.cookie("__Host-session", j.browser.cookies["__Host-session"])
		ctx, end := context.WithCancel(t.Context())
		var hasty sync.WaitGroup
		for range 4 {
			hasty.Go(func() {
				for ctx.Err() == nil {
					_, _ = j.browser.download(ctx, "/en/nowhere")
				}
			})
		}
		defer hasty.Wait()
		defer end()
		for deadline := time.Now().Add(2 * patience); w.visit("/en/home") != 429; {
			if time.Now().After(deadline) {
				t.Fatal("a session asks without end and is never told to wait")
			}
		}
		w.judge("too many requests", "en")
		other := s.window(t)
		if status := other.visit("/en/help"); status != 200 {
			t.Errorf("somebody else gets %d meanwhile", status)
		}
	})
}
