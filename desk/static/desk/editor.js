"use strict";
/* The editor: what the guard marks in the text, repairs, wordings put in, keys. */
(() => {
  const form = document.getElementById("editor");
  if (!form) return;
  const field = (name) => document.getElementById(name);
  const papers = [...form.querySelectorAll("textarea")];

  /* Behind each text lies the same text, unseen, whose marks shine through. */
  const shade = (paper) => {
    const behind = paper.previousElementSibling;
    const text = paper.value;
    const marks = [...document.querySelectorAll(`#check [data-field="${paper.id}"]`)]
      .map((one) => ({ start: Number(one.dataset.start), end: Number(one.dataset.end), hard: one.classList.contains("blocking") }))
      .filter((one) => one.end > one.start && one.end <= text.length && one.end - one.start < text.length)
      .sort((one, other) => one.start - other.start);
    const parts = [];
    let at = 0;
    for (const one of marks) {
      if (one.end <= at) continue;
      const start = Math.max(one.start, at);
      parts.push(text.slice(at, start));
      const mark = document.createElement("mark");
      mark.textContent = text.slice(start, one.end);
      if (one.hard) mark.className = "hard";
      parts.push(mark);
      at = one.end;
    }
    /* A last line that is empty has no height of its own. */
    parts.push(`${text.slice(at)}\u200b`);
    behind.replaceChildren(...parts);
  };
  const shadeAll = () => papers.forEach(shade);

  /* As if it had been typed: the browser's own undo takes it back. */
  const put = (paper, start, end, text) => {
    paper.focus();
    paper.setSelectionRange(start, end);
    if (!document.execCommand("insertText", false, text)) {
      paper.setRangeText(text, start, end, "end");
      paper.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  document.addEventListener("click", (event) => {
    const finding = event.target.closest("#check li");
    const paper = finding && field(finding.dataset.field);
    if (event.target.closest("[data-jump]")) {
      paper.focus();
      paper.setSelectionRange(Number(finding.dataset.start), Number(finding.dataset.end));
    }
    const repair = event.target.closest("[data-repair]");
    if (repair) put(paper, Number(finding.dataset.start), Number(finding.dataset.end), repair.dataset.repair);
    const wording = event.target.closest("[data-insert]");
    if (wording) {
      const body = field("body");
      put(body, body.selectionStart, body.selectionEnd, wording.dataset.insert);
    }
    event.target.closest("[data-closes]")?.closest("dialog").close();
  });

  form.addEventListener("input", (event) => {
    const paper = event.target.closest("textarea");
    if (!paper) return;
    /* Marks of the text before are wrong until the guard has read it anew. */
    for (const one of document.querySelectorAll(`#check [data-field="${paper.id}"]`)) one.classList.add("old");
    shade(paper);
  });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.target.id === "check") shadeAll(); });

  const approve = () => document.querySelector('[data-opens="approve-box"]')?.click();
  document.addEventListener("keydown", (event) => {
    const strong = event.ctrlKey || event.metaKey;
    if (event.isComposing) return;
    if (strong && event.key === "Enter" && !event.target.closest("dialog")) {
      event.preventDefault();
      approve();
    } else if (strong && event.key.toLowerCase() === "s") {
      const save = form.querySelector("[data-save]");
      if (!save) return;
      event.preventDefault();
      form.requestSubmit(save);
    } else if (event.key === "Escape" && event.target.closest("#editor textarea, #editor input")) {
      event.target.blur();
    } else if (event.key === "e" && document.body.dataset.keys !== "off" && !strong && !event.altKey && !event.target.closest("input, textarea, select, dialog")) {
      event.preventDefault();
      const body = field("body");
      body.focus();
      body.setSelectionRange(0, 0);
      body.scrollIntoView({ block: "nearest" });
    }
  });

  shadeAll();
  const wanted = { "#approve": "approve-box", "#reject": "reject-box" }[location.hash];
  if (wanted) document.getElementById(wanted)?.showModal();
  if (location.hash === "#edit") field("body").focus();
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
})();
