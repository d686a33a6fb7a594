// The page's theme and reading size, and traces and layouts dressed for them.

const PLAIN = { ink: "#222222", dark: {} };

// Asking for a style makes the browser compute all that has changed, so a page asks once and not
// with every frame.
export function lookOf(page, small = false) {
  page.looks ??= look(page.host.get("lecture"));
  return small ? page.looks.beside : page.looks;
}

const css = (name, fallback) =>
  getComputedStyle(document.body).getPropertyValue(name).trim() || fallback;

// Type in pixels: in a lecture 3 % of the page's height, as a wall is as large as its page, and
// less where a page is tall and narrow.
export function sizeOf(lecture, height = globalThis.innerHeight ?? 768,
  width = globalThis.innerWidth ?? 2 * height) {
  return lecture ? Math.max(18, Math.ceil(0.03 * Math.min(height, 0.75 * width))) : 12;
}

export function look(lecture) {
  const dark = document.body.dataset.jpThemeLight === "false";
  const size = sizeOf(lecture);
  const large = {
    dark, size, lecture, small: false,
    picture: lecture ? size / 0.9 : size, // its smallest letters have 0.9 of that
    ink: css("--jp-content-font-color1", dark ? "#eee" : "#222"),
    paper: css("--jp-layout-color0", dark ? "#111" : "#fff"),
    family: css("--jp-ui-font-family", "sans-serif"),
    grid: dark ? "rgba(255,255,255,.14)" : "rgba(0,0,0,.09)",
    line: dark ? "rgba(255,255,255,.45)" : "rgba(0,0,0,.4)",
    scale: lecture ? 1.7 * size / 18 : 1,
  };
  const least = lecture ? size : Math.round(0.84 * size);
  const beside = { small: true, size: least, scale: 0.75 * large.scale };
  return { ...large, beside: { ...large, ...beside } };
}

// On paper the background is white, whatever the page's theme.
export function paperLook() {
  return {
    dark: false, size: 16, ink: "#222", paper: "#fff", family: "sans-serif",
    grid: "rgba(0,0,0,.09)", line: "rgba(0,0,0,.4)", scale: 1.3,
  };
}

// Colours are written for a light page; the palette says what they are on a dark one.
export function inker({ ink, dark }, now) {
  const one = (color) => (color === ink ? now.ink : now.dark ? dark[color] ?? color : color);
  return (color) => (Array.isArray(color) ? color.map(one) : one(color));
}

function dressAxis(given, font, now) {
  const title = typeof given.title === "string" ? { text: given.title } : given.title;
  return {
    gridcolor: now.grid, linecolor: now.line, tickcolor: now.line, zeroline: false,
    showline: true, ticks: "outside", ticklen: now.lecture ? 0.4 * now.size : 3,
    automargin: false, ...given,
    // plotly.js enlarges powers of ten by 1.25
    tickfont: given.exponentformat === "power" ? { ...font, size: now.size / 1.25 } : font,
    title: title && { standoff: 4, ...title },
  };
}

function dressTitle(text, font, now) {
  return {
    text, x: 0, xref: now.lecture ? "container" : "paper", xanchor: "left",
    y: 1, yref: "container", yanchor: "top",
    pad: { t: 6, l: now.lecture ? 6 : 0 }, font: { ...font, size: now.size * 1.1, weight: 600 },
  };
}

function dressLayout(layout, now, ink, traces) {
  const font = { size: now.size, color: now.ink, family: now.family };
  const s = now.size / 12, more = now.lecture ? 4 : 0; // as ticks are longer there
  const margin = { l: 52 * s, r: 10, t: (28 + more) * s, b: (38 + more) * s };
  const over = now.lecture && layout.showlegend !== false ? overPlot(traces, now, margin) : {};
  const out = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font, showlegend: true,
    autosize: true, hoverlabel: { bgcolor: now.paper, bordercolor: now.line, font },
    margin, ...layout,
    legend: {
      orientation: "v", x: 0.02, y: 0.02, xanchor: "left", yanchor: "bottom",
      font: { size: now.size }, itemsizing: "constant", tracegroupgap: 0, itemwidth: 30,
      bgcolor: now.dark ? "rgba(17,17,17,.6)" : "rgba(255,255,255,.7)", ...layout.legend,
      ...over,
    },
  };
  for (const key of Object.keys(layout)) {
    if (!/^[xy]axis/.test(key)) continue;
    out[key] = thinned(dressAxis(layout[key], font, now), key[0] === "x", out.margin, now);
  }
  if (layout.title) out.title = dressTitle(layout.title, font, now);
  const shift = (pixels) => pixels && pixels * (now.lecture ? s : 1);
  out.annotations = (layout.annotations ?? []).map((note) => ({
    ...note, xshift: shift(note.xshift), yshift: shift(note.yshift),
    font: {
      ...font, ...note.font, ...(note.font?.color && { color: ink(note.font.color) }),
      size: now.size,
    },
  }));
  return out;
}

// A legend that covers no data: in lines between title and plot, for which it makes room.
function overPlot(traces, { size, room }, margin) {
  const names = traces.filter(({ name, showlegend }) => name && showlegend !== false);
  const wide = names.reduce((sum, { name }) => sum + (0.6 * name.length + 3) * size, 0);
  const lines = Math.ceil(wide / Math.max(1, (room?.width ?? wide) - margin.l - margin.r));
  margin.t += 1.4 * size * lines;
  return { orientation: "h", x: 0, xanchor: "left", y: 1, yanchor: "bottom",
    bgcolor: "rgba(0,0,0,0)" };
}

// Fewer ticks, where their type would touch.
function thinned(axis, across, { l, r, t, b }, { room, size }) {
  const { range, type, tickvals, ticktext, dtick } = axis;
  if (!room || range?.length !== 2 || !range.every(Number.isFinite)) return axis;
  const length = Math.abs((across ? room.width - l - r : room.height - t - b));
  const unit = length / Math.abs(range[1] - range[0]), log = type === "log";
  if (log && typeof dtick === "number" && !tickvals) {
    const least = (across ? 2.9 : 1.4) * size;
    return { ...axis, dtick: dtick * Math.max(1, Math.ceil(least / (dtick * unit))) };
  }
  if (!tickvals) return axis;
  const places = Array.from(tickvals, (v) => unit * (log ? Math.log10(v) : v));
  const texts = ticktext ?? Array.from(tickvals, String);
  const needs = (i) => (across ? (0.58 * texts[i].length + 0.5) * size : 1.25 * size);
  const step = everyNth(places, needs), kept = (list) => list && Array.from(list).filter(step);
  return { ...axis, tickvals: kept(tickvals), ...(ticktext && { ticktext: kept(ticktext) }) };
}

// A filter that leaves every n-th place, for the least n at which neighbours are far enough apart.
function everyNth(places, least) {
  for (let n = 1; n < places.length; n++) {
    let free = true;
    for (let i = n; i < places.length; i += n) {
      free &&= Math.abs(places[i] - places[i - n]) >= (least(i) + least(i - n)) / 2;
    }
    if (free) return (_, i) => i % n === 0;
  }
  return (_, i) => i === 0;
}

function dressTrace(trace, now, ink) {
  const { line, marker, fillcolor } = trace;
  const dressed = { ...trace };
  if (line || trace.type === "scatter") {
    // Corner by corner, as paths are moved, so that a redraw changes nothing.
    dressed.line = { simplify: false, ...line, color: ink(line?.color),
      width: (line?.width ?? 2) * now.scale };
  }
  if (marker) {
    dressed.marker = { ...marker, color: ink(marker.color), size: scaled(marker.size, now.scale) };
    if (marker.line) dressed.marker.line = { ...marker.line, color: ink(marker.line.color) };
  }
  if (fillcolor) dressed.fillcolor = ink(fillcolor);
  // plotly.js would make numbers over narrow bars smaller: then they go
  if (trace.type === "bar" && now.lecture) barNumbers(dressed, now);
  return dressed;
}

function barNumbers(bars, { room, size, small }) {
  const wide = room && room.width / Math.max(1, bars.x?.length ?? 1) > 3.4 * size;
  if (wide && !small) bars.constraintext = "none";
  else delete bars.text;
}

const scaled = (size = 6, scale) =>
  (typeof size === "number" ? size * scale : Array.from(size, (s) => s * scale));

// A small view keeps its curves, its ticks and little else: its title stands on its button.
function compact(layout, { size, bare }) {
  const small = { ...layout, showlegend: false, annotations: [] };
  delete small.title;
  small.margin = bare ? { l: 0.3 * size, r: 0.3 * size, t: 0.3 * size, b: 0.3 * size }
    : { l: 3.4 * size, r: 0.6 * size, t: 0.4 * size, b: 1.7 * size };
  for (const key of Object.keys(layout)) {
    if (!/^[xy]axis/.test(key)) continue;
    small[key] = { ...compactAxis(layout[key]), ...(bare && { showticklabels: false, ticks: "" }) };
  }
  return small;
}

function compactAxis({ tickvals, ticktext, ...axis }) {
  delete axis.title;
  const long = tickvals?.length > 4, every = (list) => list && (long ? evens(list) : list);
  if (axis.type === "log" && axis.dtick === 1 && axis.range?.[1] - axis.range?.[0] > 3) {
    axis.dtick = 2;
  } else if (axis.type !== "log") delete axis.dtick;
  return { nticks: 4, ...axis, ...(tickvals && { tickvals: every(tickvals) }),
    ...(ticktext && { ticktext: every(ticktext) }) };
}

const evens = (list) => Array.from(list).filter((_, i) => i % 2 === 0);

// What plotly.js draws: traces and layout adapted to theme and reading size.
export function dress(traces, given, now, palette = PLAIN) {
  const ink = inker(palette, now), layout = now.small ? compact(given, now) : given;
  return [traces.map((trace) => dressTrace(trace, now, ink)),
    dressLayout(layout, now, ink, traces)];
}

// The colour by which an eye finds a trace again.
export function colourOf({ line, marker, mode = "" }) {
  const filled = (color) => typeof color === "string" && !/,\s*0\)$/.test(color) && color;
  const drawn = mode.includes("lines") || !marker ? [line?.color] : [];
  return [...drawn, marker?.color, marker?.line?.color].find(filled);
}
