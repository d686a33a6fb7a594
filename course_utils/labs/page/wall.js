// What keys of a lecture show: one figure alone, the address for the class with its QR code, and
// the keys themselves.

import { make } from "./dom.js";
import { labOf } from "./reach.js";
import { SVG } from "./scene.js";

const QUIET = 4; // white modules around a QR code, as ISO/IEC 18004 asks for
const KEYS = [
  ["Space", "play, pause"],
  ["← →", "look back, on; at the end one step"],
  ["N, Page Down", "next preset or slide"],
  ["B, Page Up", "the one before"],
  ["F", "the figure in the centre alone, and back"],
  ["L", "address and QR code for the class"],
  ["?", "these keys"],
  ["Esc", "back to the notebook"],
];

// The figure in the centre fills the page, and does not at the next time.
export function showOne(page, on = labOf(page).dataset.one !== "true") {
  labOf(page).dataset.one = on;
  if (on && !page.host.get("lecture")) page.host.set("lecture", true);
}

// The path of a QR code, one unit a module, from rows of 0 and 1.
export function modulesOf(rows) {
  return rows.flatMap((row, y) => Array.from(row, (v, x) =>
    (v === "1" ? `M${x + QUIET},${y + QUIET}h1v1h-1z` : ""))).join("");
}

// An address in letters as large as fit one line, but not under those of the lecture.
export function letters(address, { width, height }) {
  return Math.max(0.036 * height, Math.min(0.09 * height, 1.5 * width / address.length));
}

function fillLink(panel, { address, rows }) {
  const text = make("p", "", panel), svg = document.createElementNS(SVG, "svg");
  text.textContent = address;
  text.style.fontSize = `${letters(address, { width: innerWidth, height: innerHeight })}px`;
  const side = rows.length + 2 * QUIET, code = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `QR code of ${address}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  code.setAttribute("d", modulesOf(rows));
  svg.append(code);
  panel.append(svg);
}

function fillKeys(panel, { rows }) {
  const table = make("table", "", panel);
  for (const [key, meaning] of KEYS) {
    if (key === "L" && !rows) continue;
    const tr = make("tr", "", table);
    make("th", "", tr).textContent = key;
    make("td", "", tr).textContent = meaning;
  }
}

// Show a panel, or hide it if it shows; Escape and a click elsewhere hide it too.
export function showPanel(page, what) {
  const shown = page.panel?.matches(":popover-open") && page.panel.dataset.what;
  page.panel?.remove();
  page.panel = null;
  const link = page.host.get("link") ?? {}, lab = labOf(page);
  if (shown === what || !lab?.showPopover || (what === "link" && !link.address)) return;
  const panel = (page.panel = make("div", "course-panel", lab));
  panel.dataset.what = what;
  panel.popover = "auto";
  (what === "link" ? fillLink : fillKeys)(panel, link);
  panel.showPopover();
}
