package demo

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// shots is a folder for pictures of every page that the tests look at, wide and as on
// a telephone, for people to look at too:
//
//	go test ./cmd/guichet/demo -run Browser -shots DIR
var shots = flag.String("shots", "", "write a picture of every page judged to this folder")

const telephone = 360 // CSS pixels

// shoot takes the whole page, and in an ordinary window a second time as wide as a
// telephone.
func (w *window) shoot(name, lang string) {
	w.t.Helper()
	if *shots == "" {
		return
	}
	w.picture(name, lang)
	if wide := w.width; wide == desk && w.features == "" {
		w.size(telephone, 800)
		w.picture(name, lang)
		w.size(wide, 900)
	}
}

func (w *window) picture(name, lang string) {
	w.t.Helper()
	png, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		w.fail("taking a picture: %v", err)
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		w.t.Fatal(err)
	}
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("/,: ", r) {
			return '-'
		}
		return r
	}, fmt.Sprintf("%s-%s-%d%s.png", name, lang, w.width, w.features))
	if err := os.WriteFile(filepath.Join(*shots, plain), png, 0o644); err != nil {
		w.t.Fatal(err)
	}
}
