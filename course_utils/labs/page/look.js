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

// Type in pixels: in a lecture a share of the page's height, as a wall is as large as its page.
export function sizeOf(lecture, height = globalThis.innerHeight ?? 768) {
  return lecture ? Math.max(18, Math.round(0.024 * height)) : 12;
}

export function look(lecture) {
  const dark = document.body.dataset.jpThemeLight === "false";
  const size = sizeOf(lecture);
  const large = {
    dark, size, small: false,
    picture: lecture ? Math.max(size, Math.round(0.031 * (globalThis.innerHeight ?? 768))) : size,
    ink: css("--jp-content-font-color1", dark ? "#eee" : "#222"),
    paper: css("--jp-layout-color0", dark ? "#111" : "#fff"),
    family: css("--jp-ui-font-family", "sans-serif"),
    grid: dark ? "rgba(255,255,255,.14)" : "rgba(0,0,0,.09)",
    line: dark ? "rgba(255,255,255,.45)" : "rgba(0,0,0,.4)",
    scale: lecture ? 1.7 * size / 18 : 1,
  };
  const beside = { small: true, size: Math.round(0.84 * size), scale: 0.75 * large.scale };
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
    showline: true, ticks: "outside", ticklen: 3, automargin: false, ...given,
    // plotly.js enlarges powers of ten by 1.25
    tickfont: given.type === "log" ? { ...font, size: now.size / 1.25 } : font,
    title: title && { standoff: 4, ...title },
  };
}

function dressTitle(text, font, now) {
  return {
    text, x: 0, xref: "paper", xanchor: "left", y: 1, yref: "container", yanchor: "top",
    pad: { t: 6 }, font: { ...font, size: now.size * 1.1, weight: 600 },
  };
}

function dressLayout(layout, now, ink) {
  const font = { size: now.size, color: now.ink, family: now.family };
  const s = now.size / 12;
  const out = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font, showlegend: true,
    autosize: true, hoverlabel: { bgcolor: now.paper, bordercolor: now.line, font },
    margin: { l: 52 * s, r: 10, t: 28 * s, b: 38 * s },
    ...layout,
    legend: {
      orientation: "v", x: 0.02, y: 0.02, xanchor: "left", yanchor: "bottom",
      font: { size: now.size }, itemsizing: "constant", tracegroupgap: 0, itemwidth: 30,
      bgcolor: now.dark ? "rgba(17,17,17,.6)" : "rgba(255,255,255,.7)", ...layout.legend,
    },
  };
  for (const key of Object.keys(layout)) {
    if (/^[xy]axis/.test(key)) out[key] = dressAxis(layout[key], font, now);
  }
  if (layout.title) out.title = dressTitle(layout.title, font, now);
  out.annotations = (layout.annotations ?? []).map((note) => ({
    ...note,
    font: {
      ...font, ...note.font, ...(note.font?.color && { color: ink(note.font.color) }),
      size: now.size,
    },
  }));
  return out;
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
  return dressed;
}

const scaled = (size = 6, scale) =>
  (typeof size === "number" ? size * scale : Array.from(size, (s) => s * scale));

// A small view keeps its curves, its ticks and little else: its title stands on its button.
function compact(layout, { size }) {
  const small = { ...layout, showlegend: false, annotations: [] };
  delete small.title;
  small.margin = { l: 3.4 * size, r: 0.6 * size, t: 0.4 * size, b: 1.7 * size };
  for (const key of Object.keys(layout)) {
    if (/^[xy]axis/.test(key)) small[key] = compactAxis(layout[key]);
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
  return [traces.map((trace) => dressTrace(trace, now, ink)), dressLayout(layout, now, ink)];
}

// The colour by which an eye finds a trace again.
export function colourOf({ line, marker, mode = "" }) {
  const filled = (color) => typeof color === "string" && !/,\s*0\)$/.test(color) && color;
  const drawn = mode.includes("lines") || !marker ? [line?.color] : [];
  return [...drawn, marker?.color, marker?.line?.color].find(filled);
}
