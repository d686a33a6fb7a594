// The graph of the map: nodes for papers, lanes and years, drawn by Cytoscape.js on a canvas.
/* global cytoscape */

import { make, setText } from "./dom.js";
import { inker, look } from "./look.js";

const FAR = 2; // how much a paper off the line of an arrow counts as further away
const WAYS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};
const ZOOM = 1.3;
const idOf = (i) => `p${i}`;

// What stands under a paper; on a walk it has its number.
function labelOf({ label, miniature }, stop = 0) {
  return `${stop ? `${stop}. ` : ""}${miniature ? "▶ " : ""}${label}`;
}

// The node of a paper, or that of the course's paper.
function nodeOf(map, i) {
  return map.graph.getElementById(i === null ? "course" : idOf(i));
}

function elements({ papers, about }) {
  const { course, years, lanes, width } = about;
  const fixed = { grabbable: false, selectable: false };
  const still = { ...fixed, pannable: true };
  return [
    ...lanes.flatMap(({ text, y, height }, i) => [
      { data: { id: `band${i}`, w: width + 60, h: height - 4 },
        position: { x: width / 2, y: y + 5 },
        classes: `band ${i % 2 ? "odd" : ""}`, ...still },
      { data: { id: `lane${i}`, label: text }, position: { x: -34, y: y + 5 }, classes: "lane",
        ...still },
    ]),
    ...years.map(({ text, x }) => (
      { data: { id: `year${text}`, label: text }, position: { x, y: -26 }, classes: "year",
        ...still })),
    { data: { id: "course", label: "the paper of this course", stands: "this",
      title: course.title },
      position: { x: course.x, y: course.y }, classes: "spot course", ...fixed },
    ...papers.map((paper) => (
      { data: { id: idOf(paper.i), i: paper.i, stands: paper.relation, label: labelOf(paper) },
        position: { x: paper.x, y: paper.y },
        classes: ["spot paper", paper.guessed && "guessed", paper.miniature && "runs"]
          .filter(Boolean).join(" ") })),
    ...papers.map(({ i, relation }) => (
      { data: { id: `e${i}`, source: idOf(i), target: "course", stands: relation },
        selectable: false })),
  ];
}

function sheet({ about }) {
  const now = look(false), ink = inker(about.palette, now);
  const marks = Object.entries(about.marks).flatMap(([name, [colour, shape]]) => [
    { selector: `node[stands = "${name}"]`, style: { "background-color": ink(colour), shape } },
    { selector: `edge[stands = "${name}"]`, style: { "line-color": ink(colour) } },
  ]);
  const words = {
    label: "data(label)", color: now.ink, "font-family": now.family, "font-size": 15,
    "text-outline-color": now.paper, "text-outline-width": 2,
  };
  const accent = "#d55e00";
  return [
    { selector: "node", style: { "overlay-opacity": 0, events: "no" } },
    { selector: ".spot", style: {
      ...words, events: "yes", width: 15, height: 15, "text-valign": "bottom", "text-margin-y": 2,
      "border-width": 0, "z-index": 2,
    } },
    { selector: ".course", style: { width: 30, height: 30, "font-weight": "bold" } },
    { selector: "edge", style: {
      width: 1, opacity: 0.22, "curve-style": "straight", events: "no", "z-index": 1,
    } },
    ...marks,
    { selector: ".runs", style: {
      width: 19, height: 19, "border-width": 3, "border-color": now.ink,
    } },
    { selector: ".guessed", style: { "border-width": 2, "border-style": "dashed",
      "border-color": now.ink } },
    { selector: ".band", style: {
      shape: "rectangle", width: "data(w)", height: "data(h)", "z-index": 0,
      "background-color": now.ink, "background-opacity": 0.035,
    } },
    { selector: ".odd", style: { "background-opacity": 0.07 } },
    { selector: ".lane, .year", style: {
      ...words, width: 1, height: 1, "background-opacity": 0, "font-size": 17,
    } },
    { selector: ".lane", style: { "text-halign": "left", "text-valign": "center" } },
    { selector: ".year", style: { "text-valign": "center", "font-weight": "bold" } },
    { selector: ".faded", style: { opacity: 0.12 } },
    { selector: "edge.near", style: { opacity: 0.9, width: 2 } },
    { selector: ".focused, .opened", style: { "outline-width": 3, "outline-offset": 2,
      "outline-color": accent, "outline-opacity": 1, "z-index": 3 } },
    { selector: ".opened", style: { "font-weight": "bold" } },
  ];
}

export function dressGraph(map) {
  map.graph.style(sheet(map));
  const ink = inker(map.about.palette, look(false));
  for (const [mark, colour] of map.parts.marks) mark.style.color = ink(colour);
}

export function makeGraph(map, body, act) {
  const frame = make("div", "course-papers-graph", body);
  const canvas = (map.parts.canvas = make("div", "course-papers-canvas", frame));
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Map of papers. Arrows move between papers, Enter opens one, "
    + "plus and minus zoom. The same papers stand in the table below.");
  map.parts.tip = make("div", "course-papers-tip", frame);
  map.parts.tip.hidden = true;
  map.parts.said = make("div", "course-papers-said", frame);
  map.parts.said.setAttribute("role", "status");
  map.graph = cytoscape({
    container: canvas, elements: elements(map), layout: { name: "preset" },
    minZoom: 0.3, maxZoom: 4, boxSelectionEnabled: false, autounselectify: true,
  });
  dressGraph(map);
  makeZoom(map, frame);
  keepPlace(map, frame);
  shareWheel(map, frame);
  listenToGraph(map, act);
  canvas.onkeydown = (event) => press(map, event, act);
  canvas.onblur = () => hideTip(map);
  map.root.graph = map.graph; // for tests, and for who wants more of it
}

// Cytoscape remembers where it stands until the page scrolls or it gets another size. A notebook
// also moves what it shows when a cell above it grows, and the pointer would then miss papers.
function keepPlace(map, frame) {
  let known = "";
  const placed = () => {
    const { left, top } = map.parts.canvas.getBoundingClientRect(), now = `${left} ${top}`;
    if (now !== known) map.graph.resize();
    known = now;
  };
  for (const type of ["pointermove", "pointerdown", "wheel"]) {
    frame.addEventListener(type, placed, { capture: true, passive: true });
  }
}

// The wheel scrolls the page until the map is in use, so that nobody who reads on is caught in it.
function shareWheel(map, frame) {
  const body = frame.parentElement, told = make("div", "course-papers-wheel", frame);
  make("span", "", told).textContent = "Click the map to zoom with the wheel, or hold Ctrl.";
  make("span", "", told).textContent = "The wheel zooms; Escape gives it back to the page.";
  frame.addEventListener("wheel", (event) => {
    const ours = event.ctrlKey || event.metaKey || body.matches(":focus-within");
    if (ours) event.preventDefault(); // Cytoscape lets it through while the page still scrolls
    else event.stopPropagation(); // before it reaches Cytoscape
  }, { capture: true, passive: false });
  // Cytoscape takes the focus away from everything that a press would give it to
  map.graph.on("tapstart", () => map.parts.canvas.focus({ preventScroll: true }));
}

function makeZoom(map, frame) {
  const box = make("div", "course-papers-zoom", frame);
  const button = (text, title, f) => {
    const made = make("button", "", box);
    made.type = "button";
    Object.assign(made, { textContent: text, title, onclick: f });
    made.setAttribute("aria-label", title);
  };
  button("+", "Zoom in", () => zoomBy(map, ZOOM));
  button("−", "Zoom out", () => zoomBy(map, 1 / ZOOM));
  button("⤢", "Show all", () => { map.moved = false; fitGraph(map); });
}

function zoomBy(map, factor) {
  const { width, height } = map.parts.canvas.getBoundingClientRect();
  map.moved = true;
  map.graph.zoom({
    level: map.graph.zoom() * factor, renderedPosition: { x: width / 2, y: height / 2 },
  });
}

export function fitGraph(map) {
  map.graph.fit(undefined, 12);
}

function listenToGraph(map, act) {
  const { graph, root } = map;
  graph.on("tap", ".paper", ({ target }) => act.open(target.data("i")));
  graph.on("mouseover", ".spot", ({ target }) => showTip(map, target));
  graph.on("mouseout", ".spot", () => hideTip(map));
  graph.on("drag", ".spot", ({ target }) => showTip(map, target));
  graph.on("zoom pan", () => {
    hideTip(map);
    root.dataset.zoom = graph.zoom().toFixed(3);
  });
  graph.on("scrollzoom pinchzoom dragpan", () => { map.moved = true; });
}

function showTip(map, node) {
  const paper = map.papers[node.data("i")], { tip } = map.parts;
  const { x, y } = node.renderedPosition();
  setText(tip, paper ? `${paper.title} (${paper.authors}, ${paper.year})` : node.data("title"));
  tip.hidden = false;
  const room = map.parts.canvas.clientWidth - tip.offsetWidth;
  tip.style.left = `${Math.max(0, Math.min(room, x - tip.offsetWidth / 2))}px`;
  tip.style.top = `${y > 90 ? y - tip.offsetHeight - 16 : y + 30}px`;
  map.graph.edges().removeClass("near");
  node.connectedEdges().filter((edge) => paper || edge.visible()).addClass("near");
}

function hideTip(map) {
  map.parts.tip.hidden = true;
  map.graph.edges().removeClass("near");
}

export function fadeGraph(map, shown) {
  map.graph.batch(() => {
    for (const { i } of map.papers) {
      nodeOf(map, i).toggleClass("faded", !shown.has(i));
      map.graph.getElementById(`e${i}`).toggleClass("faded", !shown.has(i));
    }
  });
}

// The papers of a walk, in order; none ends it.
export function numberStops(map, stops) {
  map.graph.batch(() => {
    for (const paper of map.papers) {
      nodeOf(map, paper.i).data("label", labelOf(paper, stops.indexOf(paper.i) + 1));
    }
  });
}

export function markOpen(map, i) {
  hideTip(map);
  map.graph.nodes(".opened").removeClass("opened");
  if (i !== null) nodeOf(map, i).addClass("opened");
}

// The paper that keys act on; brought into sight.
export function focusPaper(map, i) {
  map.graph.nodes(".focused").removeClass("focused");
  nodeOf(map, i).addClass("focused");
  map.focused = i;
  map.root.dataset.focused = i;
  bringIntoSight(map, i);
}

// After the graph has got another size, or another paper is looked at: no further than needed.
export function bringIntoSight(map, i) {
  const { x, y } = nodeOf(map, i).renderedPosition();
  const { clientWidth: width, clientHeight: height } = map.parts.canvas;
  const by = (at, low, high) => Math.max(low - at, 0) + Math.min(high - at, 0);
  const step = { x: by(x, 60, width - 90), y: by(y, 30, height - 40) };
  if (step.x || step.y) map.graph.panBy(step);
}

// The nearest paper in a direction, among those that the filter leaves.
function next(map, [dx, dy]) {
  const from = nodeOf(map, map.focused).position();
  let best = null, least = Infinity;
  for (const node of map.graph.nodes(".paper").not(".faded")) {
    const { x, y } = node.position();
    const along = (x - from.x) * dx + (y - from.y) * dy;
    const across = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
    const cost = along + FAR * across;
    if (along > 1 && cost < least) [best, least] = [node, cost];
  }
  return best;
}

function press(map, event, act) {
  const { key } = event;
  if (WAYS[key]) {
    const found = next(map, WAYS[key]);
    if (found) {
      focusPaper(map, found.data("i"));
      showTip(map, found);
      setText(map.parts.said, map.parts.tip.textContent);
    }
  } else if ((key === "Enter" || key === " ") && map.focused !== null) act.open(map.focused);
  else if (key === "Escape" && map.opened === null) map.parts.canvas.blur();
  else if (key === "Escape") act.close();
  else if (key === "+" || key === "=") zoomBy(map, ZOOM);
  else if (key === "-") zoomBy(map, 1 / ZOOM);
  else if (key === "0") { map.moved = false; fitGraph(map); }
  else return;
  event.preventDefault();
  event.stopPropagation();
}
