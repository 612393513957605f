// The page's side of the Web eID protocol: messages to and from the browser extension
// (window.postMessage). Every call ends in a result or in a WebEidError.

const version = "2.1.0"; // of the protocol's page library that we speak like
const ackTime = 1000; // ms within which the extension says that it heard us
const nativeTime = 5000; // ms that it gives the program for the card to greet
const interactionTime = 120000; // ms that a person gets, if the caller says nothing
const loadTime = 1000; // ms after this module within which the extension may still be loading
const loaded = performance.now();

const codes = new Set([
  "ACTION_TIMEOUT", "USER_TIMEOUT", "VERSION_MISMATCH", "VERSION_INVALID", "EXTENSION_UNAVAILABLE",
  "NATIVE_UNAVAILABLE", "UNKNOWN_ERROR", "CONTEXT_INSECURE", "USER_CANCELLED", "NATIVE_INVALID_ARGUMENT",
  "NATIVE_FATAL", "ACTION_PENDING", "MISSING_PARAMETER",
].map((code) => "ERR_WEBEID_" + code));

// WebEidError carries a code of the protocol; one that is not in its list becomes
// ERR_WEBEID_UNKNOWN_ERROR, with the message kept. Where versions are told it has them too
// (library, extension, nativeApp, requiresUpdate); action is what was asked for.
export class WebEidError extends Error {
  constructor(code, message, details) {
    super(message || code);
    this.name = "WebEidError";
    this.code = codes.has(code) ? code : "ERR_WEBEID_UNKNOWN_ERROR";
    for (const name of ["library", "extension", "nativeApp", "requiresUpdate"]) {
      if (details?.[name] !== undefined) this[name] = details[name];
    }
  }
}

const fail = (code, message, details) => new WebEidError("ERR_WEBEID_" + code, message, details);

// pending holds the one call under way of each action.
const pending = new Map();

window.addEventListener("message", (event) => {
  if (event.source !== window || event.origin !== window.location.origin) return;
  const message = event.data;
  if (typeof message !== "object" || message === null || typeof message.action !== "string") return;
  if (message.action === "web-eid:warning") return warn(message.warnings);
  // The extension writes _FAILURE where the page is not secure, -failure elsewhere.
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
      const error = new WebEidError(message.error?.code, message.error?.message, message.error);
      error.action = action;
      call.reject(error);
    }
  }
});

const warned = new Set();

// warn logs what the extension has to say unasked, each text once.
function warn(warnings) {
  if (!Array.isArray(warnings)) return;
  for (const text of warnings) {
    if (typeof text !== "string" || warned.has(text) || warned.size >= 50) continue;
    warned.add(text);
    console.warn(text.replace(/[\r\n]+/g, " "));
  }
}

function finish(action, call) {
  clearTimeout(call.ack);
  clearTimeout(call.answer);
  pending.delete(action);
}

// send posts a request and waits: a second for the extension to hear, then for the program
// to greet and for the person. Should the extension keep its own time it answers before.
function send(action, fields, time = 0) {
  action = "web-eid:" + action;
  if (!window.isSecureContext) return Promise.reject(fail("CONTEXT_INSECURE", "the page is not in a secure context"));
  if (pending.has(action)) return Promise.reject(fail("ACTION_PENDING", "the same request is already under way"));
  return new Promise((resolve, reject) => {
    const call = { resolve, reject };
    const end = (code, text) => {
      finish(action, call);
      const error = fail(code, text);
      error.action = action;
      reject(error);
    };
    call.ack = setTimeout(() => end("EXTENSION_UNAVAILABLE", "no extension answered"), ackTime);
    call.answer = setTimeout(() => end("ACTION_TIMEOUT", "no answer in time"), ackTime + nativeTime + time);
    pending.set(action, call);
    window.postMessage({ action, libraryVersion: version, ...fields }, window.location.origin);
  });
}

const major = (text) => Number.parseInt(text, 10) || 0;

// versions asks once more when nobody heard while the page was loading.
async function versions() {
  const early = performance.now() - loaded < loadTime;
  try {
    return await send("status", {});
  } catch (error) {
    if (!early || error.code !== "ERR_WEBEID_EXTENSION_UNAVAILABLE") throw error;
    return send("status", {});
  }
}

// status returns {library, extension, nativeApp}, or says what is missing or too old: an
// extension must be of our major version, the program for the card of ours and of the
// extension's.
export async function status() {
  try {
    const { extension, nativeApp } = await versions();
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

// outdated says what of an error's versions is too old: {v: there, w: needed}.
export function outdated({ extension, nativeApp, requiresUpdate }) {
  const old = requiresUpdate?.extension && !requiresUpdate.nativeApp ? extension : nativeApp || extension;
  const needed = old === extension ? major(version) : Math.max(major(version), major(extension));
  return { v: typeof old === "string" && old ? old : "?", w: needed + ".0" };
}

// need refuses a call without what it needs.
function need(fields) {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "string" || value === "") throw fail("MISSING_PARAMETER", name + " is missing");
  }
}

// pick leaves of an answer what the protocol has; what else came along is dropped.
function pick(answer, ...names) {
  const fields = {};
  for (const name of names) if (answer[name] !== undefined) fields[name] = answer[name];
  return fields;
}

// timeFor is how long a person gets, in ms.
const timeFor = (options) => options.userInteractionTimeout ?? interactionTime;

// authenticate returns the Web eID token over this page's origin and the nonce.
export async function authenticate(challengeNonce, options = {}) {
  need({ challengeNonce });
  const answer = await send("authenticate", { challengeNonce, options }, timeFor(options));
  return pick(answer, "unverifiedCertificate", "algorithm", "signature", "format", "appVersion",
    "unverifiedSigningCertificates", "unverifiedIntermediateCertificates");
}

// getSigningCertificate returns {certificate, supportedSignatureAlgorithms}.
export async function getSigningCertificate(options = {}) {
  const answer = await send("get-signing-certificate", { options }, 2 * timeFor(options));
  return pick(answer, "certificate", "supportedSignatureAlgorithms");
}

// sign returns {signature, signatureAlgorithm} over a hash; all in base64.
export async function sign(certificate, hash, hashFunction, options = {}) {
  need({ certificate, hash, hashFunction });
  const answer = await send("sign", { certificate, hash, hashFunction, options }, 2 * timeFor(options));
  return pick(answer, "signature", "signatureAlgorithm");
}
