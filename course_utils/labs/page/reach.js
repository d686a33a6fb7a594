// All that touches the inside of JupyterLab and ipywidgets: sliders' names, keys, dialogs, the
// full page, the connection. Each function that watches returns what stops it.

import { setText } from "./dom.js";

export function labOf(page) {
  return (page.lab ??= page.root.closest(".course-lab"));
}

// ipywidgets tells a screen reader neither what a slider is for nor the value that stands beside
// it. Controls may come after the first frame, above all where a page is opened again; and a
// slider may renew its handle.
export function watchSliders(page) {
  const valued = new MutationObserver((changes) => changes.forEach((c) => tellValue(c.target)));
  const controls = new MutationObserver(() => page.nameSliders());
  page.nameSliders = () => {
    const lab = labOf(page);
    if (!lab) return;
    controls.observe(lab, { childList: true });
    for (const row of lab.children) {
      if (!row.contains(page.root)) controls.observe(row, { childList: true, subtree: true });
    }
    for (const box of lab.querySelectorAll(".widget-slider")) nameSlider(box, valued);
  };
  return () => {
    controls.disconnect();
    valued.disconnect();
  };
}

function nameSlider(box, valued) {
  const label = box.querySelector(".widget-label"), handle = box.querySelector(".noUi-handle");
  box.querySelector(".widget-readout")?.setAttribute("tabindex", "-1"); // one stop is enough
  if (!label || !handle || handle.hasAttribute("aria-label")) return;
  handle.setAttribute("aria-label", label.textContent);
  handle.setAttribute("aria-description", label.title);
  tellValue(box);
  const what = { subtree: true, childList: true, characterData: true };
  valued.observe(box, { ...what, attributeFilter: ["aria-valuetext"] });
}

function tellValue(within) {
  const box = (within.closest ? within : within.parentElement)?.closest(".widget-slider");
  const handle = box?.querySelector(".noUi-handle");
  const readout = box?.querySelector(".widget-readout");
  if (readout && handle.getAttribute("aria-valuetext") !== readout.textContent) {
    handle.setAttribute("aria-valuetext", readout.textContent);
  }
}

// The top layer, because a notebook's own boxes would cut off anything that is merely positioned
// over the page.
export function fillPage(page, on) {
  const lab = labOf(page);
  if (!lab?.showPopover) return;
  if (on && !lab.hasAttribute("popover")) {
    lab.querySelector(".course-more:popover-open")?.hidePopover(); // Escape is to leave the lecture
    lab.setAttribute("popover", "manual");
    lab.showPopover();
    // What had the focus is covered, and keys are the lecture's: B would add a cell in JupyterLab.
    lab.querySelector("[data-place='centre']")?.focus();
  } else if (!on && lab.hasAttribute("popover")) {
    lab.hidePopover();
    lab.removeAttribute("popover");
    delete lab.dataset.one;
  }
}

const CUT = "The connection to the kernel is cut: what you see stands still, and goes on once it "
  + "is back.";
const SILENT = "Nothing has come from the kernel for some seconds: it is busy, or the connection "
  + "is cut. What you see stands still.";

// A frozen figure looks like one at rest, so a page without its kernel says so, and asks until it
// is answered.
export function watchConnection(page) {
  const { cut } = page.parts;
  const watch = setInterval(() => {
    const status = page.host.status(), connected = status === "connected";
    const silent = performance.now() - page.heard > 6000;
    const awaited = page.host.get("playing") && silent && !document.hidden;
    if (connected && (awaited || cut.dataset.status === "cut")) page.host.send({ type: "hello" });
    cut.dataset.status = connected ? "" : "cut";
    const text = !connected ? CUT : awaited ? SILENT : page.notice;
    setText(cut, text);
    cut.hidden = !text;
  }, 1000);
  return () => clearInterval(watch);
}

// JupyterLab's dialogs open behind the full page and take the keyboard. What only informs is said
// inside the page and closed; what asks comes to the front.
export function watchDialogs(page) {
  const dialogs = new MutationObserver(() => {
    const dialog = document.querySelector("body > .jp-Dialog");
    if (!dialog || !page.lab?.hasAttribute("popover") || dialog.hasAttribute("popover")) return;
    const buttons = dialog.querySelectorAll(".jp-Dialog-button");
    if (buttons.length === 1) takeNotice(page, dialog, buttons[0]);
    else bringForward(dialog);
  });
  dialogs.observe(document.body, { childList: true });
  const remember = (event) => {
    if (page.lab?.contains(event.target)) page.focused = event.target;
  };
  document.addEventListener("focusin", remember, true);
  return () => {
    dialogs.disconnect();
    document.removeEventListener("focusin", remember, true);
  };
}

function takeNotice(page, dialog, button) {
  page.notice = dialog.querySelector(".jp-Dialog-header")?.textContent ?? "";
  setTimeout(() => { page.notice = ""; }, 20000);
  button.click();
  setTimeout(() => {
    const place = page.focused?.isConnected ? page.focused : page.lab.querySelector("button");
    place?.focus();
  }, 50);
}

function bringForward(dialog) {
  dialog.setAttribute("popover", "manual");
  dialog.showPopover();
  dialog.querySelector(".jp-mod-accept, .jp-Dialog-button")?.focus();
}

// What has the focus while a lecture covers it would get keys that nobody sees go there: B adds a
// cell in JupyterLab. They are the lecture's.
function handOver(page, event) {
  const { key, ctrlKey, metaKey, altKey } = event;
  const centre = page.host.get("lecture") && labOf(page)?.querySelector("[data-place='centre']");
  if (!centre || key === "Escape" || ctrlKey || metaKey || altKey) return;
  if (event.target.closest?.(".jp-Dialog, [popover]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  centre.focus();
  centre.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

// Escape ends a lecture. JupyterLab takes plain keys such as arrows unless the focused element
// says no: menus of a lab would move to the next cell. Ctrl and Cmd keys, saving above all, stay
// JupyterLab's.
export function watchKeys(page) {
  const leave = (event) => {
    if (event.key !== "Escape" || !page.host.get("lecture")) return;
    if (page.lab?.querySelector("[popover]:popover-open")) return; // Escape closes that first
    event.stopPropagation();
    page.host.set("lecture", false);
  };
  const keep = (event) => {
    if (!(labOf(page) ?? page.root).contains(event.target)) return handOver(page, event);
    if (event.ctrlKey || event.metaKey) delete event.target.dataset.lmSuppressShortcuts;
    else event.target.dataset.lmSuppressShortcuts = "true";
  };
  document.addEventListener("keydown", leave, true);
  // On its way down to the document, where JupyterLab listens.
  window.addEventListener("keydown", keep, true);
  return () => {
    document.removeEventListener("keydown", leave, true);
    window.removeEventListener("keydown", keep, true);
  };
}
