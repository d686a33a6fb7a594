// The map of papers: what anywidget starts, and what ties tools, graph, card and table together.

import { make, setText } from "./dom.js";
import { kernelHost } from "./hosts.js";
import { closeCard, hearCard, makeCard, openCard } from "./map_card.js";
import { bringIntoSight, dressGraph, fadeGraph, fitGraph, focusPaper, makeGraph, markOpen }
  from "./map_graph.js";
import { makeTable, makeTools, matches } from "./map_tools.js";

// Everything that the page of a map knows.
function newMap(el, host) {
  const root = make("div", "course-papers course-stage", el);
  const papers = host.get("papers").map((paper, i) => ({ ...paper, i }));
  return {
    root, host, papers, about: host.get("about"), miniatures: host.get("miniatures"),
    parts: {}, graph: null, opened: null, focused: null, moved: false, running: null,
    results: new Map(), query: { text: "", topic: "", runnable: false, stops: null }, unmount: null,
    timers: {},
  };
}

function filter(map) {
  const shown = map.papers.filter((paper) => matches(paper, map.query));
  fadeGraph(map, new Set(shown.map((paper) => paper.i)));
  map.parts.rows.forEach((row, i) => { row.hidden = !shown.includes(map.papers[i]); });
  setText(map.parts.count, shown.length === map.papers.length ? `${shown.length} papers`
    : `${shown.length} of ${map.papers.length} papers`);
  map.root.dataset.shown = shown.length;
  return shown;
}

function open(map, i) {
  map.opened = i;
  map.root.dataset.opened = i;
  markOpen(map, i);
  focusPaper(map, i);
  openCard(map, map.papers[i]);
}

function shut(map) {
  if (map.opened === null) return;
  map.opened = null;
  delete map.root.dataset.opened;
  markOpen(map, null);
  closeCard(map);
  map.parts.canvas.focus({ preventScroll: true });
}

// The notebook, which looks at the focused element alone, would take keys for its own.
function keepKeys({ root }) {
  root.addEventListener("focusin", ({ target }) => {
    target.dataset.lmSuppressShortcuts = "true";
  });
}

function watchMap(map) {
  const theme = new MutationObserver(() => dressGraph(map));
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name"];
  theme.observe(document.body, { attributes: true, attributeFilter });
  const sizes = new ResizeObserver(() => {
    map.root.dataset.narrow = map.root.clientWidth < 760;
    map.graph.resize();
    if (map.opened !== null) bringIntoSight(map, map.opened);
    else if (!map.moved) fitGraph(map);
  });
  sizes.observe(map.root);
  sizes.observe(map.parts.canvas);
  return () => { theme.disconnect(); sizes.disconnect(); };
}

function render({ model, el }) {
  const map = newMap(el, kernelHost(model));
  const act = {
    open: (i) => open(map, i), close: () => shut(map), filter: () => filter(map),
  };
  keepKeys(map);
  makeTools(map, act);
  const body = make("div", "course-papers-body", map.root);
  makeGraph(map, body, act);
  makeCard(map, body, act);
  makeTable(map, act);
  filter(map);
  const stops = [watchMap(map), map.host.receive((message, buffers) => {
    hearCard(map, message, buffers);
  })];
  map.host.send({ type: "hello" });
  map.root.dataset.ready = "true";
  return () => {
    for (const stop of stops) stop();
    map.unmount?.();
    map.graph.destroy();
  };
}

export default { render };
