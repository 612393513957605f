// The self-test page: asks the browser, the extension and the loopback agent what they
// are, and the agent for a checkup of reader and card. All words are in the page, but for
// the checkup's, which come in its language; nothing here writes HTML, nothing is sent.

import { Agent, AgentError } from "./agent.js";
import * as webeid from "./webeid.js";

const agentMajor = "1"; // of the agent's protocol
const maxSkew = 5 * 60 * 1000; // ms that the clock may be off
const maxChecks = 64;
const shown = new Set(["passed", "failed", "warning", "unknown"]); // outcomes that a checkup has

// On Chromium a missing program shows up as a missing extension.
const chromium = navigator.userAgentData?.brands.some(({ brand }) => brand === "Chromium") ?? /Chrom(e|ium)\//.test(navigator.userAgent);

class SelfTest {
  constructor(element) {
    this.element = element;
    this.data = element.dataset;
    this.words = element.querySelector("[data-words]");
    this.agent = this.data.agent ? new Agent(this.data.agent) : null;
    this.support = document.querySelector("[data-support]");
    for (const hidden of document.querySelectorAll("[data-check][hidden], [data-copy-part]")) hidden.hidden = false;
    document.addEventListener("click", (event) => {
      const action = event.target.closest("[data-do]")?.dataset.do;
      if (action === "copy") this.#copy();
      if (action !== "again") return;
      event.preventDefault();
      this.run();
    });
    this.run();
  }

  // run checks everything, once at a time.
  async run() {
    if (this.running) return;
    this.running = true;
    this.support.textContent = this.data.code;
    this.#sum("working");
    for (const row of this.element.querySelectorAll('[data-list="page"] [data-check]')) {
      if (this.words.querySelector(`[data-finding^="${row.dataset.check}."]`)) this.#badge(row, "working");
    }
    try {
      this.#show("context", window.isSecureContext ? "secure" : "insecure");
      this.compared = this.#clock();
      await Promise.all([this.compared, this.#programs()]);
    } finally {
      this.running = false;
      this.#conclude();
    }
  }

  // #programs asks both ways to the card: one that answers makes the other needless.
  async #programs() {
    const [extension, agent, network] = await Promise.all([this.#askExtension(), this.#askAgent(), permission()]);
    const agentThere = agent.finding === "present" || agent.finding === "busy";
    const extensionThere = extension.program[0] === "present";
    const unneeded = (finding) => agentThere && (finding === "missing" || finding === "silent");
    if (unneeded(extension.extension[0])) {
      this.#show("extension", "unneeded");
      this.#show("program", "unneeded");
    } else {
      this.#show("extension", ...extension.extension);
      this.#show("program", ...extension.program);
    }
    if (!this.agent) return this.#note("untold");
    this.#show("network", agentThere && network !== "granted" ? "open" : network);
    const blocked = agent.finding === "missing" && (network === "denied" || network === "prompt");
    const absent = extensionThere && agent.finding === "missing" ? "unneeded" : blocked ? "blocked" : agent.finding;
    this.#show("agent", absent, agent);
    if (!agentThere) return this.#note("untold");
    if (agent.finding === "busy") return this.#note("busy"); // somebody types a PIN: no time to look
    await this.#checkup();
  }

  // #askExtension returns the findings about the extension and its program.
  async #askExtension() {
    try {
      const { extension, nativeApp } = await webeid.status();
      return { extension: ["present", { v: extension }], program: ["present", { v: nativeApp }] };
    } catch (error) {
      const { code, extension, nativeApp, library, requiresUpdate } = error;
      const answered = extension ? ["present", { v: extension }] : ["silent"];
      switch (code) {
        case "ERR_WEBEID_VERSION_MISMATCH":
          return {
            extension: requiresUpdate?.extension ? ["old", { v: extension, w: library }] : answered,
            program: requiresUpdate?.nativeApp ? ["old", { v: nativeApp, w: library }] : ["present", { v: nativeApp }],
          };
        case "ERR_WEBEID_NATIVE_UNAVAILABLE":
          return { extension: answered, program: ["missing"] };
        case "ERR_WEBEID_EXTENSION_UNAVAILABLE":
        case "ERR_WEBEID_CONTEXT_INSECURE":
          return { extension: [chromium ? "silent" : "missing"], program: ["skipped"] };
        default: // it heard us, and then nothing
          return { extension: answered, program: ["silent"] };
      }
    }
  }

  // #askAgent returns the finding about the agent, with its version.
  async #askAgent() {
    if (!this.agent) return { finding: "missing" };
    try {
      const { version, busy } = await this.agent.status();
      const v = String(version).slice(0, 32);
      if (v.split(".")[0] !== agentMajor) return { finding: "old", v, w: agentMajor + ".0" };
      return { finding: busy ? "busy" : "present", v };
    } catch {
      return { finding: "missing" };
    }
  }

  // #clock compares with the time that our server puts into an answer, in whole seconds;
  // false if there was nothing to compare with.
  async #clock() {
    let off = NaN;
    try {
      const { headers } = await fetch(window.location.pathname, { cache: "no-store", credentials: "same-origin" });
      off = Math.abs(Date.now() - Date.parse(headers.get("Date")));
    } catch {
      // no answer, nothing to compare with
    }
    if (Number.isNaN(off)) {
      this.#show("clock", "untold");
      return false;
    }
    this.#show("clock", off > maxSkew ? "wrong" : "right", { n: Math.round(off / 60000) });
    return true;
  }

  // #checkup has the agent look at reader and card, and shows what it says; but of the
  // clock only where the page itself knows nothing.
  async #checkup() {
    const list = this.element.querySelector('[data-list="card"]');
    list.replaceChildren();
    this.#note("looking");
    let checks, code;
    try {
      ({ checks, code } = await this.agent.doctor(this.data.lang));
      if (!Array.isArray(checks) || checks.length > maxChecks || !checks.every((check) => check)) throw new TypeError("no checkup");
    } catch (error) {
      const busy = error instanceof AgentError && error.code === "ERR_WEBEID_ACTION_PENDING";
      return this.#note(busy ? "busy" : "broken");
    }
    const compared = await this.compared;
    for (const check of checks) {
      if (check.id !== "clock" || !compared) list.append(this.#row(check));
    }
    if (typeof code === "string" && /^[0-9A-Z-]{1,40}$/.test(code)) this.support.textContent = code;
    this.#note("told");
  }

  // #row makes a row of a check of the agent's.
  #row({ id, outcome, title, finding, next }) {
    const row = document.createElement("li");
    row.className = "check";
    row.dataset.check = String(id);
    row.id = "card-" + String(id);
    const heading = document.createElement("h3");
    heading.textContent = title;
    const end = document.createElement("div");
    end.className = "end";
    const found = document.createElement("div");
    found.dataset.found = "";
    const said = document.createElement("p");
    said.textContent = finding ?? "";
    found.append(said);
    if (next) {
      const todo = this.words.querySelector("[data-next] .next").cloneNode(true);
      todo.querySelector("span").textContent = next;
      found.append(todo);
    }
    row.append(heading, end, found);
    this.#badge(row, shown.has(outcome) ? outcome : "unknown");
    return row;
  }

  // #show puts a finding into its row, with the values that its words have room for.
  #show(check, finding, values = {}) {
    const row = this.element.querySelector(`[data-list="page"] [data-check="${check}"]`);
    if (!row) return;
    const words = this.words.querySelector(`[data-finding="${check}.${finding}"]`);
    const said = [...words.children].map((paragraph) => paragraph.cloneNode(true));
    for (const paragraph of said) fill(paragraph, values);
    row.querySelector("[data-found]").replaceChildren(...said);
    this.#badge(row, words.dataset.outcome);
  }

  #badge(row, outcome) {
    row.dataset.outcome = outcome;
    row.querySelector(".end").replaceChildren(this.words.querySelector(`[data-badge="${outcome}"] .badge`).cloneNode(true));
  }

  // #note says over the card's rows where they come from, or why there are none.
  #note(name) {
    const part = this.element.querySelector("[data-card-part]");
    part.hidden = false;
    this.noted = name;
    part.querySelector("[data-card-note]").textContent = this.words.querySelector(`[data-note="${name}"]`).textContent;
    if (name !== "told") part.querySelector('[data-list="card"]').replaceChildren();
  }

  // #conclude counts what is wrong, and says so aloud.
  #conclude() {
    const count = (outcome) => this.element.querySelectorAll(`[data-list] [data-outcome="${outcome}"]`).length;
    const n = count("failed");
    if (n > 0) this.#sum(n === 1 ? "one" : "some", n, this.element.querySelector('[data-list] [data-outcome="failed"]'));
    else if (this.noted === "busy" || this.noted === "broken") this.#sum("unseen");
    else this.#sum(count("warning") > 0 ? "watch" : "good");
    this.element.dataset.done = String(n);
  }

  // #sum says in one sentence how things stand.
  #sum(name, n = 0, first = null) {
    if (name === "working") delete this.element.dataset.done;
    const said = this.words.querySelector(`[data-sum-of="${name}"]`).cloneNode(true);
    fill(said, { n });
    const box = this.element.querySelector("[data-sum]");
    box.dataset.kind = n > 0 ? "failed" : name === "good" || name === "watch" ? "passed" : "working";
    box.replaceChildren(said);
    if (!first) return;
    const go = this.words.querySelector("[data-go] a").cloneNode(true);
    go.hash = first.id;
    box.append(go);
  }

  async #copy() {
    let done = "yes";
    try {
      await navigator.clipboard.writeText(this.support.textContent);
    } catch {
      done = "no";
    }
    document.querySelector("[data-copy-said]").textContent = this.words.querySelector(`[data-copied="${done}"]`).textContent;
  }
}

// fill puts values where the words have room for them.
function fill(element, values) {
  for (const slot of element.querySelectorAll("[data-slot]")) {
    slot.replaceWith(String(values[slot.dataset.slot] ?? "?").slice(0, 32));
  }
}

// permission tells how the browser stands to pages that speak to programs of this
// computer (Local Network Access); "unasked" where it has no such rule.
async function permission() {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      return (await navigator.permissions.query({ name })).state;
    } catch {
      // a name that this browser does not know
    }
  }
  return "unasked";
}

for (const element of document.querySelectorAll("#self-test")) new SelfTest(element);
