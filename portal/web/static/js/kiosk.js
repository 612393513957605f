// Every page at a kiosk: follows the card, watches for a person who left, keeps the larger
// contrast, and on the screen between people has the agent say that this is its browser.
//
// What ends here has ended or will end on the server too: the agent tells the portal of a
// card that came out, and a session that nobody touches is over there by itself. The
// script only shows it.
//
// No page is left before the portal answers: a browser that finds nobody shows a page of
// its own, and at a kiosk nobody could leave that.

import { Agent } from "./agent.js";

const page = document.getElementById("kiosk");
const { screen, binding, idle, warning, silence, stay, enter, home } = page.dataset;
const someone = "someone" in page.dataset;
const signed = "signed" in page.dataset;
const agent = page.dataset.agent ? new Agent(page.dataset.agent) : null;
const main = document.getElementById("main");
const lookEvery = 2000; // ms
const touchEvery = 20000; // ms: how often a touch is told to the portal
const answerTime = 3000; // ms until the portal counts as away
const outTime = 15000; // ms that the goodbye is shown

const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));

// cover hides the page behind the word that there is no connection.
const away = document.getElementById("offline");
function cover(on) {
  if (away.hidden !== on) return;
  away.hidden = !on;
  for (const part of page.children) if (part !== away) part.inert = on;
}

// reach says whether the portal answers.
async function reach() {
  try {
    return (await fetch(import.meta.url, { cache: "no-store", signal: AbortSignal.timeout(answerTime) })).ok;
  } catch {
    return false;
  }
}

// leave does what opens another page once the portal answers.
async function leave(go) {
  while (!(await reach())) {
    cover(true);
    await wait(lookEvery / 2);
  }
  go();
}

let moving = false;
function move(address) {
  if (moving || ending) return;
  moving = true;
  leave(() => ending || window.location.replace(address));
}

// end leaves nobody signed in, and forgets the page: the answer to the form clears what
// the browser kept.
let ending = false;
function end(why) {
  if (ending) return;
  ending = true;
  main.replaceChildren(); // the screen is blank at once
  const form = document.getElementById("end");
  form.elements.end.value = why;
  leave(() => form.submit());
}

// A page that the browser kept would show the person before.
window.addEventListener("pageshow", ({ persisted }) => persisted && window.location.reload());

// What a person touches waits for the portal too.
window.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (event.defaultPrevented || !link || link.target || link.origin !== window.location.origin || link.hash) return;
  event.preventDefault();
  leave(() => ending || window.location.assign(link.href));
});
let passed = null; // the form that may go
window.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || passed === form) return;
  event.preventDefault();
  leave(() => {
    if (ending) return;
    passed = form;
    form.requestSubmit(submitter);
    passed = null;
  });
});

// contrast is the choice of who stands there, until she leaves.
function contrast() {
  const button = page.querySelector('[data-do="contrast"]');
  const set = (on) => {
    document.documentElement.toggleAttribute("data-contrast", on);
    button.setAttribute("aria-pressed", String(on));
    if (on && screen !== "out") sessionStorage.setItem("contrast", "1");
    else sessionStorage.removeItem("contrast");
  };
  button.hidden = false;
  button.addEventListener("click", () => set(!document.documentElement.hasAttribute("data-contrast")));
  set(sessionStorage.getItem("contrast") === "1");
}

// watchCard goes to the PIN when a card comes in, and ends when it comes out.
// After a goodbye the card that is still in is the one of who left: it begins nothing. One
// that is in after a goodbye to who took hers is somebody else's.
let seen = false; // a card was in while this page is shown
let empty = new URLSearchParams(window.location.search).get("end") === "card"; // and none, or just before
function watchCard({ state }) {
  switch (state) {
    case "card_ready":
      seen = true;
      if (screen === "idle" || (screen === "out" && empty)) move(enter);
      return;
    case "no_card": case "no_reader": case "card_removed":
      empty = true;
      if (someone && (signed || seen || state === "card_removed")) end("card");
      else if (someone || (screen === "out" && seen)) move(home); // by the back button, with nobody there
  }
}

// bind has the agent tell the portal that this browser is the kiosk's own.
async function bind() {
  try {
    const response = await fetch(agent.origin + "/v1/kiosk/bind", {
      method: "POST", body: JSON.stringify({ browser: binding }), headers: { "Content-Type": "application/json" },
      credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
    });
    if (response.ok) move(home);
  } catch {
    // no agent yet
  }
}

async function ask() {
  try {
    const response = await fetch(agent.origin + "/v1/kiosk", { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(answerTime) });
    if (response.ok) return await response.json();
  } catch {
    // the agent is gone: nobody's card can be used
  }
  return { online: false };
}

// look asks the agent how the kiosk stands: whether the portal hears it, and takes it for
// the machine it was.
let lost = 0; // since when the portal does not hear of the kiosk; 0: it does
async function look() {
  const status = await ask();
  const greeting = document.querySelector("[data-greeting]");
  if (greeting?.hidden && status.holder) {
    greeting.textContent = greeting.dataset.greeting.replace("{name}", status.holder);
    greeting.hidden = false;
  }
  const stopped = ["suspended", "revoked", "unknown"].includes(status.state); // its browser is nobody's
  if (ending || screen === "unbound") {
    if (screen === "unbound" && status.online && !stopped) await bind();
    return;
  }
  if (!status.online) {
    lost ||= Date.now();
    cover(screen !== "offline");
    if (someone && Date.now() - lost > Number(silence) * 1000) end("over"); // the session is over by now
    return;
  }
  const back = lost > 0;
  lost = 0;
  if (stopped) return someone ? end("over") : move(home);
  if (screen === "offline" || (back && screen)) return move(home);
  if (back && signed && !(await tell())) return;
  cover(false);
}

// tell says to the portal that somebody is there; false: not any more, for the portal.
async function tell() {
  try {
    const response = await fetch(stay, { method: "POST", body: "{}", headers: { "Content-Type": "application/json" }, redirect: "manual" });
    if (response.status !== 401) return true;
    end("idle");
    return false;
  } catch {
    return true; // the line is down: said elsewhere
  }
}

// watchPerson asks who has not touched anything for a while whether she is still there.
// While the PIN page is before this one it is that page's to watch.
function watchPerson() {
  const box = document.getElementById("still");
  const count = box.querySelector(".count");
  let last = Date.now();
  let told = last;
  const touched = () => {
    if (!box.hidden) return; // only its own button answers the question
    last = Date.now();
    if (!signed || last - told <= touchEvery) return;
    told = last;
    tell();
  };
  for (const event of ["pointerdown", "keydown", "scroll"]) window.addEventListener(event, touched, { passive: true, capture: true });
  document.addEventListener("visibilitychange", touched);
  box.querySelector("button").addEventListener("click", () => {
    box.hidden = true;
    main.inert = false;
    last = told = Date.now();
    if (signed) tell();
  });
  setInterval(() => {
    if (document.hidden) return;
    const quiet = (Date.now() - last) / 1000 - Number(idle);
    if (quiet >= Number(warning)) return end("idle");
    if (quiet < 0) return;
    if (box.hidden) {
      box.hidden = false;
      main.inert = true;
      box.querySelector("button").focus();
    }
    count.textContent = String(Math.ceil(Number(warning) - quiet));
  }, 250);
}

contrast();
if (agent) {
  agent.follow(watchCard);
  look();
  setInterval(look, lookEvery);
}
if (someone) watchPerson();
if (screen === "out") setTimeout(() => seen && !empty || move(home), outTime);
if (someone && page.querySelector('#card[data-card="signin"]')) {
  page.querySelector('#card [data-do="start"]:not([hidden])')?.click();
}
