package agent_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/agent"
	"guichet.example/reader/api"
)

func TestDoctor(t *testing.T) {
	at := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	a := start(t, newDesk(nil), func(c *agent.Config) {
		c.Lang = "de"
		c.Doctor = func(_ context.Context, lang string) api.Checkup {
			return api.Checkup{Checks: []api.Check{{ID: "module", Outcome: api.CheckPassed, Title: lang}}, Code: "K7", At: at, Version: api.Version}
		}
	})
	for query, lang := range map[string]string{"?lang=fr": "fr", "?lang=nl": "nl", "?lang=xx": "de", "": "de", "?lang=../../etc": "de"} {
		res, body := ask(t, "GET", a.URL()+api.DoctorPath+query, "", map[string]string{"Origin": counter})
		var got api.Checkup
		if err := json.Unmarshal([]byte(body), &got); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", query, res.StatusCode, body)
		}
		if len(got.Checks) != 1 || got.Checks[0].Title != lang || got.Code != "K7" || !got.At.Equal(at) || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, want it in %s", query, body, lang)
		}
	}
}

// A checkup opens the card: there is one at a time, and it ends with the page that asked.
func TestDoctorOneAtATime(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	a := start(t, newDesk(nil), func(c *agent.Config) {
		c.Doctor = func(ctx context.Context, _ string) api.Checkup {
			close(begun)
			<-ctx.Done()
			close(ended)
			return api.Checkup{}
		}
	})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		req, _ := http.NewRequestWithContext(ctx, "GET", a.URL()+api.DoctorPath, nil)
		req.Header.Set("Origin", counter)
		if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
			res.Body.Close()
		}
	}()
	<-begun
	res, body := ask(t, "GET", a.URL()+api.DoctorPath, "", map[string]string{"Origin": otherSite})
	if res.StatusCode != http.StatusConflict || !strings.Contains(body, string(api.ActionPending)) {
		t.Errorf("a second one: %d %s", res.StatusCode, body)
	}
	leave()
	<-ended
}

func TestNoDoctor(t *testing.T) {
	a := start(t, newDesk(nil))
	if res, body := ask(t, "GET", a.URL()+api.DoctorPath, "", map[string]string{"Origin": counter}); res.StatusCode != http.StatusNotFound || !strings.Contains(body, string(api.Unavailable)) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}
