"use strict";
/* The case's own behaviour: originals beside the cleaned texts, and the note's field by a key. */
(() => {
  const toggle = document.querySelector("[data-originals]");
  const originals = () => [...document.querySelectorAll(".original")];
  if (toggle && originals().length) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const show = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(show));
      for (const one of originals()) one.open = show;
    });
  }
  /* What a key clicks is a field here: it is written in. */
  document.querySelector("#note-text")?.addEventListener("click", (event) => event.target.focus());
  /* Of the folded forms one is open at a time, and its field is ready. */
  document.addEventListener("toggle", (event) => {
    const deed = event.target;
    if (!(deed instanceof HTMLElement) || !deed.matches(".deed") || !deed.open) return;
    for (const other of document.querySelectorAll(".deed[open]")) {
      if (other !== deed && !other.contains(deed)) other.open = false;
    }
    deed.querySelector("textarea, input:not([type=hidden])")?.focus();
  }, true);
})();
