"use strict";
/* The desk's own behaviour: keys, dialogs, notices. Pages work without it, by links and forms. */
(() => {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog");
  const rows = () => [...document.querySelectorAll("[data-rows] .row-link")];

  /** Say something to eyes and screen readers; it leaves by itself, an error when it is closed. */
  const notice = (text, tone = "") => {
    const line = document.createElement("p");
    line.className = `notice ${tone}`;
    line.textContent = text;
    document.getElementById("notices")?.append(line);
    return line;
  };
  /* A notice with `data-countdown` counts its seconds down in its `data-left`, and then leaves; any
     other waits while somebody points at it. */
  const fade = (line) => {
    if (line.matches(".error")) {
      const close = document.createElement("button");
      close.type = "button";
      close.className = "quiet";
      close.textContent = document.getElementById("notices").dataset.close;
      close.addEventListener("click", () => line.remove());
      line.append(close);
      return;
    }
    let rest = Number(line.dataset.countdown ?? 8);
    const left = line.querySelector("[data-left]");
    const timer = setInterval(() => {
      if (!left && line.matches(":hover, :focus-within")) return;
      rest -= 1;
      if (left) left.textContent = String(Math.max(rest, 0));
      if (rest > 0 && line.isConnected) return;
      clearInterval(timer);
      line.remove();
    }, 1000);
  };

  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)] ?? all[0];
    next.focus();
    next.closest(".row").scrollIntoView({ block: "nearest" });
  };

  const open = (name) => document.getElementById(name)?.showModal();

  /* An element that names a key is what the key presses; two keys stand one after the other. */
  let before = "";
  let forget = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.body.dataset.keys === "off" || typing(event.target)) return;
    const key = event.key;
    clearTimeout(forget);
    const pair = before ? `${before} ${key}` : key;
    before = "";
    if (key === "j" || key === "k") {
      step(key === "j" ? 1 : -1);
    } else if (key === "?") {
      open("keys");
    } else {
      const named = document.querySelector(`[data-key="${CSS.escape(pair)}"]`);
      if (named) {
        event.preventDefault();
        named.click();
        return;
      }
      if (key !== "g") return;
      before = key;
      forget = setTimeout(() => { before = ""; }, 1200);
    }
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) open(opener.dataset.opens);
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  /* Notices come with the page, by htmx (hx-swap-oob into #notices), or from here. */
  const notices = document.getElementById("notices");
  notices?.querySelectorAll(".notice").forEach(fade);
  if (notices) {
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const line of change.addedNodes) {
          if (line instanceof HTMLElement && line.matches(".notice")) fade(line);
        }
      }
    }).observe(notices, { childList: true });
  }

  /* Nobody loses a text by a slip, nor by a session that ends: the page stays, one signs in beside
     it, and its forms get the new session's token. */
  let leaving = false;
  document.addEventListener("submit", (event) => { leaving = !event.defaultPrevented; });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("beforeunload", (event) => {
    const written = [...document.querySelectorAll('form[method="post"] textarea')]
      .some((one) => one.value !== one.defaultValue && !one.closest("dialog:not([open])"));
    if (written && !leaving) event.preventDefault();
  });
  let out = null;
  const signedOut = (text) => {
    if (out?.isConnected) return;
    const link = document.createElement("a");
    link.href = document.body.dataset.login;
    link.target = "_blank";
    link.textContent = document.body.dataset.again;
    out = notice(text, "error");
    out.append(" ", link);
  };
  const own = (page) => page.querySelector(".own")?.textContent.trim();
  const signedIn = async () => {
    if (!out?.isConnected || document.hidden) return;
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || answer.redirected || own(page) !== own(document)) return;
    const headers = page.body.getAttribute("hx-headers");
    document.body.setAttribute("hx-headers", headers);
    for (const field of document.querySelectorAll('[name="csrfmiddlewaretoken"]')) {
      field.value = JSON.parse(headers)["X-CSRFToken"];
    }
    out.remove();
    notice(document.body.dataset.back, "success");
  };
  document.addEventListener("visibilitychange", signedIn);
  addEventListener("focus", signedIn);

  /* A refusal says why in plain text; everything else is a failure of ours. */
  const failed = (event) => {
    const answer = event.detail.xhr;
    if (answer?.status === 401) { signedOut(answer.responseText); return; }
    const told = answer?.getResponseHeader("Content-Type")?.startsWith("text/plain");
    notice(told ? answer.responseText : document.body.dataset.failed, "error");
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  window.desk = { notice };
})();
