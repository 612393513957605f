package demo

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
)

// axeSource is axe-core, installed beside the module's go.mod by npm.
var axeSource = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	source, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("axe-core is not installed (npm ci): %w", err)
	}
	return string(source), nil
})

// finding is one element that breaks a rule, or that axe-core cannot decide about.
type finding struct{ Rule, Element, Why string }

func (f finding) String() string { return fmt.Sprintf("%s: %s\n%s", f.Rule, f.Element, f.Why) }

// runAxe judges the page by WCAG 2.2 A and AA, EN 301 549, RGAA 4 and best practice.
// target-size, the one rule of WCAG 2.2, has to be switched on. A page that changes while
// it is judged, as one that follows a card does, is judged again: neither of its two
// states was seen.
const runAxe = `(async () => {
  for (let left = 3; ; left--) {
    let changed = false;
    const watch = new MutationObserver(() => { changed = true; });
    watch.observe(document.body, {subtree: true, childList: true, attributes: true});
    const all = await axe.run(document, {
      runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "RGAAv4", "best-practice"]},
      rules: {"target-size": {enabled: true}},
      resultTypes: ["violations", "incomplete"],
    });
    watch.disconnect();
    if (changed && left > 0) continue;
    const list = (found) => found.flatMap((v) => v.nodes.map((n) => ({Rule: v.id, Element: n.html.slice(0, 200), Why: n.failureSummary ?? ""})));
    return JSON.stringify({Violations: list(all.violations), Incomplete: list(all.incomplete)});
  }
})()`

// axe lists what breaks the rules, and what axe-core leaves to people and nobody has
// reviewed.
func (w *window) axe() (troubles []string) {
	w.t.Helper()
	source, err := axeSource()
	if err != nil {
		w.t.Fatal(err)
	}
	w.do("loading axe-core", chromedp.Evaluate[chromedp.Void](source))
	var found struct{ Violations, Incomplete []finding }
	if err := json.Unmarshal([]byte(eval[string](w, runAxe)), &found); err != nil {
		w.t.Fatal(err)
	}
	for _, f := range found.Violations {
		troubles = append(troubles, "breaks "+f.String())
	}
	for _, f := range found.Incomplete {
		if !w.reviewed(f) {
			troubles = append(troubles, "leaves open "+f.String())
		}
	}
	return troubles
}

// reviewed says whether people have looked at what axe-core leaves open.
func (w *window) reviewed(f finding) bool {
	if f.Rule != "color-contrast" {
		return false
	}
	// The system draws text in forced colours on a plate of its own, which axe-core does
	// not know of; a caption of a table is measured against the box around both; text in a
	// drawing stands on paper or on a plate of it, in ink.
	return strings.Contains(w.features, "active") || strings.HasPrefix(f.Element, "<caption") || strings.HasPrefix(f.Element, "<text ")
}

// judge ends in errors for all that troubles finds.
func (w *window) judge(name, lang string) {
	w.t.Helper()
	w.until("the whole page", `document.readyState === "complete"`)                                       // its style sheet too
	eval[bool](w, `Promise.allSettled(document.getAnimations().map((a) => a.finished)).then(() => true)`) // colours at rest
	w.shoot(name, lang)
	for _, trouble := range w.troubles(lang) {
		w.t.Errorf("%s %s", name, trouble)
	}
}

// troubles are those of axe, and what axe-core does not see: one heading of the first
// rank, a title that begins with it, the page's language, nothing wider than the
// window, no key in place of its text, and in no part of the page two links of the same words to different places.
func (w *window) troubles(lang string) []string {
	w.t.Helper()
	return append(w.axe(), eval[[]string](w, fmt.Sprintf(structure, quote(lang), strings.Join(locale.Areas(), "|")))...)
}

const structure = `(() => {
  const troubles = [];
  const heads = [...document.querySelectorAll("h1")];
  if (heads.length !== 1) troubles.push("has " + heads.length + " headings of the first rank");
  const h1 = heads[0]?.textContent.trim();
  if (h1 && !document.title.includes(h1)) troubles.push("has in the title " + document.title + " not the heading " + h1);
  const lang = %s;
  if (lang && document.documentElement.lang !== lang) troubles.push("is in " + document.documentElement.lang);
  if (document.documentElement.scrollWidth > innerWidth) troubles.push("is " + document.documentElement.scrollWidth + " wide in a window of " + innerWidth);
  const key = /(?:^|[\s"'(])((?:%s)\.[a-z0-9][a-z0-9.-]*)/;
  const said = [document.title, document.body.innerText, ...[...document.querySelectorAll("*")].flatMap((at) => ["title", "alt", "aria-label", "placeholder"].map((name) => at.getAttribute(name) ?? ""))];
  for (const text of said) if (key.test(text)) troubles.push("shows the raw key " + text.match(key)[1]);
  const places = new Map();
  for (const link of document.querySelectorAll("a[href]")) {
    if (!link.checkVisibility()) continue;
    const words = (link.closest("section")?.querySelector("h2")?.textContent ?? "") + " / " + link.textContent.replace(/\s+/g, " ").trim();
    if (places.has(words) && places.get(words) !== link.href) troubles.push("has two links that say " + words + ": " + link.href + ", " + places.get(words));
    places.set(words, link.href);
  }
  return troubles;
})()`

// What judges the pages does see faults: each of these is planted in a page that has
// none.
func TestBrowserJudgeSees(t *testing.T) {
	w := onStage(t).window(t)
	for _, fault := range []struct{ name, plant, word string }{
		{"no label", `document.querySelector("main").append(document.createElement("input"))`, "label"},
		{"pale text", `document.querySelector("h1").attributeStyleMap.set("color", "#ddd")`, "color-contrast"},
		{"small targets", `for (const name of "abc") { const b = document.createElement("button"); b.textContent = name; for (const [k, v] of [["width", "9px"], ["height", "9px"], ["padding", "0"], ["min-height", "0"]]) b.attributeStyleMap.set(k, v); document.querySelector("main").append(b) }`, "target-size"},
		{"another language", `document.documentElement.lang = "fi"`, "is in fi"},
		{"two headings", `document.querySelector("main").append(document.createElement("h1"))`, "headings"},
		{"too wide", `document.querySelector("h1").attributeStyleMap.set("min-width", "5000px")`, "wide"},
		{"a raw key", `document.querySelector("h1").append(" help.card.title")`, "raw key help.card.title"},
		{"a raw key that is only heard", `document.querySelector("main").setAttribute("title", "page.menu")`, "raw key page.menu"},
		{"links of the same words", `for (const at of document.querySelectorAll("footer a")) at.textContent = "x"`, "two links"},
	} {
		w.visit("/en/help")
		w.run(fault.plant)
		if found := strings.Join(w.troubles("en"), "\n"); !strings.Contains(found, fault.word) {
			t.Errorf("%s goes unseen: %q", fault.name, found)
		}
	}
	w.expectComplaint("Content Security Policy")
	w.visit("/en/help")
	w.run(`document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", href: "http://127.0.0.1:1/x.css"}))`)
	if !w.complained("style-src") {
		t.Error("a breach of the content security policy goes unseen")
	}
}
