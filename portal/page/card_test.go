package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/reader/api"
)

// portal plays the JSON endpoints of the card pages and notes what they get.
type portal struct {
	mu      sync.Mutex
	answers map[string][]answer // by path; the last one stays
	got     map[string][]string // bodies by path
}

type answer struct {
	status int // 0: the line breaks
	body   string
}

func (p *portal) mount(mux *http.ServeMux) {
	for _, path := range []string{"sign-in/card/challenge", "sign-in/card", "sign/1/prepare", "sign/1/complete"} {
		mux.HandleFunc("POST /fr/"+path, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			a := p.next(path, string(body))
			if a.status == 0 {
				panic(http.ErrAbortHandler)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(a.status)
			_, _ = io.WriteString(w, a.body)
		})
	}
	mux.HandleFunc("GET /fr/next", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>next</title>")
	})
}

func (p *portal) next(path, body string) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got[path] = append(p.got[path], body)
	list := p.answers[path]
	if len(list) > 1 {
		p.answers[path] = list[1:]
	}
	return list[0]
}

func (p *portal) set(path string, answers ...answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[path] = answers
}

func (p *portal) bodies(path string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got[path]
}

func newPortal() *portal {
	ok := func(body string) []answer { return []answer{{200, body}} }
	return &portal{got: map[string][]string{}, answers: map[string][]answer{
		"sign-in/card/challenge": ok(`{"nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`),
		"sign-in/card":           ok(`{"next":"/fr/next"}`),
		"sign/1/prepare":         ok(`{"preparation":"p1","hash":"aGFzaA==","hashFunction":"SHA-256"}`),
		"sign/1/complete":        ok(`{"next":"/fr/next"}`),
	}}
}

// extension is a script that answers as the Web eID extension does.
func extension(replies map[string]string) string {
	var list strings.Builder
	for action, reply := range replies {
		fmt.Fprintf(&list, "%q: %s,", action, reply)
	}
	return `{ const replies = {` + list.String() + `};
	addEventListener("message", ({ data }) => {
		const action = data?.action;
		if (typeof action !== "string" || /-(ack|success|failure)$/.test(action)) return;
		const reply = replies[action.replace("web-eid:", "")];
		if (!reply) return;
		window.asked = (window.asked || []).concat([data]);
		postMessage({ action: action + "-ack" }, location.origin);
		if (reply.silent) return;
		postMessage({ action: action + (reply.error ? "-failure" : "-success"), ...reply }, location.origin);
	}); }`
}

const (
	versions  = `{extension: "2.5.0", nativeApp: "2.8.0"}`
	token     = `{unverifiedCertificate: "YQ==", algorithm: "ES384", signature: "Yg==", format: "web-eid:1.0", appVersion: "x"}`
	signer    = `{certificate: "Yw==", supportedSignatureAlgorithms: [{cryptoAlgorithm: "ECC", hashFunction: "SHA-256", paddingScheme: "NONE"}]}`
	signature = `{signature: "ZA==", signatureAlgorithm: {cryptoAlgorithm: "ECC", hashFunction: "SHA-256", paddingScheme: "NONE"}}`
)

// shown waits until a state is to be seen on the panel and returns its text.
func shown(t *testing.T, ctx context.Context, state string) string {
	t.Helper()
	const look = `(() => { const b = document.querySelector(".inside [data-state]"); return b?.offsetHeight ? b.dataset.state + "\n" + b.innerText : "" })()`
	var last string
	for range 300 {
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](look))
		if err != nil {
			t.Fatal(err)
		}
		name, rest, _ := strings.Cut(text, "\n")
		if name == state {
			return rest
		}
		last = name
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("panel shows %s, want %s", last, state)
	return ""
}

func open(t *testing.T, ctx context.Context, address string, scripts ...string) {
	t.Helper()
	steps := []chromedp.Action[chromedp.Void]{chromedp.EmulateViewport(1280, 900), chromedp.Navigate(address)}
	for _, s := range scripts {
		steps = append(steps, chromedp.Evaluate[chromedp.Void](s))
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func click(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)); err != nil {
		t.Fatal(err)
	}
}

func arrived(t *testing.T, ctx context.Context) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.WaitReady(chromedp.CSS("title"))); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		path, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.pathname"))
		if err == nil && path == "/fr/next" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	state, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + " " + document.querySelector(".inside [data-state]")?.dataset.state`))
	t.Fatalf("the next page did not come; the panel shows %s", state)
}

const start = `[data-do="start"]`

// TestPanelSaysEveryState: each state of the catalogue, told by the portal, is shown in
// its words, announced in its region, and holds to axe's rules.
func TestPanelSaysEveryState(t *testing.T) {
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is missing (npm ci): %v", err)
	}
	p := newPortal()
	server := counter(t, "", p.mount)
	ctx, messages := browser(t)
	for _, state := range page.CardStates() {
		if strings.HasPrefix(state, "ready") {
			continue
		}
		text := page.CardText(locale.FR, state, locale.A("date", "3 mai 2026"), locale.A("name", "Nora"), locale.A("code", "K7-042"), locale.A("v", "1.0"), locale.A("w", "2.0"), locale.A("n", 2))
		body, _ := json.Marshal(map[string]string{"state": state, "text": text, "code": "K7-042"})
		p.set("sign-in/card", answer{422, string(body)})
		open(t, ctx, server.URL+"/fr/sign-in/card", extension(map[string]string{"status": versions, "authenticate": token}), string(axe))
		click(t, ctx, start)
		truth(t, ctx, `document.querySelector(".exits [data-slot=code]").innerText === "K7-042"`) // the answer is in
		if got := shown(t, ctx, state); !strings.HasSuffix(got, text) {
			t.Errorf("%s: panel says %q, want %q", state, got, text)
		}
		told, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".inside [data-state]").parentNode.getAttribute("role") + " " + document.querySelector("#card").dataset.kind + " " + document.title.startsWith("Erreur")`))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(told, "fail") != (told == "alert fail true") {
			t.Errorf("%s: region, kind and title are %s", state, told)
		}
		for _, v := range violations(t, ctx, axe, "") {
			t.Errorf("%s: %s", state, v)
		}
		shoot(t, ctx, "state-"+state)
	}
	for _, m := range messages() {
		if !strings.Contains(m, "422") {
			t.Errorf("console: %s", m)
		}
	}
}

// TestAgentStatesHaveWords: whatever the agent tells can be shown.
func TestAgentStatesHaveWords(t *testing.T) {
	for _, state := range []api.State{api.CardReady, api.NoReader, api.NoCard, api.CardUnknown, api.SeveralCards, api.ReaderUnsupported, api.CardBusy,
		api.WrongPerson, api.PINPage, api.PINWindow, api.PINKeypad, api.PINWrong, api.Checking, api.Signing, api.OtherTab,
		api.CardRemoved, api.PINBlocked, api.NoSignCert, api.CertExpired, api.Timeout, api.Cancelled, api.Technical} {
		if !slices.Contains(page.CardStates(), string(state)) {
			t.Errorf("the card panel has no words for %s", state)
		}
	}
}

func TestSignInWithExtension(t *testing.T) {
	p := newPortal()
	server := counter(t, "", p.mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card", extension(map[string]string{"status": versions, "authenticate": token}))
	click(t, ctx, start)
	arrived(t, ctx)
	var sent map[string]any
	if bodies := p.bodies("sign-in/card"); len(bodies) != 1 || json.Unmarshal([]byte(bodies[0]), &sent) != nil || sent["format"] != "web-eid:1.0" || len(sent) != 5 {
		t.Errorf("portal got %q, want one token of five fields", bodies)
	}
}

// TestSignatureIsNotLost: when the line breaks after the card has signed, the same
// completion is sent again, and the card is asked once.
func TestSignatureIsNotLost(t *testing.T) {
	p := newPortal()
	p.set("sign/1/complete", answer{}, answer{200, `{"next":"/fr/next"}`})
	server := counter(t, "", p.mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign", extension(map[string]string{"status": versions, "get-signing-certificate": signer, "sign": signature}))
	click(t, ctx, start)
	arrived(t, ctx)
	sent := p.bodies("sign/1/complete")
	if len(sent) < 2 || sent[0] != sent[1] || !strings.Contains(sent[0], `"preparation":"p1"`) {
		t.Errorf("completions = %q, want the same one again", sent)
	}
	if n := len(p.bodies("sign/1/prepare")); n != 1 {
		t.Errorf("prepared %d times, want once", n)
	}
}
