'use strict';
// The page works without this: it adds the wait in words, closes the window when all
// is done, and lets the agent know that the window was closed.
(() => {
  const state = document.body.dataset.state;
  const kiosk = document.body.classList.contains('kiosk'); // the page behind this one says how it ended
  if (state === 'done' || state === 'stopped' || kiosk && state === 'failed') {
    window.close(); // does nothing where the window was not opened by a page
    return;
  }
  const form = document.querySelector('form');
  if (state !== 'asking' || !form) {
    return;
  }
  let sent = false;
  form.addEventListener('submit', (event) => {
    if (sent) {
      event.preventDefault(); // a second press would burn nothing, and only confuse
      return;
    }
    sent = true;
    const progress = document.getElementById('progress');
    if (!event.submitter || event.submitter.value === 'ok') {
      progress.textContent = progress.dataset.working;
    }
  });
  // On a screen that is touched, a kiosk's above all, the digits are on the page itself:
  // no keyboard of the system that might remember or guess.
  const keypad = document.getElementById('keypad');
  const pin = document.getElementById('pin');
  if (kiosk || navigator.maxTouchPoints > 0) {
    keypad.hidden = false;
    pin.inputMode = 'none';
    keypad.addEventListener('click', ({ target }) => {
      const key = target.closest('button');
      if (!key || key.type === 'submit') {
        return;
      }
      pin.value = key.dataset.erase ? '' : (pin.value + key.dataset.digit).slice(0, 12);
    });
  }
  // Whoever left a kiosk leaves no open question there.
  if (kiosk) {
    const leave = () => form.requestSubmit(document.querySelector('button[value=cancel]'));
    let waiting = setTimeout(leave, 60000);
    for (const event of ['pointerdown', 'keydown']) {
      window.addEventListener(event, () => {
        clearTimeout(waiting);
        waiting = setTimeout(leave, 60000);
      }, { capture: true });
    }
  }
  const errors = document.getElementById('errors');
  if (errors) {
    errors.focus();
  }
  const alive = new EventSource(window.location.pathname + '/alive');
  alive.addEventListener('ended', () => {
    alive.close();
    if (!sent) {
      window.location.reload();
    }
  });
})();
