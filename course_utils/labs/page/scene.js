// A picture on the page: its shapes as SVG, the choice of two directions, and a file of its own.

import { make } from "./dom.js";
import { inker, lookOf, paperLook } from "./look.js";
import { limitOf, pictureOf } from "./picture.js";
import { filled } from "./record.js";

export const SVG = "http://www.w3.org/2000/svg";
const DIRECTIONS = 6; // hidden directions whose weights are told

export const isPicture = ({ kind }) => kind === "picture";

// The two directions that are shown, of so many; the first two where none were chosen.
export function pairOf(chosen, known) {
  const good = chosen?.length === 2 && chosen[0] !== chosen[1] && chosen.every((n) => n < known);
  return good ? [...chosen].sort((a, b) => a - b) : [0, 1];
}

// A further direction takes the place of the one that was chosen before the last.
export function chooseDirection(chosen, direction) {
  return chosen.includes(direction) ? chosen : [chosen[1], direction];
}

// What is drawn when a row is shown.
function numbersOf(page, view) {
  const { record, shown, host } = page, { k, ...layout } = view.layout;
  const [now, first, limits, angles, before] = view.traces.map((trace, i) =>
    filled(trace, view.bound[i] ?? [], (binding) => record.read(binding, shown)));
  const { degrees, names, colours } = angles, { widest = [], highest = [] } = before ?? {};
  return {
    ...layout, k, first, before, degrees, names, colours,
    inside: now.inside, outside: now.outside,
    side: Math.max(limitOf(limits.inside, 1.15), limitOf(widest, 1.15)),
    tall: Math.max(limitOf(limits.outside, 1), limitOf(highest, 1)),
    pair: pairOf(host.get("pair"), Math.min(k, DIRECTIONS)),
  };
}

// Draw a picture if anything of it has changed.
export function paintPicture(page, view) {
  let news = view.restyled || !view.drawn;
  for (const one of view.bound.flat()) {
    const value = page.record.read(one.binding, page.shown);
    news ||= value !== one.value;
    one.value = value;
  }
  if (news) drawPicture(page, view);
}

export function drawPicture(page, view) {
  view.gd.className = "course-picture";
  view.room ??= { width: view.gd.clientWidth, height: view.gd.clientHeight };
  const { width, height } = view.room, now = lookOf(page, view.small);
  view.drawn = true;
  view.restyled = false;
  if (!width || !height) return;
  const numbers = { ...numbersOf(page, view), small: view.small };
  const size = view.small ? now.size : Math.max(now.picture, 0.034 * height);
  const shapes = pictureOf(numbers, { width, height, size }, inker(page.palette, now));
  view.svg ??= newSvg(view.gd);
  view.svg.setAttribute("aria-label", numbers.title);
  put(view.svg, shapes, { width, height, now });
  offerPairs(page, view, { ...numbers, size });
}

function newSvg(parent) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("role", "img");
  parent?.append(svg);
  return svg;
}

// Elements stay as long as the shapes have the same names; only what has changed is written.
function put(svg, shapes, { width, height, now }) {
  const names = shapes.map(([name]) => name).join();
  if (svg.dataset.names !== names) {
    svg.dataset.names = names;
    svg.replaceChildren(...shapes.map(([name]) =>
      document.createElementNS(SVG, name === "text" ? "text" : "path")));
  }
  write(svg, { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": now.family });
  shapes.forEach(([name, place, { halo, ...look }, text], i) => {
    const el = svg.children[i];
    if (halo) {
      Object.assign(look, { "paint-order": "stroke", stroke: now.paper, "stroke-width": 4 });
    }
    if (name !== "text") return write(el, { "data-name": name, d: place, ...look });
    if (el.textContent !== text) el.textContent = text;
    return write(el, { x: place[0].toFixed(1), y: place[1].toFixed(1), ...look });
  });
}

function write(el, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (el.getAttribute(name) !== String(value)) el.setAttribute(name, value);
  }
}

// Of three directions and more two are shown at a time.
function offerPairs(page, view, { k, pair, size }) {
  const known = Math.min(k, DIRECTIONS), offered = known > 2 && !view.small ? known : 0;
  view.pairs ??= make("div", "course-pair", view.box);
  const box = view.pairs;
  if (box.children.length !== offered) {
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "two of the hidden directions");
    box.replaceChildren();
    for (let n = 0; n < offered; n++) makeChoice(page, box, n);
  }
  box.hidden = !offered;
  Object.assign(box.style, { fontSize: `${0.9 * size}px`, top: `${1.5 * size}px` });
  [...box.children].forEach((button, n) =>
    write(button, { "aria-pressed": pair.includes(n) }));
}

function makeChoice(page, box, direction) {
  const button = make("button", "", box);
  button.type = "button";
  button.textContent = `u${"₁₂₃₄₅₆"[direction]}`;
  button.title = "Look along this direction too";
  button.onclick = () => {
    const chosen = page.host.get("pair") ?? [0, 1];
    page.host.set("pair", chooseDirection(chosen, direction));
  };
}

// The box of a picture has another size.
export function resizePicture(page, view) {
  const { clientWidth: width, clientHeight: height } = view.gd;
  if (!view.drawn || (view.room?.width === width && view.room?.height === height)) return;
  view.room = { width, height };
  drawPicture(page, view);
}

// The same on paper, as text of an SVG file.
export function pictureFile(page, view, { width, height }) {
  const now = paperLook(), svg = newSvg();
  const shapes = pictureOf({ ...numbersOf(page, view), small: false },
    { width, height, size: Math.max(13, 0.034 * height) }, inker(page.palette, now));
  put(svg, shapes, { width, height, now });
  svg.setAttribute("xmlns", SVG);
  svg.style.background = now.paper;
  return new XMLSerializer().serializeToString(svg);
}
