package demo

import (
	"fmt"
	"strings"
	"testing"

	"guichet.example/portal/feature"
)

// without starts the counter anew for a mutuality that does without some features, until
// the test ends. Sessions go on.
func (s *stage) without(t *testing.T, off feature.Off) {
	t.Helper()
	had := s.cfg
	s.cfg.Off = off
	s.closePortal()
	s.openPortal(t)
	t.Cleanup(func() {
		s.cfg = had
		s.closePortal()
		s.openPortal(t)
	})
}

// menuHas are the places of the menu whatever is off.
var menuHas = []string{"home", "cover", "refunds", "documents", "requests"}

// A mutuality that does without much: on a narrow screen no page keeps a place for what is
// not there, no heading stands over nothing, nothing leads to what is gone, the menu is
// whole, and the rules of accessibility hold.
func TestBrowserWithoutFeatures(t *testing.T) {
	s := onStage(t)
	f := s.filled(t)
	s.everything(t, "Inès Collard")
	member, officer := s.window(t), s.window(t)
	member.signIn("mathieu", "fr")
	officer.toOffice("ines", "fr")
	p := officer.settleIn()
	for _, run := range []struct {
		name, lang string
		off        feature.Off
	}{
		{"small", "fr", feature.Off{feature.Labels, feature.Envelopes, feature.IncapacityForm, feature.TravelPapers, feature.YouthSavings,
			feature.Agreements, feature.Indemnities, feature.Receipts, feature.Papers, feature.Messages, feature.Doctors, feature.Kiosks}},
		{"bare", "de", feature.All()},
	} {
		t.Run(run.name, func(t *testing.T) {
			s.without(t, run.off)
			s.window(t).lacks(run.off, publicStops, run.lang, f)
			m := member.beside(t)
			m.lacks(run.off, memberStops, run.lang, f)
			m.menu(run.lang)
			officer.beside(t).lacks(run.off, officeStops(p), run.lang, f)
		})
	}
}

// lacks sees every page that is left of the stops, and that those which are gone are pages
// of nothing.
func (w *window) lacks(off feature.Off, stops []stop, lang string, f filled) {
	w.t.Helper()
	w.size(320, 800)
	base, gone := "/"+lang+"/", ""
	for _, stop := range stops {
		_, route, _ := strings.Cut(stop.route, " ")
		if off.Closes(route) {
			if !strings.Contains(route, ":") {
				gone = route
			}
			continue
		}
		stop.way(w, base, f)
		w.judge("without, "+stop.name, lang)
		for _, hole := range w.holes() {
			w.t.Errorf("%s: %s", stop.name, hole)
		}
		for _, to := range eval[[]string](w, `[...document.querySelectorAll("a[href], [formaction], form[action]")].map((at) => new URL(at.href || at.formAction || at.action))
			.filter((to) => to.origin === location.origin).map((to) => to.pathname + to.search)`) {
			if len(to) > len(base) && off.Closes(to[len(base):]) {
				w.t.Errorf("%s leads to %s, which is off", stop.name, to)
			}
		}
	}
	if gone == "" {
		return
	}
	w.expectComplaint("404")
	if status := w.visit(base + gone); status != 404 {
		w.t.Errorf("%s is off and answers %d", gone, status)
	}
	w.judge("without, what is gone", lang)
}

// menu opens the menu of a narrow screen and follows each of its entries.
func (w *window) menu(lang string) {
	w.t.Helper()
	base := "/" + lang + "/"
	for i, place := range menuHas {
		w.visit(base + "account")
		if w.text(".main-nav") != "" {
			w.t.Error("the menu is open before anybody asks for it")
		}
		w.click(".menu-link")
		w.until("the menu", `document.querySelector(".main-nav").checkVisibility()`)
		if i == 0 {
			w.judge("without, the menu", lang)
		}
		if n := eval[int](w, `document.querySelectorAll(".main-nav a").length`); n != len(menuHas) {
			w.t.Errorf("the menu has %d entries, want %d", n, len(menuHas))
		}
		w.leave(func() { w.click(fmt.Sprintf(`.main-nav a[href=%q]`, base+place)) })
		w.at(place)
		if current := eval[string](w, `document.querySelector(".main-nav [aria-current=page]").getAttribute("href")`); current != base+place {
			w.t.Errorf("at %s the menu says %s", place, current)
		}
	}
}

// holes lists the places of a page that show nothing: a part that takes room, or is told by
// readers of screens, and has neither words nor a picture, and a heading with nothing under it before the next of its
// rank. What is folded away counts as something.
func (w *window) holes() []string {
	w.t.Helper()
	return eval[[]string](w, `(() => {
  const holes = [], things = "svg, img, input, select, textarea, button, hr, progress, video";
  const folded = (at) => at.closest("details:not([open])") !== null;
  const shows = (at) => at.checkVisibility() || folded(at);
  const said = (at) => at.textContent.trim() !== "" || at.matches(things) || at.querySelector(things) !== null;
  const named = (at) => at.tagName.toLowerCase() + (at.className ? "." + at.className : "") + " in " + (at.closest("section, nav, main, footer, header")?.textContent.trim().slice(0, 60) ?? "");
  for (const at of document.querySelectorAll("section, nav, aside, div, p, ul, ol, dl, li, dt, dd, table, tbody, tr, form, fieldset, details, h1, h2, h3, h4")) {
    if (at.checkVisibility() && (at.getBoundingClientRect().height > 0 || at.matches("li, tr, section, h1, h2, h3, h4")) && !said(at)) holes.push("an empty " + named(at));
  }
  const heads = [...document.querySelectorAll("h1, h2, h3, h4")].filter(shows);
  for (const [i, head] of heads.entries()) {
    const next = heads[i + 1];
    if (next && next.tagName > head.tagName) continue; // stands over parts of its own
    const range = document.createRange();
    range.setStartAfter(head);
    const end = head.closest("main, footer, header, dialog") ?? document.body;
    if (next && end.contains(next)) range.setEndBefore(next); else range.setEndAfter(end);
    const under = document.createTreeWalker(end, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    let found = false;
    for (let node = under.nextNode(); node && !found; node = under.nextNode()) {
      const at = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      found = range.intersectsNode(node) && !head.contains(node) && shows(at) &&
        (node.nodeType === Node.TEXT_NODE ? node.data.trim() !== "" : node.matches(things));
    }
    if (!found) holes.push("nothing under " + head.tagName + " " + head.textContent.trim());
  }
  return holes;
})()`)
}

// What looks for holes does see them.
func TestBrowserHolesAreSeen(t *testing.T) {
	w := onStage(t).window(t)
	plant := func(parts string) string {
		w.visit("/fr/help")
		if holes := w.holes(); len(holes) > 0 {
			t.Fatalf("a page without holes has %q", holes)
		}
		w.run(`{ const part = (name, ...inside) => { const at = document.createElement(name); at.append(...inside); return at };
			document.querySelector("main").append(` + parts + `) }`)
		return strings.Join(w.holes(), "\n")
	}
	for _, fault := range []struct{ parts, want string }{
		{`part("section", part("h2", "Rien"))`, "nothing under H2 Rien"},
		{`part("h2", "Un"), part("h2", "Deux"), part("p", "Texte")`, "nothing under H2 Un"},
		{`part("h2", "Rang"), part("h3", "Dessous"), part("ul")`, "nothing under H3 Dessous"},
		{`part("h2", "Caché"), Object.assign(part("p", "Texte"), {hidden: true})`, "nothing under H2 Caché"},
		{`Object.assign(part("div"), {className: "panel"})`, "an empty div.panel"},
		{`part("ul", part("li", "Texte"), part("li"))`, "an empty li"},
	} {
		if found := plant(fault.parts); !strings.Contains(found, fault.want) {
			t.Errorf("%s goes unseen: %q", fault.parts, found)
		}
	}
	if found := plant(`part("h2", "Plié"), part("details", part("summary", "Plus"), part("p", "Texte"))`); found != "" {
		t.Errorf("what is folded away counts as nothing: %s", found)
	}
}
