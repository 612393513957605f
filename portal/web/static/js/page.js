// What every page gets from script; each works without it too, with less comfort.

import { watch } from "./idle.js";
import { watchPasswords } from "./password.js";

// The page's own focus: the error summary after a refused form, the heading after a step.
document.querySelector("[data-focus]")?.focus();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print(button));
}

// At a kiosk the portal counts what is printed, and says what is not.
async function print(button) {
  if (document.getElementById("kiosk")) {
    const answer = await fetch(`/${document.documentElement.lang}/kiosk/print`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ page: window.location.pathname }),
    }).catch(() => null);
    if (!answer?.ok) {
      const problem = await answer?.json().catch(() => null);
      button.insertAdjacentElement("afterend", Object.assign(document.createElement("p"), { role: "alert", textContent: problem?.text ?? "" }));
      button.disabled = true;
      return;
    }
  }
  window.print();
}

// Links of the error summary lead into the field, not only to it.
for (const link of document.querySelectorAll(".errors a")) {
  link.addEventListener("click", (event) => {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const field = target?.matches("fieldset") ? target.querySelector("[aria-invalid], input, select") : target;
    if (!field) return;
    event.preventDefault();
    field.focus();
    (field.closest(".field") || field).scrollIntoView({ block: "nearest" });
  });
}

// An open list closes when the focus or the pointer goes elsewhere, and with Escape.
for (const list of document.querySelectorAll("details.language")) {
  list.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !list.contains(relatedTarget)) list.open = false;
  });
  list.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !list.open) return;
    list.open = false;
    list.querySelector("summary").focus();
  });
}

watchPasswords();

const idle = document.getElementById("idle");
if (idle) watch(idle);
