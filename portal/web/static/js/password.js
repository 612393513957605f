// Password fields: a button that shows what is typed, and how strong a new password is.
// Neither is needed: without script the password stays hidden and the server judges it.

// reveal makes the button of a field work. The password is hidden again when the form
// is sent, so that the browser takes it for what it is and nobody reads it over a shoulder.
function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const state = document.querySelector(`[data-reveal-state="${button.dataset.reveal}"]`);
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    show(shown);
    state.textContent = shown ? button.dataset.shown : button.dataset.hidden;
    field.focus();
  });
  field.form?.addEventListener("submit", () => show(false));
}

// level judges length and variety, as the server does before it looks at its lists.
function level(text, min) {
  const letters = [...text.normalize("NFC")];
  if (letters.length < min) return "weak";
  const length = Math.min(letters.length, 2 * new Set(letters).size);
  if (length < 8) return "weak";
  if (length < 12) return "fair";
  return length < 15 ? "good" : "strong";
}

// meter tells the level once one stops typing, so that readers hear it whole.
function meter(field) {
  const told = document.getElementById(field.dataset.meter);
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      told.textContent = field.value ? told.dataset[level(field.value, Number(field.dataset.min))] : "";
    }, 300);
  });
}

export function watchPasswords() {
  document.querySelectorAll("[data-reveal]").forEach(reveal);
  document.querySelectorAll("[data-meter]").forEach(meter);
}
