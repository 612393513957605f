// Warns two minutes before the session ends and offers to go on. Pages of the same
// browser tell each other, so that the oldest one does not sign the member out.

const warning = 120; // seconds
const final = 30;

export function watch(box) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("guichet-idle") : null;
  let ends = 0;
  const extend = (seconds) => {
    ends = Date.now() + seconds * 1000;
    show();
  };

  function show() {
    const left = (ends - Date.now()) / 1000;
    if (left <= 0) {
      window.location.replace(box.dataset.ended);
      return;
    }
    box.hidden = left > warning;
    for (const text of box.querySelectorAll("[data-idle]")) {
      text.hidden = box.hidden || (text.dataset.idle === "final") !== left <= final;
    }
  }

  async function stay() {
    const response = await fetch(box.dataset.stay, { method: "POST", credentials: "same-origin", cache: "no-store",
      headers: { Accept: "application/json", "Content-Type": "application/json" }, body: "{}" });
    if (!response.ok) {
      if (response.status === 401) window.location.replace(box.dataset.ended);
      return;
    }
    const { seconds } = await response.json();
    extend(seconds);
    channel?.postMessage(seconds);
    document.querySelector("h1")?.focus();
  }

  const seconds = Number(box.dataset.seconds);
  extend(seconds);
  channel?.postMessage(seconds);
  channel?.addEventListener("message", ({ data }) => {
    if (typeof data === "number") extend(data);
  });
  box.querySelector("button").addEventListener("click", () => stay().catch(() => {}));
  document.addEventListener("visibilitychange", show);
  setInterval(show, 1000);
}
