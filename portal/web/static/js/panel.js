// The card panel: which of the states that the server wrote into the page is to be
// seen and heard. All words are in the page; nothing here writes HTML.

const heading = "h2";

// say puts the server's sentence in the place of ours and keeps the good news strong.
function say(paragraph, text) {
  const strong = paragraph.querySelector("strong");
  const at = strong ? text.indexOf(strong.textContent) : -1;
  if (at < 0) {
    paragraph.textContent = text;
    return;
  }
  paragraph.replaceChildren(text.slice(0, at), strong, text.slice(at + strong.textContent.length));
}

export class Panel {
  constructor(element) {
    this.element = element;
    this.data = element.dataset;
    this.status = element.querySelector("[role=status]");
    this.alert = element.querySelector("[role=alert]");
    this.part = 0;
    this.title = document.title;
    this.slots = { code: this.data.code, name: this.data.name };
    this.state = this.status.querySelector("[data-state]")?.dataset.state;
  }

  // has says whether the page has words for a state.
  has(state) {
    return this.#block(state) !== null;
  }

  #block(state) {
    return this.element.querySelector(`[data-states] [data-state="${CSS.escape(state)}"]`);
  }

  // show puts a state into the panel. details: text (the server's sentence, in place of
  // ours), next (address to go on), pin (address of the PIN page), start (the start
  // button stays), and values for the slots: code, n, v, w, time.
  show(state, details = {}) {
    const { text, next, pin, start, ...slots } = details;
    const source = this.#block(state) || this.#block("technical");
    const block = source.cloneNode(true);
    const { kind, part, picture, shows = "", aloud } = block.dataset;
    Object.assign(this.slots, slots);
    this.state = block.dataset.state;
    this.part = Number(part) || this.part;
    this.element.dataset.kind = kind;

    if (text && !("own" in block.dataset)) say(block.querySelector("p"), text);
    const failed = kind === "fail";
    const had = this.element.contains(document.activeElement);
    (failed || aloud ? this.status : this.alert).replaceChildren();
    (failed || aloud ? this.alert : this.status).replaceChildren(block);
    document.title = failed ? this.data.errorTitle + this.title : this.title;

    this.#rail(kind);
    for (const drawing of this.element.querySelectorAll("[data-picture]:not([data-state])")) {
      drawing.hidden = drawing.dataset.picture !== picture;
    }
    this.#extras(shows.split(" "), { next, pin, start });
    this.#fill();
    const gone = !this.element.contains(document.activeElement) || document.activeElement.closest("[hidden]");
    if (had && gone) block.querySelector(heading).focus();
  }

  // #rail marks the four parts: done, now (or failed), next.
  #rail(kind) {
    this.element.querySelectorAll("[data-rail]").forEach((item, i) => {
      const here = i + 1 === this.part && kind !== "done";
      const state = kind === "done" || i + 1 < this.part ? "done" : !here ? "next" : kind === "fail" ? "failed" : "now";
      item.dataset.rail = state;
      item.toggleAttribute("aria-current", here);
      if (here) item.setAttribute("aria-current", "step");
      for (const word of item.querySelectorAll("[data-word]")) word.hidden = word.dataset.word !== state;
    });
  }

  // #extras shows what belongs to the state: buttons, the time limit, the questions.
  #extras(shown, { next, pin, start }) {
    const names = new Set(shown);
    if (!this.slots.digest) names.delete("digest");
    if (next) {
      names.delete("retry");
      names.add("next");
    }
    if (pin) names.add("pin");
    if (start) names.add("start");
    for (const extra of this.element.querySelectorAll("[data-extra]")) extra.hidden = !names.has(extra.dataset.extra);
    const link = (name, address) => {
      if (address) this.element.querySelector(`a[data-link="${name}"]`).href = address;
    };
    link("next", next);
    link("pin", pin);
  }

  // #fill puts codes, versions and times where the texts have room for them.
  #fill() {
    for (const slot of this.element.querySelectorAll("[data-slot]")) {
      if (slot.closest("[data-states]")) continue;
      slot.textContent = this.slots[slot.dataset.slot] ?? "";
    }
    const help = this.element.querySelector('a[data-link="help"]');
    if (help && this.slots.code) help.href = this.data.help + "?code=" + encodeURIComponent(this.slots.code);
  }

  // ask adds the question what happened, for who stopped in a window we cannot see.
  ask() {
    this.element.querySelector("[data-extra=after]").hidden = false;
  }

  // digest notes what is to be signed (base64), for the person to compare with the PIN
  // page: the first eight bytes in four groups, as the agent writes them. "" for none.
  digest(base64) {
    const bytes = Array.from(atob(base64).slice(0, 8), (c) => c.charCodeAt(0).toString(16).padStart(2, "0"));
    this.slots.digest = bytes.join("").toUpperCase().replace(/(.{4})(?=.)/g, "$1\u00a0");
  }

  // date writes a day in full, as the server does: "21 novembre 2026".
  date(time) {
    const lang = this.data.lang === "en" ? "en-GB" : this.data.lang;
    const text = new Intl.DateTimeFormat(lang, { day: "numeric", month: "long", year: "numeric", timeZone: "Europe/Brussels" }).format(time);
    return (lang === "fr" ? text.replace(/^1 /, "1er ") : text).replaceAll(" ", "\u00a0");
  }

  // clock writes a time of day as the language of the page does.
  clock(time) {
    const minutes = String(time.getMinutes()).padStart(2, "0");
    return this.data.time.replace("{h}", time.getHours()).replace("{m}", minutes);
  }
}
