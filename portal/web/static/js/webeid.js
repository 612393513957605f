// The page's side of the Web eID protocol: messages to and from the browser extension
// (window.postMessage). Every call ends in a result or in a WebEidError.

const version = "2.1.0"; // of the protocol's page library that we speak like
const ackTime = 1000; // ms within which the extension says that it heard us
const statusTime = 5000; // ms for its answer to a question about itself
const interactionTime = 120000; // ms that a person gets, if the caller says nothing

const codes = new Set([
  "ACTION_TIMEOUT", "USER_TIMEOUT", "VERSION_MISMATCH", "VERSION_INVALID", "EXTENSION_UNAVAILABLE",
  "NATIVE_UNAVAILABLE", "UNKNOWN_ERROR", "CONTEXT_INSECURE", "USER_CANCELLED", "NATIVE_INVALID_ARGUMENT",
  "NATIVE_FATAL", "ACTION_PENDING", "MISSING_PARAMETER",
].map((code) => "ERR_WEBEID_" + code));

// WebEidError carries a code of the protocol; one that is not in its list becomes
// ERR_WEBEID_UNKNOWN_ERROR, with the message kept.
export class WebEidError extends Error {
  constructor(code, message, details) {
    super(message || code);
    this.name = "WebEidError";
    this.code = codes.has(code) ? code : "ERR_WEBEID_UNKNOWN_ERROR";
    Object.assign(this, details);
  }
}

const fail = (code, message, details) => new WebEidError("ERR_WEBEID_" + code, message, details);

// pending holds the one call under way of each action.
const pending = new Map();

window.addEventListener("message", (event) => {
  if (event.source !== window || event.origin !== window.location.origin) return;
  const message = event.data;
  if (typeof message !== "object" || message === null || typeof message.action !== "string") return;
  const [, action, kind] = /^(web-eid:[a-z-]+?)[-_](ack|success|failure)$/i.exec(message.action) || [];
  const call = pending.get(action);
  if (!call) return;
  switch (kind.toLowerCase()) {
    case "ack":
      clearTimeout(call.ack);
      break;
    case "success":
      finish(action, call);
      call.resolve(message);
      break;
    case "failure": {
      finish(action, call);
      const { code, message: text, ...details } = message.error || {};
      call.reject(new WebEidError(code, text, details));
    }
  }
});

function finish(action, call) {
  clearTimeout(call.ack);
  clearTimeout(call.answer);
  pending.delete(action);
}

// send posts a request and waits: a second for the extension, time for the answer.
function send(action, fields, time, onTime) {
  action = "web-eid:" + action;
  if (!window.isSecureContext) return Promise.reject(fail("CONTEXT_INSECURE", "the page is not in a secure context"));
  if (pending.has(action)) return Promise.reject(fail("ACTION_PENDING", "the same request is already under way"));
  return new Promise((resolve, reject) => {
    const call = { resolve, reject };
    const end = (code, text) => {
      finish(action, call);
      reject(fail(code, text));
    };
    call.ack = setTimeout(() => end("EXTENSION_UNAVAILABLE", "no extension answered"), ackTime);
    call.answer = setTimeout(() => end(onTime, "no answer in time"), ackTime + time);
    pending.set(action, call);
    window.postMessage({ action, libraryVersion: version, ...fields }, window.location.origin);
  });
}

const major = (text) => Number.parseInt(text, 10) || 0;

// status returns {library, extension, nativeApp}, or says what is missing or too old.
export async function status() {
  try {
    const { extension, nativeApp } = await send("status", {}, statusTime, "ACTION_TIMEOUT");
    const update = {
      extension: major(extension) < major(version),
      nativeApp: major(nativeApp) < Math.max(major(version), major(extension)),
    };
    if (update.extension || update.nativeApp) {
      throw fail("VERSION_MISMATCH", "an update is needed", { requiresUpdate: update, extension, nativeApp });
    }
    return { library: version, extension, nativeApp };
  } catch (error) {
    error.library = version;
    throw error;
  }
}

// need refuses a call without what it needs.
function need(fields) {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "string" || value === "") throw fail("MISSING_PARAMETER", name + " is missing");
  }
}

const result = ({ action, ...fields }) => fields;

// authenticate returns the Web eID token over this page's origin and the nonce.
export async function authenticate(challengeNonce, options = {}) {
  need({ challengeNonce });
  const time = options.userInteractionTimeout ?? interactionTime;
  return result(await send("authenticate", { challengeNonce, options }, time, "USER_TIMEOUT"));
}

// getSigningCertificate returns {certificate, supportedSignatureAlgorithms}.
export async function getSigningCertificate(options = {}) {
  const time = 2 * (options.userInteractionTimeout ?? interactionTime);
  return result(await send("get-signing-certificate", { options }, time, "USER_TIMEOUT"));
}

// sign returns {signature, signatureAlgorithm} over a hash; all in base64.
export async function sign(certificate, hash, hashFunction, options = {}) {
  need({ certificate, hash, hashFunction });
  const time = 2 * (options.userInteractionTimeout ?? interactionTime);
  return result(await send("sign", { certificate, hash, hashFunction, options }, time, "USER_TIMEOUT"));
}
