// All figures of a lab as one picture for a slide, with the settings under them; its table as CSV.

import { dress, paperLook } from "./look.js";
import { annotations } from "./labels.js";
import { centralOf } from "./layout.js";
import { content, frameOf, nameable } from "./plot.js";
import { SVG, isPicture, pictureFile } from "./scene.js";

const SLIDE = { width: 1280, height: 720 }; // 16:9
const EDGE = 16, LINE = 20; // pixels around figures and of a line of the settings
const LETTERS = Math.floor((SLIDE.width - 2 * EDGE) / 9); // of 15 pixels, in a line

export async function download(page, { format, name, text }) {
  if (format === "csv") return save(new Blob([text], { type: "text/csv" }), name);
  const slide = await slideOf(page, text);
  return save(format === "svg" ? new Blob([slide], { type: "image/svg+xml" })
    : await (await fetch(await pixelsOf(slide))).blob(), name);
}

// Where n figures stand on a slide over a foot, the one in the centre first: in two rows from
// three on, and where one place is left over, the first has two.
export function cellsOf(n, foot) {
  const columns = n < 2 ? 1 : n < 5 ? 2 : Math.ceil(n / 2), rows = n < 3 ? 1 : 2;
  const tall = columns * rows > n;
  const width = (SLIDE.width - 2 * EDGE) / columns;
  const height = (SLIDE.height - 2 * EDGE - foot) / rows;
  const places = Array.from({ length: columns * rows }, (_, i) => [i % columns, i / columns | 0]);
  if (tall) places.splice(columns, 1);
  return places.map(([i, j], at) => ({
    x: EDGE + i * width, y: EDGE + j * height, width, height: tall && !at ? 2 * height : height,
  }));
}

// A text in lines of so many letters, parted at spaces.
export function linesOf(text, letters = LETTERS) {
  const lines = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : "";
    if (longer && longer.length <= letters) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// The slide as text of an SVG file.
export async function slideOf(page, text) {
  const svg = document.createElementNS(SVG, "svg"), lines = linesOf(text);
  const { width, height } = SLIDE;
  setAll(svg, { xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height });
  setAll(add(svg, "rect"), { width, height, fill: "#fff" });
  const { views } = page, middle = centralOf(views, page.host.get("central"));
  const inOrder = middle ? [middle, ...views.filter((view) => view !== middle)] : views;
  const cells = cellsOf(views.length, LINE * lines.length);
  for (const [i, view] of inOrder.entries()) {
    const drawn = await drawnFor(page, view, cells[i]);
    const figure = new DOMParser().parseFromString(drawn, "image/svg+xml").documentElement;
    setAll(figure, cells[i]);
    svg.append(document.importNode(figure, true));
  }
  lines.forEach((line, i) => {
    const y = height - EDGE - LINE * (lines.length - 1 - i);
    const look = { "font-family": "monospace", "font-size": 15, fill: "#222" };
    setAll(add(svg, "text"), { x: EDGE, y, ...look }).textContent = line;
  });
  return new XMLSerializer().serializeToString(svg);
}

function add(svg, name) {
  const el = document.createElementNS(SVG, name);
  svg.append(el);
  return el;
}

function setAll(el, attributes) {
  for (const [name, value] of Object.entries(attributes)) el.setAttribute(name, value);
  return el;
}

// One figure as text of an SVG file.
async function drawnFor(page, view, size) {
  if (isPicture(view)) return pictureFile(page, view, size);
  const { width, height } = size;
  const url = await page.plotly.toImage(paperCopy(page, view, size),
    { format: "svg", width, height });
  return (await fetch(url)).text();
}

// The slide in pixels, as the address of an image.
async function pixelsOf(slide) {
  const image = new Image(), canvas = document.createElement("canvas");
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(slide)}`;
  await image.decode();
  Object.assign(canvas, { width: 2 * SLIDE.width, height: 2 * SLIDE.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

export function paperCopy(page, view, { width, height }) {
  const now = { ...paperLook(), room: { width, height } };
  const [data, layout] = dress(...content(page, view), now, page.palette);
  const frame = nameable(view) && frameOf(view);
  if (frame) {
    layout.showlegend = false;
    layout.annotations.push(...annotations(data, onPaper(frame, layout, { width, height }), now));
  }
  const white = { paper_bgcolor: "#fff", plot_bgcolor: "#fff" };
  return { data, layout: { ...layout, width, height, ...white } };
}

// A plot's axes at the size that they have on paper.
function onPaper({ px, py, width, height }, { margin: { l, r, t, b } }, paper) {
  const wide = paper.width - l - r, high = paper.height - t - b;
  const scaled = ({ first, slope, log }, s) => ({ first: first * s, slope: slope * s, log });
  return {
    width: wide, height: high, px: scaled(px, wide / width), py: scaled(py, high / height),
  };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
