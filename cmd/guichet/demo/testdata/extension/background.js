// The native host's end of the extension: one process for each request. It greets with its
// version, gets one command, gives one reply.

const host = "eu.webeid";
const handshakeTime = 5000; // ms
const quitTime = 2000; // ms
const defaultPersonTime = 120000; // ms
const maxRequest = 8192; // bytes

const failure = (name, message, fields) => ({ code: "ERR_WEBEID_" + name, message, ...fields });

class Connection {
  constructor(tab) {
    this.port = chrome.runtime.connectNative(host);
    this.messages = [];
    this.waiting = null;
    this.port.onMessage.addListener((message) => this.#settle({ message }));
    this.port.onDisconnect.addListener(() =>
      this.#settle({ error: failure("NATIVE_UNAVAILABLE", chrome.runtime.lastError?.message ?? "the native host has gone") }));
    this.closed = (id) => id === tab && this.port.disconnect();
    chrome.tabs.onRemoved.addListener(this.closed);
  }

  #settle(event) {
    if (this.waiting) this.waiting(event);
    else this.messages.push(event);
  }

  async next(time, late) {
    const event = this.messages.shift() ?? (await new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ error: late }), time);
      this.waiting = (event) => {
        clearTimeout(timer);
        resolve(event);
      };
    }));
    this.waiting = null;
    if (event.error) throw event.error;
    if (event.message.error) throw event.message.error;
    return event.message;
  }

  async greeting() {
    const { version } = await this.next(handshakeTime, failure("NATIVE_UNAVAILABLE", "the native host does not greet"));
    if (!/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.test(version)) {
      throw failure("VERSION_INVALID", "version " + version);
    }
    return version;
  }

  async send(message, time, late) {
    if (new TextEncoder().encode(JSON.stringify(message)).length > maxRequest) {
      throw failure("UNKNOWN_ERROR", "the request is too long");
    }
    this.port.postMessage(message);
    return this.next(time, late);
  }

  close() {
    chrome.tabs.onRemoved.removeListener(this.closed);
    this.port.disconnect();
  }
}

const major = (version) => Number.parseInt(version, 10);

function compatible(library, nativeApp) {
  const extension = chrome.runtime.getManifest().version;
  const requiresUpdate = {
    extension: major(extension) < major(library),
    nativeApp: major(nativeApp) < Math.max(major(library), major(extension)),
  };
  if (requiresUpdate.extension || requiresUpdate.nativeApp) {
    throw failure("VERSION_MISMATCH", "update required", { requiresUpdate, library, extension, nativeApp });
  }
  return { library, extension, nativeApp };
}

// argumentsOf are the exact sets that the host takes.
function argumentsOf({ action, options, ...fields }, origin) {
  const lang = options?.lang ? { lang: options.lang } : {};
  switch (action) {
    case "web-eid:authenticate":
      return { challengeNonce: fields.challengeNonce, origin, ...lang };
    case "web-eid:get-signing-certificate":
      return { origin, ...lang };
    case "web-eid:sign":
      return { hash: fields.hash, hashFunction: fields.hashFunction, certificate: fields.certificate, origin, ...lang };
  }
}

const complete = {
  "web-eid:authenticate": (r) => r.unverifiedCertificate && r.algorithm && r.signature && r.format && r.appVersion,
  "web-eid:get-signing-certificate": (r) => r.certificate && r.supportedSignatureAlgorithms?.length,
  "web-eid:sign": (r) => r.signature && r.signatureAlgorithm?.hashFunction && r.signatureAlgorithm.paddingScheme && r.signatureAlgorithm.cryptoAlgorithm,
};

async function serve(message, sender) {
  const connection = new Connection(sender.tab?.id);
  try {
    const version = await connection.greeting();
    if (message.action === "web-eid:status") {
      await connection.send({ command: "quit", arguments: {} }, quitTime, failure("UNKNOWN_ERROR", "the native host does not quit"));
      return compatible(message.libraryVersion, version);
    }
    const command = message.action.slice("web-eid:".length);
    const origin = new URL(sender.url).origin;
    const time = message.options?.userInteractionTimeout || defaultPersonTime;
    const reply = await connection.send({ command, arguments: argumentsOf(message, origin) }, time, failure("USER_TIMEOUT", "user failed to respond in time"));
    if (!complete[message.action](reply)) throw failure("UNKNOWN_ERROR", "unexpected response from native application");
    return reply;
  } finally {
    connection.close();
  }
}

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  serve(message, sender).then(
    (fields) => respond({ action: message.action + "-success", ...fields }),
    (error) => respond({ action: message.action + "-failure", error: { code: error.code ?? "ERR_WEBEID_UNKNOWN_ERROR", message: error.message, ...error } }),
  );
  return true;
});
