"use strict";
/* Colleagues see who has a case open: told every half minute while somebody is at work on the page,
   taken back on leaving. A page that nobody touches for five minutes lets the mark lapse. */
(() => {
  const mark = document.querySelector("[data-presence]");
  if (!mark) return;
  const EVERY = 30_000;
  const IDLE = 300_000;
  let touched = Date.now();
  for (const name of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    addEventListener(name, () => { touched = Date.now(); }, { passive: true });
  }
  const tell = () => {
    if (document.hidden || Date.now() - touched > IDLE) return;
    htmx.ajax("POST", mark.dataset.presence, { target: mark, source: mark });
  };
  addEventListener("pagehide", () => {
    const left = new FormData();
    left.set("left", "1");
    left.set("csrfmiddlewaretoken", JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]);
    navigator.sendBeacon(mark.dataset.presence, left);
  });
  addEventListener("pageshow", tell);
  setInterval(tell, EVERY);
})();
