// The page's end of the extension: a request of the page is acknowledged at once, passed
// to the background and answered with what comes from there.

const actions = ["status", "authenticate", "get-signing-certificate", "sign"].map((name) => "web-eid:" + name);

window.addEventListener("message", async ({ source, origin, data }) => {
  if (source !== window || !actions.includes(data?.action)) return;
  if (!window.isSecureContext) {
    const error = { code: "ERR_WEBEID_CONTEXT_INSECURE", message: "Secure context required", name: "ContextInsecureError" };
    window.postMessage({ action: data.action + "_FAILURE", error }, origin);
    return;
  }
  window.postMessage({ action: data.action + "-ack" }, origin);
  window.postMessage(await chrome.runtime.sendMessage(data), origin);
});
