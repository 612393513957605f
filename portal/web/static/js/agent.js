// Client of the loopback agent (guichet-reader serve), for kiosks and the demo. Its
// answers have the fields of the Web eID protocol; its events tell what the extension
// cannot: where the card and the PIN stand.

const statusTime = 1500; // ms
const doctorTime = 30000; // ms

// AgentError is a refusal of the agent: code of Web eID, state of the card panel.
export class AgentError extends Error {
  constructor({ code, message, state, tries, expired }) {
    super(message || code);
    this.name = "AgentError";
    this.code = code;
    this.state = state;
    this.tries = tries;
    this.expired = expired; // with cert_expired: when the certificate ended
  }
}

export class Agent {
  constructor(origin) {
    this.origin = origin;
  }

  // status returns {agent, version, busy}; it throws when no agent answers in that many ms.
  async status(time = statusTime) {
    return this.#call("GET", "status", undefined, AbortSignal.timeout(time));
  }

  // doctor returns a checkup of reader and card: {checks, code}. It takes seconds.
  doctor(lang) {
    return this.#call("GET", "doctor?lang=" + encodeURIComponent(lang), undefined, AbortSignal.timeout(doctorTime));
  }

  // follow calls told with each event for as long as the page lives; the browser
  // reconnects by itself. It resolves once the agent listens, or after a second: the
  // first event after a reconnection says how things stand.
  follow(told) {
    const events = new EventSource(this.origin + "/v1/events");
    events.onmessage = ({ data }) => {
      let event;
      try {
        event = JSON.parse(data);
      } catch {
        return;
      }
      if (typeof event?.state === "string") told(event);
    };
    return new Promise((resolve) => {
      events.onopen = resolve;
      setTimeout(resolve, 1000);
    });
  }

  authenticate(challengeNonce, lang, signal) {
    return this.#call("POST", "authenticate", { challengeNonce, lang }, signal);
  }

  getSigningCertificate(lang, signal) {
    return this.#call("POST", "get-signing-certificate", { lang }, signal);
  }

  sign(certificate, hash, hashFunction, lang, signal) {
    return this.#call("POST", "sign", { certificate, hash, hashFunction, lang }, signal);
  }

  // cancel ends what is under way for this page's origin; that nothing is, is no error.
  async cancel() {
    try {
      await this.#call("POST", "cancel", {}, AbortSignal.timeout(statusTime));
    } catch {
      // gone already
    }
  }

  // pinPage returns the address of the agent's PIN page if it is one, else "". At a kiosk
  // it is that of the page with large keys.
  pinPage(address, kiosk) {
    try {
      const url = new URL(address);
      if (kiosk) url.search = "kiosk";
      return url.origin === this.origin && url.pathname.startsWith("/pin/") ? url.href : "";
    } catch {
      return "";
    }
  }

  async #call(method, path, message, signal) {
    const response = await fetch(this.origin + "/v1/" + path, {
      method,
      signal,
      body: message && JSON.stringify(message),
      headers: message && { "Content-Type": "application/json" },
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
    if (response.status === 204) return {};
    const answer = await response.json();
    if (!response.ok) throw new AgentError(answer.error || {});
    return answer;
  }
}
