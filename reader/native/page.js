// Shows the next question as soon as there is one: a card that was put in answers the
// question for a card.
const { number } = document.body.dataset;
try {
  await fetch("next?after=" + number, { cache: "no-store" });
  window.location.replace(window.location.pathname);
} catch {
  // the command is over; the page stays as it is
}
