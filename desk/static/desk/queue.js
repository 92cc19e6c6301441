"use strict";
/* The queue: keys of the row under the cursor, rows chosen, what came in and what left meanwhile. */
(() => {
  const KEPT = "desk.row";
  const row = () => document.activeElement?.closest?.(".row");
  const picks = () => [...document.querySelectorAll(".row-pick input")];

  const count = () => {
    const chosen = picks().filter((one) => one.checked).length;
    const told = document.querySelector("[data-chosen]");
    if (told) told.textContent = String(chosen);
    document.getElementById("several")?.classList.toggle("on", chosen > 0);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const here = document.body.dataset.keys === "off" ? null : row();
    if (!here || event.target.closest("select, dialog")) return;
    const to = { e: "#edit", a: "#approve", r: "#reject" }[event.key];
    if (to) {
      event.preventDefault();
      location.assign(here.dataset.editor + to);
    } else if (event.key === "x") {
      event.preventDefault();
      here.querySelector(".row-pick input").click();
    }
  });
  document.addEventListener("change", (event) => { if (event.target.closest(".row-pick")) count(); });
  document.addEventListener("reset", (event) => { if (event.target.id === "several") setTimeout(count); });

  /* The cursor stands where it stood when one comes back. */
  document.addEventListener("focusin", () => {
    const here = row();
    if (here) sessionStorage.setItem(KEPT, here.id);
  });
  const kept = document.getElementById(sessionStorage.getItem(KEPT) ?? "");
  if (document.referrer.startsWith(`${location.origin}/`)) kept?.querySelector(".row-link")?.focus();

  /* What left the list stays where it is, so that nothing moves under the eyes. */
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "news") { count(); return; }
    const gone = new Set([...event.target.querySelectorAll("[data-gone]")].map((one) => one.dataset.gone));
    for (const one of document.querySelectorAll(".row")) one.classList.toggle("gone", gone.has(one.id));
    const fresh = event.target.querySelector("[data-new]")?.dataset.new;
    document.title = document.title.replace(/^\(\d+\) /, "");
    if (fresh) document.title = `(${fresh}) ${document.title}`;
  });
  count();
})();
