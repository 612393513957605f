package page_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"guichet.example/portal/page"
	"guichet.example/portal/web"
)

// shots is a folder for pictures of the gallery, to be looked at; none are made without it.
var shots = flag.String("shots", "", "write screenshots of the gallery to this folder")

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self' http://127.0.0.1:*; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// counter serves the gallery below /fr/ as the portal would.
func counter(t *testing.T, agent string, extra func(*http.ServeMux)) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/static/", web.Handler())
	mux.Handle("/brand.css", page.DefaultBrand())
	for path, component := range gallery(agent) {
		mux.HandleFunc("GET /fr/"+path, func(w http.ResponseWriter, r *http.Request) {
			var b bytes.Buffer
			if err := component.Render(r.Context(), &b); err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(b.Bytes())
		})
	}
	if extra != nil {
		extra(mux)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// chromium is the one that all tests of this package share, but those that need flags of
// their own.
var chromium = sync.OnceValues(func() (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath("/usr/bin/chromium"))
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	closeChromium = func() { _ = chromedp.Cancel(ctx) } // removes its profile, too
	return ctx, chromedp.Do(ctx)
})

// closeChromium is called when all tests have run.
var closeChromium = func() {}

// browser returns a context of one tab, and the errors of its console. Its cookies and
// what it stores are its own.
func browser(t *testing.T) (context.Context, func() []string) {
	t.Helper()
	parent, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	console := chromedp.Console(ctx)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	messages := make(chan string, 1000)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			if s := m.String(); strings.Contains(strings.ToLower(s), "error") || m.IsException() {
				messages <- s
			}
		}
	}()
	return ctx, func() (list []string) {
		for {
			select {
			case m := <-messages:
				list = append(list, m)
			default:
				return list
			}
		}
	}
}

func media(media string, features ...string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		params := emulation.SetEmulatedMediaParams{Media: media}
		for i := 0; i < len(features); i += 2 {
			params.Features = append(params.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
		}
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, params)
		return chromedp.Void{}, err
	}
}

type setting struct {
	name     string
	width    int64
	media    string
	features []string
}

// settings are the circumstances in which every page is looked at.
var settings = []setting{
	{"1280", 1280, "", nil},
	{"360", 360, "", nil},
	{"320", 320, "", nil},
	{"1280-dark", 1280, "", []string{"prefers-color-scheme", "dark"}},
	{"360-dark", 360, "", []string{"prefers-color-scheme", "dark"}},
	{"1280-forced", 1280, "", []string{"forced-colors", "active"}},
	{"print", 740, "print", nil},
}

// axeRules are the tags of axe-core that hold for every page, and target-size, which
// is off by default.
const axeRules = `axe.run(document, {runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "RGAAv4", "best-practice"]},
	rules: {"target-size": {enabled: true}}, resultTypes: ["violations"]})
	.then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160) + " " + n.failureSummary).join(" | "))))`

// TestGallery looks at every page in every setting: nothing wider than the window, no
// message in the console, no violation that axe-core finds.
func TestGallery(t *testing.T) {
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is missing (npm ci): %v", err)
	}
	server := counter(t, "", nil)
	paths := slices.Sorted(maps.Keys(gallery("")))
	for i, half := range [][]string{paths[:len(paths)/2], paths[len(paths)/2:]} { // a core each
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			ctx, messages := browser(t)
			for _, path := range half {
				for _, s := range settings {
					inspect(t, ctx, server.URL, path, s, axe)
				}
			}
			for _, m := range messages() {
				t.Errorf("console: %s", m)
			}
		})
	}
}

// inspect looks at a page in one setting.
func inspect(t *testing.T, ctx context.Context, origin, path string, s setting, axe []byte) {
	t.Helper()
	err := chromedp.Do(ctx, chromedp.EmulateViewport(s.width, 900), media(s.media, s.features...), chromedp.Navigate(origin+"/fr/"+path))
	if err != nil {
		t.Fatal(err)
	}
	width, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
	if err != nil {
		t.Fatal(err)
	}
	if width > s.width {
		t.Errorf("%s at %s is %d px wide", path, s.name, width)
	}
	for _, violation := range violations(t, ctx, axe, s.media) {
		t.Errorf("%s at %s: %s", path, s.name, violation)
	}
	shoot(t, ctx, strings.ReplaceAll(path, "/", "-")+"-"+s.name)
}

func violations(t *testing.T, ctx context.Context, axe []byte, media string) (list []string) {
	t.Helper()
	if media == "print" {
		return nil
	}
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](string(axe))); err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](axeRules, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(fmt.Errorf("%w: %s", err, text))
	}
	return list
}

func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	take, ending := chromedp.FullScreenshot(100), ".png"
	if strings.HasSuffix(name, "-print") {
		take, ending = onPaper, ".pdf"
	}
	picture, err := chromedp.Run(ctx, take)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+ending), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// onPaper prints the page as the browser would, on A4.
func onPaper(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
	printed, err := cdp.Call(ctx, tab, cdppage.PrintToPDF, cdppage.PrintToPDFParams{
		PaperWidth: 8.27, PaperHeight: 11.69, PreferCSSPageSize: new(true)})
	return printed.Data, err
}
