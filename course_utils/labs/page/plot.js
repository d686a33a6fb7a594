// All that touches the inside of plotly.js: drawing a view, and moving what has been drawn.

import { make, later } from "./dom.js";
import { dress, lookOf } from "./look.js";
import { bindingsIn, filled } from "./record.js";
import { apart, astray, pathOf, pointsOf, scaleOf } from "./paths.js";
import { relabel } from "./labels.js";

const PIXELS = 0.5; // how far plotly.js' own drawing may be from a moved one
const CONFIG = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false };

export function newView(page, name) {
  const box = make("figure", "course-view", page.parts.grid);
  const view = {
    name, box, kind: "plot", gd: make("div", "course-plot", box),
    traces: [], layout: {}, direct: false, style: "",
    bound: [], // per trace: its bindings
    laidOut: [], // the layout's bindings, each with its value
    drawn: null, // the traces that plotly.js holds
    changed: new Set(), // traces whose x or y differ from the drawing
    notes: new Set(), // annotations whose place differs from the drawing
    moved: new Set(), // traces moved since plotly.js drew them
    small: false, // beside the view in the centre, without what only a large one has room for
    restyled: false, hovered: false, behind: false, fullAt: 0, revision: 1, nodes: null, at: [],
  };
  box.setAttribute("aria-label", name);
  box.onpointerenter = () => { view.hovered = true; };
  box.onpointerleave = () => { view.hovered = false; };
  return view;
}

// The views of a frame, by name; those that the page has stay. Words stand after them.
export function placeViews(page, names) {
  if (page.last && page.views.map((view) => view.name).join("\n") === names.join("\n")) return;
  for (const view of page.views) {
    page.plotly.purge(view.gd);
    page.sizes.unobserve(view.box);
    page.sight.unobserve(view.box);
    view.box.remove();
  }
  page.views = names.map((name) => newView(page, name));
  for (const { box } of page.views) {
    page.sizes.observe(box);
    page.sight.observe(box);
  }
  page.parts.grid.append(page.said.box);
}

// All that a view declares but where its annotations stand, as text.
function styleText(traces, { annotations = [], ...layout }, ...more) {
  const free = (v) => (typeof v === "number" ? "free" : v);
  const notes = annotations.map((note) => ({ ...note, x: free(note.x), y: free(note.y) }));
  return JSON.stringify([traces, layout, notes, ...more]);
}

export function restyle(view, { traces, layout, direct = false, kind = "plot" }) {
  const style = styleText(traces, layout, direct, kind);
  if (view.drawn && style === view.style) return moveNotes(view, layout);
  Object.assign(view, { traces, layout, direct, kind, style, restyled: true });
  view.bound = traces.map((trace) => bindingsIn(trace));
  view.laidOut = bindingsIn(layout);
  for (const one of [...view.bound.flat(), ...view.laidOut]) one.value = undefined;
}

// Annotations have other places, and nothing else is new.
function moveNotes(view, layout) {
  const before = view.layout.annotations ?? [];
  layout.annotations?.forEach(({ x, y }, i) => {
    if (!view.small && (x !== before[i].x || y !== before[i].y)) view.notes.add(i);
  });
  view.layout = layout;
}

// An array that a frame gives as it is.
export function giveArray(view, trace, key, values) {
  view.traces[trace][key] = values;
  if (key === "x" || key === "y") setDrawn(view, trace, key, values);
  else view.restyled = true;
}

function setDrawn(view, trace, key, values) {
  if (!view.drawn || view.restyled) return;
  view.drawn[trace][key] = values; // the arrays that gd.data and its hover texts refer to
  view.changed.add(trace);
}

// Read what is bound anew, and note what has changed. Only x, y and places of annotations can be
// moved.
export function update(page, view) {
  const { record, shown } = page;
  view.bound.forEach((bound, trace) => {
    for (const one of bound) {
      const value = record.read(one.binding, shown);
      if (value === one.value) continue;
      one.value = value;
      if (one.path.length === 1 && "xy".includes(one.path[0])) {
        setDrawn(view, trace, one.path[0], value);
      } else view.restyled = true;
    }
  });
  for (const one of view.laidOut) {
    const value = record.readScalar(one.binding, shown), before = one.value;
    if (Object.is(value, before)) continue;
    one.value = value;
    if (view.small && one.path[0] === "annotations") continue;
    const [part, i, key] = one.path, both = Number.isFinite(value) && Number.isFinite(before);
    if (part === "annotations" && "xy".includes(key) && both) view.notes.add(Number(i));
    else view.restyled = true;
  }
}

// A view's traces and layout with values in place of bindings. What has no place is left out.
export function content(page, view) {
  const { record, shown } = page;
  const traces = view.traces.map((trace, i) =>
    filled(trace, view.bound[i] ?? [], (binding) => record.read(binding, shown)));
  const own = structuredClone(view.layout); // plotly.js writes a zoom into the limits it was given
  const layout = { ...filled(own, view.laidOut, (b) => record.readScalar(b, shown)) };
  layout.annotations = (layout.annotations ?? []).map((note, i) => {
    const bound = view.laidOut.some(({ path }) => path[0] === "annotations" && +path[1] === i);
    const placed = [note.x, note.y].every((v) => typeof v !== "number" || Number.isFinite(v));
    return bound && !placed ? { ...note, x: 0, y: 0, visible: false } : note;
  });
  if (view.direct) layout.showlegend = false;
  return [traces, layout];
}

// Whether curves can carry their names: on a slide they do so too where a notebook has a legend.
export const nameable = ({ traces, layout, direct }) =>
  direct || (layout.showlegend !== false && traces.every(({ type }) => type === "scatter"));

// A small view has names in a notebook, at rest: on a wall, or while it moves, nobody reads them.
const labelled = ({ host }, view) => (view.small
  ? !host.get("lecture") && !host.get("playing") && nameable(view)
  : view.direct || (host.get("lecture") && nameable(view)));

// How a view is dressed now. Beside the centre of a lecture axes have numbers only where there is
// room for their type.
function styleOf(page, view) {
  const now = lookOf(page, view.small), { clientWidth: width, clientHeight: height } = view.gd;
  const bare = Boolean(view.small && now.lecture && height && height < 7.5 * now.size);
  view.room = width && height ? { width, height } : null;
  return { ...now, bare, room: view.room };
}

// Let plotly.js draw a view. A student's zoom stays until they double-click, or axes get other
// limits.
export function draw(page, view) {
  const [given, wanted] = content(page, view);
  if (labelled(page, view)) wanted.showlegend = false;
  const [traces, layout] = dress(given, wanted, styleOf(page, view), page.palette);
  // plotly.js would cut margins down to the size that the view had before
  if (view.room) Object.assign(layout, view.room);
  layout.datarevision = page.draws = (page.draws ?? 0) + 1;
  layout.uirevision ??= view.revision;
  page.root.dataset.redraws = Number(page.root.dataset.redraws ?? 0) + 1;
  const first = !view.drawn;
  Object.assign(view, {
    drawn: traces, restyled: false, behind: false, nodes: null, fullAt: performance.now(),
    at: layout.annotations.map(({ x, y, xref, yref }) => ({ x, y, xref, yref })),
  });
  for (const set of [view.changed, view.notes, view.moved]) set.clear();
  const done = page.plotly.react(view.gd, traces, layout, CONFIG);
  if (first) listen(page, view);
  return done;
}

function listen(page, view) {
  const { gd } = view;
  gd.on("plotly_doubleclick", () => {
    view.revision += 1; // back to the limits that the layout gives now
    queueMicrotask(() => redraw(page, view));
  });
  gd.on("plotly_relayout", () => {
    view.nodes = null;
    if (view.behind) draw(page, view); // plotly.js drew what it held, older than what was moved
    label(page, view);
  });
}

export function resize(page, view) {
  const { gd } = view;
  if (!gd.isConnected || !gd.data || !gd.clientWidth) return;
  const { width, height } = gd._fullLayout;
  if (Math.abs(gd.clientWidth - width) < 1 && Math.abs(gd.clientHeight - height) < 1) return;
  Promise.resolve(draw(page, view)).then(() => page.closed || label(page, view));
}

// The plot's own axes in pixels; null before plotly.js has drawn any.
export function frameOf(view) {
  const { xaxis, yaxis } = view.gd._fullLayout ?? {};
  if (!xaxis?._length || !yaxis?._length) return null;
  return {
    px: scaleOf(xaxis, false), py: scaleOf(yaxis, true), width: xaxis._length,
    height: yaxis._length, left: xaxis._offset, top: yaxis._offset,
    still: [xaxis, yaxis].every((a) => !a.autorange && ["linear", "log"].includes(a.type)),
  };
}

const straight = ({ line, fill, connectgaps, stackgroup }) =>
  (line?.shape ?? "linear") === "linear" && ["none", "toself"].includes(fill ?? "none")
  && !connectgaps && !stackgroup;

// What a trace is drawn with: {paths} of a line or of an area and its edge, {points} of markers, or
// nothing that can be moved.
function nodesOf(view) {
  const nodes = new Map();
  for (const el of view.gd.querySelectorAll(".scatterlayer .trace")) {
    const index = el.__data__?.[0]?.trace?.index, trace = view.drawn[index];
    if (!trace || trace.xaxis || trace.yaxis) continue;
    if (trace.mode === "lines" && straight(trace)) {
      const kinds = trace.fill === "toself" ? [".js-fill"] : [];
      if (trace.line.width || !kinds.length) kinds.push(".js-line");
      const paths = kinds.flatMap((kind) => [...el.querySelectorAll(kind)]);
      if (paths.length === kinds.length) nodes.set(index, { paths });
    } else if (trace.mode === "markers") {
      nodes.set(index, { points: [...el.querySelectorAll(".points .point")] });
    }
  }
  return nodes;
}

// How to move one trace; null where plotly.js has to draw it.
function mover(view, i, { px, py }) {
  const node = view.nodes.get(i), trace = view.drawn[i];
  if (node?.paths) {
    const path = trace.x.length < 2 ? null : pathOf(trace, px, py);
    return path === null ? null : () => node.paths.forEach((el) => el.setAttribute("d", path));
  }
  if (node?.points.length !== trace.x.length) return null;
  const places = pointsOf(trace, px, py);
  return places && (() => places.forEach((t, j) => node.points[j].setAttribute("transform", t)));
}

// Annotations keep the shape that plotly.js gave them and are shifted as a whole.
function noteMover(view, i, { px, py, width, height }) {
  const drawn = view.at[i];
  const group = view.gd.querySelector(`.annotation[data-index="${i}"]`);
  if (!group || (drawn.xref ?? "x") !== "x" || (drawn.yref ?? "y") !== "y") return null;
  const now = { ...view.layout.annotations[i] };
  for (const { path, value } of view.laidOut) {
    if (path[0] === "annotations" && +path[1] === i) now[path[2]] = value;
  }
  const at = (scale, v) => scale.first + scale.slope * v; // of a log axis already in powers of ten
  const x = at(px, now.x), y = at(py, now.y);
  const shift = `translate(${x - at(px, drawn.x)},${y - at(py, drawn.y)})`;
  const seen = x >= 0 && x <= width && y >= 0 && y <= height;
  return () => {
    group.setAttribute("transform", shift);
    group.style.display = seen ? "" : "none";
  };
}

// Move the changed lines, points and annotations of a drawn view; false where plotly.js has to
// draw it anew.
export function move(page, view) {
  if (view.restyled || !view.drawn) return false;
  if (!view.changed.size && !view.notes.size) return true;
  const frame = frameOf(view);
  if (page.fallback || !frame?.still) return false;
  view.nodes ??= nodesOf(view);
  const todo = [];
  for (const i of view.changed) todo.push(mover(view, i, frame));
  for (const i of view.notes) todo.push(noteMover(view, i, frame));
  if (todo.includes(null)) return false;
  for (const change of todo) change();
  for (const i of view.changed) view.moved.add(i);
  view.behind = true;
  view.changed.clear();
  view.notes.clear();
  return true;
}

// While a run goes on, only paths and points move: writing them directly costs a tenth of a
// plotly.js redraw, which follows (for hover texts) once the run pauses, or while the pointer is
// over the view.
export function settleSoon(page) {
  later(page, "settle", 300, () => {
    if (page.host.get("playing")) return settleSoon(page); // the next frame is late, no more
    for (const view of page.views) {
      if (!view.behind || !page.inSight || !view.gd.isConnected) continue;
      if (view.gd._dragging) settleSoon(page); // in the middle of a student's zoom
      else redraw(page, view);
    }
  });
}

// Draw what was moved, and compare.
export function redraw(page, view) {
  const moved = drawnNow(view), frame = JSON.stringify(frameOf(view));
  const current = !view.changed.size && !view.notes.size && !view.restyled;
  return Promise.resolve(draw(page, view)).then(() => {
    if (page.closed) return;
    label(page, view);
    const same = current && !view.moved.size && JSON.stringify(frameOf(view)) === frame;
    if (same && !page.fallback) compare(page, view, moved);
  });
}

// About where annotations lie, so that names keep off them.
function noteBoxes({ gd }, { px, py }) {
  const at = ({ first, slope }, v) => first + slope * v; // of a log axis in powers of ten
  const shown = (gd.layout?.annotations ?? []).filter(({ visible, xref, yref }) =>
    visible !== false && (xref ?? "x") === "x" && (yref ?? "y") === "y");
  return shown.map(({ x, y, text, font, xanchor, yanchor, xshift = 0, yshift = 0 }) => {
    const width = 0.58 * font.size * text.length, height = 1.3 * font.size;
    const before = { left: 0, right: 1 }[xanchor] ?? 0.5, above = { top: 0, bottom: 1 }[yanchor];
    const left = at(px, x) + xshift - before * width;
    const top = at(py, y) - yshift - (above ?? 0.5) * height;
    return { left, right: left + width, top, bottom: top + height };
  });
}

// Names at the ends of curves, where a view asks for them.
export function label(page, view) {
  const frame = frameOf(view), wanted = labelled(page, view);
  relabel(page, view, wanted && frame, wanted && frame ? noteBoxes(view, frame) : []);
}

// What stands in the page for the moved traces: paths, and places of points.
function drawnNow(view, traces = view.moved) {
  const found = new Map();
  view.nodes ??= nodesOf(view);
  for (const i of traces) {
    const node = view.nodes.get(i);
    if (node?.paths) found.set(i, node.paths[0].getAttribute("d"));
    else if (node) found.set(i, node.points.map((point) => point.getAttribute("transform")));
  }
  return found;
}

// plotly.js may draw otherwise than was moved here, as after a new version: then it draws every
// frame from now on.
function compare(page, view, before) {
  const { width, height } = frameOf(view);
  for (const [i, theirs] of drawnNow(view, before.keys())) {
    const mine = before.get(i);
    const far = typeof mine === "string" ? apart(mine, theirs, width, height)
      : astray(mine, theirs);
    if (far <= PIXELS) continue;
    page.fallback = true;
    page.root.dataset.fallback = "true";
    console.warn(`${view.name}, trace ${i}: plotly.js draws ${far.toFixed(1)} px from where it was `
      + "moved to, so plotly.js draws every frame from now on");
    return;
  }
}
