// Shows the next question as soon as there is one: a card that was put in answers the
// question for a card. An answer of the person's leads there by itself.
const { number } = document.body.dataset;
const answered = new AbortController();
document.querySelector("form")?.addEventListener("submit", () => answered.abort());
try {
  await fetch("next?after=" + number, { cache: "no-store", signal: answered.signal });
  if (!answered.signal.aborted) window.location.replace(window.location.pathname);
} catch {
  // answered, or the command is over: the page stays as it is
}
