// Keys for what is on the page: an element with data-key is pressed by that key. Everything works
// without this script; it sends nothing and loads nothing.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");

  const typing = (target) => target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
  const visible = (element) => element.getClientRects().length > 0 && !element.disabled && !element.closest("[hidden]");

  const press = (element) => {
    if (element.matches("textarea, select")) element.focus();
    else if (element.matches(".excerpt > summary")) {
      const open = !element.parentElement.open;
      for (const text of document.querySelectorAll("details.excerpt, .copy details")) text.open = open;
    } else {
      element.click();
      if (element.matches("input[type=radio]")) element.focus({ preventScroll: true });
    }
  };

  document.addEventListener("keydown", (event) => {
    if (root.classList.contains("no-keys") || event.defaultPrevented) return;
    if (event.altKey || event.metaKey || event.isComposing) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      if (event.key === "Enter" && event.ctrlKey && event.target.form) event.target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || keys.open) return;
    const onButton = event.target.closest("a, button, summary") && [" ", "Enter"].includes(event.key);
    if (onButton) return;
    const found = [...document.querySelectorAll("[data-key]")]
      .find((element) => element.dataset.key === event.key && (visible(element) || visible(element.closest("label") ?? element)));
    if (!found) return;
    event.preventDefault();
    press(found);
  });

  // The keys of this page, from the words next to them.
  const keys = document.querySelector("dialog.keys");
  document.querySelector(".keyed").addEventListener("click", () => {
    keys.querySelector("dl").replaceChildren(...[...document.querySelectorAll("[data-key]")]
      .filter((element) => !element.closest(".canned[hidden]")).flatMap((element) => {
        const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
        const words = (element.matches("input, textarea") ? element.closest("label") : element).cloneNode(true);
        for (const part of words.querySelectorAll("kbd, .hide, .shape, .soft, textarea")) part.remove();
        term.append(Object.assign(document.createElement("kbd"), { textContent: element.dataset.key.trim() || "␣" }));
        meaning.textContent = words.textContent.trim();
        return [term, meaning];
      }));
    keys.showModal();
    keys.querySelector("h2").focus();
  });

  for (const button of document.querySelectorAll("[data-fill]")) {
    button.addEventListener("click", () => {
      const words = button.form.elements.reason;
      words.value = button.dataset.fill;
      words.focus();
    });
  }

  // A verdict shows only what it needs. Without this script everything is shown.
  const form = document.querySelector("form.deciding");
  if (form) {
    const show = () => {
      const verdict = form.querySelector("input[name=verdict]:checked")?.value;
      for (const part of form.querySelectorAll(".for")) part.hidden = !part.classList.contains(`for-${verdict}`);
    };
    form.addEventListener("change", (event) => {
      show();
      if (event.target.name === "verdict") form.querySelector(".canned:not([hidden])")?.scrollIntoView({ block: "nearest" });
    });
    const texts = [...document.querySelectorAll("details.excerpt, .copy details")];
    for (const text of texts) text.addEventListener("toggle", () => { text.dataset.read ||= text.open ? "yes" : ""; });
    const leftOut = (text) => text.closest(".copy")?.querySelector("input[name=kept]").checked === false;
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
      if (texts.every((text) => text.open || text.dataset.read || leftOut(text))) form.elements.opened.value = "yes";
      form.elements.shows.value = document.querySelector("details.excerpt")?.open ? "yes" : "";
    });
    addEventListener("pageshow", () => { delete form.dataset.sent; show(); }); // after Back, with what was typed
    show();
  }

  // The undo bar goes when the time is over.
  const toast = document.querySelector(".toast");
  if (toast) {
    const left = Date.parse(toast.dataset.due) - Date.parse(toast.dataset.now);
    setTimeout(() => { toast.hidden = true; }, Math.max(0, left));
  }
})();
