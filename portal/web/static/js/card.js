// The card page: finds what speaks to the card (the loopback agent or the Web eID
// extension), runs the sign-in or the signature against the portal, and shows on the
// panel where it stands.
//
//	sign-in: challenge -> authenticate -> token -> next page
//	sign:    certificate -> prepare -> sign -> complete -> next page

import { Agent, AgentError } from "./agent.js";
import { Panel } from "./panel.js";
import { Problem, insist, post } from "./portal.js";
import * as webeid from "./webeid.js";

const personTime = 4 * 60 * 1000; // ms to type the PIN; the nonce lives five minutes
const askTime = 1000; // ms after which a question of the browser's is mentioned
const agentMajor = "1"; // of the agent's protocol

// statesOf names the panel's state for each code of Web eID. The rest is technical.
const statesOf = {
  ERR_WEBEID_USER_CANCELLED: "cancelled",
  ERR_WEBEID_USER_TIMEOUT: "timeout",
  ERR_WEBEID_ACTION_TIMEOUT: "timeout",
  ERR_WEBEID_ACTION_PENDING: "other_tab",
  ERR_WEBEID_NATIVE_UNAVAILABLE: "agent_missing",
  ERR_WEBEID_VERSION_MISMATCH: "agent_old",
  ERR_WEBEID_VERSION_INVALID: "agent_old",
  ERR_WEBEID_CONTEXT_INSECURE: "insecure",
};

// wrongPIN is the state for a wrong PIN with so many tries left; -1 is not known.
const wrongPIN = (tries) => (tries === 1 ? "pin_wrong_last" : tries > 1 ? "pin_wrong" : "pin_wrong_unknown");

// On Chromium a missing program shows up as a missing extension.
const chromium = navigator.userAgentData?.brands.some(({ brand }) => brand === "Chromium") ?? /Chrom(e|ium)\//.test(navigator.userAgent);

// At a kiosk the PIN page fills the screen, and the machine's policies let it open.
const kiosk = document.getElementById("kiosk") !== null;

// A page from this machine reaches the agent without the browser asking.
const nearby = /^(localhost|127\.[\d.]+|\[::1\])$/.test(window.location.hostname);

// loopback is what the browser lets this page do on the member's own machine: "granted",
// "denied", "prompt" (it may ask, or not need to), "" where it has no such rule (Local
// Network Access, Chromium 142 and later).
async function loopback() {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      return (await navigator.permissions.query({ name })).state;
    } catch {
      // not known by that name
    }
  }
  return "";
}

// The extension's window says where card and PIN stand; we only know that it is open.
class Extension {
  #options;
  constructor(lang, told) {
    this.#options = { lang, userInteractionTimeout: personTime };
    this.told = told;
  }
  async authenticate(nonce) {
    this.told({ state: "pin_window" });
    return webeid.authenticate(nonce, this.#options);
  }
  async certificate() {
    this.told({ state: "cert_window" });
    return webeid.getSigningCertificate(this.#options);
  }
  async sign(certificate, hash, hashFunction) {
    this.told({ state: "pin_window" });
    return webeid.sign(certificate, hash, hashFunction, this.#options);
  }
}

// The agent tells by events; it is asked in the same words.
class Local {
  constructor(agent, lang, signal) {
    Object.assign(this, { agent, lang, signal });
  }
  authenticate(nonce) {
    return this.agent.authenticate(nonce, this.lang, this.signal);
  }
  certificate() {
    return this.agent.getSigningCertificate(this.lang, this.signal);
  }
  sign(certificate, hash, hashFunction) {
    return this.agent.sign(certificate, hash, hashFunction, this.lang, this.signal);
  }
}

class CardPage {
  constructor(element) {
    this.panel = new Panel(element);
    this.data = element.dataset;
    this.agent = this.data.agent ? new Agent(this.data.agent) : null;
    this.ready = this.data.card === "sign" ? "ready-sign" : "ready-signin";
    this.run = null; // AbortController of what is under way
    element.addEventListener("click", (event) => this.#clicked(event));
    this.panel.show(this.ready);
    if (this.agent) this.#watch();
  }

  // #watch follows the card before anything is asked, so that the panel can say what
  // is missing; during a run it passes on the agent's events. Where the browser would ask
  // the member first, that waits until she starts.
  async #watch() {
    if (!nearby && (await loopback()) === "prompt") return;
    try {
      await this.agent.status();
      await this.#follow();
    } catch {
      // said when the member starts
    }
  }

  // #follow listens to the agent once, and returns when it does.
  #follow() {
    this.following ??= this.agent.follow((event) => (this.run ? this.#told(event) : this.#presence(event.state)));
    return this.following;
  }

  #presence(state) {
    const waiting = [this.ready, "no_card", "no_reader"].includes(this.panel.state);
    if (!waiting || this.panel.element.dataset.kind === "fail") return;
    const shown = { no_card: "no_card", card_removed: "no_card", no_reader: "no_reader", card_ready: this.ready }[state];
    if (shown && shown !== this.panel.state) this.panel.show(shown, { start: true });
  }

  #told({ state, tries, pinURL }) {
    const pin = pinURL ? this.agent.pinPage(pinURL, kiosk) : "";
    switch (state) {
      case "idle": case "card_removed": case "pin_blocked": case "no_sign_cert": case "cert_expired": case "timeout": case "cancelled": case "technical":
        return; // the answer to our request says it too
      case "pin_page":
        return this.#openPIN(pin);
      case "pin_wrong":
        return this.panel.show(wrongPIN(tries), { n: tries, pin });
      case "checking":
        this.panel.part = 3;
    }
    if (this.panel.has(state)) this.panel.show(state);
  }

  // #openPIN opens the agent's page while a click still counts, and leaves a link in
  // any case: with noopener the browser does not say whether it blocked the window.
  #openPIN(pin) {
    if (pin && kiosk) window.open(pin, "_blank", "noopener");
    if (kiosk) return this.panel.show("pin_page", { pin });
    const may = navigator.userActivation?.isActive ?? true;
    if (pin && may) window.open(pin, "_blank", "noopener,popup,width=560,height=700");
    this.panel.show(pin && may ? "pin_window" : "pin_page", { pin });
  }

  #clicked(event) {
    const action = event.target.closest("[data-do]")?.dataset.do;
    if (action === "start") this.start();
    if (action === "retry" && this.#again()) event.preventDefault();
    if (action === "say") this.panel.show(event.target.closest("[data-say]").dataset.say.replace("ready", this.ready));
  }

  // #again starts once more without leaving the page where it can: a window of the
  // extension closes only with the page.
  #again() {
    const extensionOpen = this.run && !(this.card instanceof Local);
    if (extensionOpen || this.panel.element.querySelector("[data-reload]:not([data-states] *)")) return false;
    this.start();
    return true;
  }

  async start() {
    const before = this.run;
    const run = new AbortController();
    this.run = run; // so that what was under way ends without a word
    if (before) {
      before.abort();
      await this.agent?.cancel();
    }
    this.panel.part = 1;
    this.panel.show(this.signed ? "finishing" : "starting", { time: this.panel.clock(new Date(Date.now() + personTime)) });
    try {
      const { next, last } = await (this.data.card === "sign" ? this.#sign(run.signal) : this.#signIn(run.signal));
      if (new URL(next, window.location).origin !== window.location.origin) throw new Problem("technical");
      this.panel.show(last);
      window.location.assign(next);
    } catch (error) {
      if (this.run !== run) return; // started again meanwhile
      this.run = null;
      this.#failed(error);
    }
  }

  async #signIn(signal) {
    const card = await this.#find(signal);
    const { nonce } = await post(this.data.challenge, {}, signal);
    const token = await card.authenticate(nonce);
    this.panel.part = 4;
    this.panel.show("checking");
    const { next } = await post(this.data.token, token, signal);
    return { next, last: "welcome" };
  }

  // #sign keeps what the card has signed until the portal has it: trying again sends
  // the same completion and asks for no second PIN.
  async #sign(signal) {
    if (!this.signed) {
      const card = await this.#find(signal);
      const { certificate, supportedSignatureAlgorithms } = await card.certificate();
      this.panel.part = 1;
      this.panel.show("checking");
      const { preparation, hash, hashFunction } = await post(this.data.prepare, { certificate, supportedSignatureAlgorithms }, signal);
      this.panel.digest(card instanceof Local ? hash : ""); // the extension's window shows none
      const { signature, signatureAlgorithm } = await card.sign(certificate, hash, hashFunction);
      this.signed = { preparation, signature, signatureAlgorithm };
    }
    this.panel.show("finishing");
    try {
      const { next } = await insist(this.data.complete, this.signed);
      return { next, last: "signed" };
    } catch (error) {
      if (error.state !== "offline") this.signed = null;
      throw error;
    }
  }

  // #find takes what answers: the agent, which tells more, else the extension.
  async #find(signal) {
    if (!window.isSecureContext) throw new Problem("insecure");
    const extension = webeid.status();
    extension.catch(() => {}); // looked at below, if at all
    let card = null;
    if (this.agent) {
      try {
        const { version } = await this.#status();
        if (String(version).split(".")[0] !== agentMajor) throw new Problem("agent_old", { v: version, w: agentMajor + ".0" });
        await this.#follow();
        card = new Local(this.agent, this.data.lang, signal);
      } catch (error) {
        if (error instanceof Problem) throw error;
      }
    }
    if (!card) {
      await this.#extension(extension);
      card = new Extension(this.data.lang, (event) => this.panel.show(event.state));
    }
    this.card = card;
    return card;
  }

  // #status asks the agent, and gives the member time where the browser asks her first.
  async #status() {
    if (nearby || (await loopback()) !== "prompt") return this.agent.status();
    const asking = setTimeout(() => this.panel.show("agent_ask"), askTime);
    try {
      return await this.agent.status(personTime);
    } finally {
      clearTimeout(asking);
    }
  }

  // #extension waits for the extension's answer. Where there is none, the browser may have
  // kept us from the agent: it says only that fetching failed, so its rules are looked at.
  async #extension(answer) {
    try {
      await answer;
    } catch (error) {
      const missing = error.code === "ERR_WEBEID_EXTENSION_UNAVAILABLE" || error.code === "ERR_WEBEID_NATIVE_UNAVAILABLE";
      if (this.agent && missing && (await loopback()) === "denied") throw new Problem("agent_blocked");
      throw error;
    }
  }

  #failed(error) {
    if (error instanceof Problem) {
      const { state, text, next, code, v, w } = error;
      const details = { text, next };
      for (const [name, value] of Object.entries({ code, v, w })) if (value) details[name] = value;
      return this.panel.show(state, details);
    }
    if (error instanceof AgentError) {
      const state = this.panel.has(error.state) ? error.state : statesOf[error.code];
      const details = { n: error.tries };
      if (error.expired) details.date = this.panel.date(new Date(error.expired));
      return this.panel.show(state === "pin_wrong" ? wrongPIN(error.tries) : state || "technical", details);
    }
    if (error instanceof webeid.WebEidError) return this.#unanswered(error);
    if (this.card instanceof Local) return this.panel.show("agent_missing"); // the agent stopped answering
    this.panel.show("technical");
  }

  // #unanswered finds the words for an error of the extension. An extension that hears us
  // and does not say in time how it fares waits for the program.
  #unanswered(error) {
    const { code, action } = error;
    if (code === "ERR_WEBEID_EXTENSION_UNAVAILABLE") {
      return this.panel.show(this.agent || chromium ? "agent_missing" : "extension_missing");
    }
    if (code === "ERR_WEBEID_ACTION_TIMEOUT" && action === "web-eid:status") return this.panel.show("agent_missing");
    const state = statesOf[code] || "technical";
    this.panel.show(state, state === "agent_old" ? webeid.outdated(error) : {});
    if (state === "cancelled" || code === "ERR_WEBEID_NATIVE_FATAL") this.panel.ask();
  }
}

for (const element of document.querySelectorAll("[data-card]")) new CardPage(element);

// A page that comes back from the browser's memory would show an end that is past.
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) window.location.reload();
});
