// Every page at a kiosk: follows the card, watches for a person who left, keeps the larger
// contrast, and on the screen between people has the agent say that this is its browser.
//
// What ends here has ended or will end on the server too: the agent tells the portal of a
// card that came out, and a session that nobody touches is over there by itself. The
// script only shows it.

import { Agent } from "./agent.js";

const page = document.getElementById("kiosk");
const { screen, binding, idle, warning, stay, card, home } = page.dataset;
const someone = "someone" in page.dataset;
const signed = "signed" in page.dataset;
const agent = page.dataset.agent ? new Agent(page.dataset.agent) : null;
const lookEvery = 2000; // ms
const touchEvery = 20000; // ms: how often a touch is told to the portal

// end leaves nobody signed in, and forgets the page: the answer to the form clears what
// the browser kept.
let ending = false;
function end(why) {
  if (ending) return;
  ending = true;
  document.getElementById("main").hidden = true; // the screen is blank at once
  const form = document.getElementById("end");
  form.elements.end.value = why;
  form.submit();
}

// A page that the browser kept would show the person before.
window.addEventListener("pageshow", ({ persisted }) => persisted && window.location.reload());

function contrast() {
  const button = page.querySelector('[data-do="contrast"]');
  const set = (on) => {
    document.documentElement.toggleAttribute("data-contrast", on);
    button.setAttribute("aria-pressed", String(on));
    sessionStorage.setItem("contrast", on ? "1" : "");
  };
  button.hidden = false;
  button.addEventListener("click", () => set(!document.documentElement.hasAttribute("data-contrast")));
  set(sessionStorage.getItem("contrast") === "1");
}

// watchCard goes to the PIN when a card comes in, and ends when it comes out.
let seen = false; // a card was in while this page is shown
function watchCard({ state }) {
  switch (state) {
    case "card_ready":
      seen = true;
      if (screen === "idle" || screen === "out") window.location.replace(card);
      return;
    case "no_card": case "no_reader": case "card_removed":
      if (someone && (signed || seen || state === "card_removed")) end("card");
      else if (screen === "out" && seen) window.location.replace(home);
  }
}

// bind has the agent tell the portal that this browser is the kiosk's own.
async function bind() {
  try {
    const response = await fetch(agent.origin + "/v1/kiosk/bind", {
      method: "POST", body: JSON.stringify({ browser: binding }), headers: { "Content-Type": "application/json" },
      credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
    });
    if (response.ok) window.location.replace(home);
  } catch {
    // no agent yet
  }
}

// look asks the agent how the kiosk stands: whether the portal hears it.
let online = true;
async function look() {
  let status = { online: false };
  try {
    const response = await fetch(agent.origin + "/v1/kiosk", { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" });
    if (response.ok) status = await response.json();
  } catch {
    // the agent is gone: nobody's card can be used
  }
  const greeting = document.querySelector("[data-greeting]");
  if (greeting?.hidden && status.holder) {
    greeting.textContent = greeting.dataset.greeting.replace("{name}", status.holder);
    greeting.hidden = false;
  }
  document.getElementById("offline").hidden = status.online || screen === "unbound"; // no kiosk, nothing lost
  if (status.online && (!online || screen === "unbound" || screen === "offline")) {
    if (binding && screen === "unbound") await bind();
    else if (screen) window.location.replace(home);
  }
  online = status.online;
}

// watchPerson asks who has not touched anything for a while whether she is still there.
function watchPerson() {
  const box = document.getElementById("still");
  const count = box.querySelector(".count");
  let last = Date.now();
  let told = last;
  const tell = async () => {
    told = Date.now();
    try {
      const response = await fetch(stay, { method: "POST", body: "{}", headers: { "Content-Type": "application/json" }, redirect: "manual" });
      if (response.status === 401) end("idle");
    } catch {
      // the line is down: said elsewhere
    }
  };
  const touched = () => {
    if (!box.hidden) return; // only its own button answers the question
    last = Date.now();
    if (signed && last - told > touchEvery) tell();
  };
  for (const event of ["pointerdown", "keydown", "scroll"]) window.addEventListener(event, touched, { passive: true, capture: true });
  box.querySelector("button").addEventListener("click", () => {
    box.hidden = true;
    last = Date.now();
    if (signed) tell();
  });
  setInterval(() => {
    const quiet = (Date.now() - last) / 1000 - Number(idle);
    if (quiet >= Number(warning)) return end("idle");
    if (quiet < 0) return;
    if (box.hidden) {
      box.hidden = false;
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
if (screen === "out") setTimeout(() => window.location.replace(home), 15000);
if (someone && page.querySelector('#card[data-card="signin"]')) {
  page.querySelector('#card [data-do="start"]:not([hidden])')?.click();
}
