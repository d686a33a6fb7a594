// What is written for a light page is dressed for the page's theme and reading size.
import assert from "node:assert/strict";
import test from "node:test";

import { colourOf, dress, inker, lookOf, paperLook } from "../../course_utils/labs/page/look.js";

const palette = { ink: "#222222", dark: { "#0072B2": "#4AA8E8" } };
const light = { ...paperLook(), dark: false, size: 12, scale: 1, ink: "#333" };
const dark = { ...light, dark: true, ink: "#eee" };
const trace = {
  type: "scatter", mode: "lines+markers", x: [1], y: [2],
  line: { color: "#0072B2", width: 3, dash: "dot" },
  marker: { color: "#222222", size: 5, line: { color: "#8a8a8a", width: 1 } },
};

test("ink is the page's own colour, and a dark page has its own colours", () => {
  const [[onLight]] = dress([trace], {}, light, palette);
  const [[onDark]] = dress([trace], {}, dark, palette);
  assert.deepEqual([onLight.line.color, onLight.marker.color], ["#0072B2", "#333"]);
  assert.deepEqual([onDark.line.color, onDark.marker.color], ["#4AA8E8", "#eee"]);
  assert.equal(onDark.marker.line.color, "#8a8a8a");
  assert.deepEqual(inker(palette, dark)(["#0072B2", "#222222", "red"]), ["#4AA8E8", "#eee", "red"]);
  assert.equal(trace.line.color, "#0072B2", "what was given stays as it is");
});

test("without a palette ink alone is changed", () => {
  const [[dressed]] = dress([trace], {}, dark);
  assert.deepEqual([dressed.line.color, dressed.marker.color], ["#0072B2", "#eee"]);
});

test("a lecture has large type, wide lines and large points", () => {
  const xaxis = { type: "log", exponentformat: "power" };
  const [[dressed], layout] = dress([trace], { xaxis, yaxis: {} },
    { ...light, size: 18, scale: 1.7 }, palette);
  assert.deepEqual([dressed.line.width, dressed.marker.size], [3 * 1.7, 5 * 1.7]);
  assert.equal(layout.font.size, 18);
  assert.equal(layout.xaxis.tickfont.size, 18 / 1.25, "plotly.js enlarges powers of ten");
  assert.equal(layout.yaxis.tickfont.size, 18);
  assert.deepEqual(layout.margin, { l: 78, r: 10, t: 42, b: 57 });
});

test("paths are drawn corner by corner, as they are moved", () => {
  const [[plain]] = dress([{ type: "scatter", x: [], y: [] }], {}, light);
  assert.deepEqual(plain.line, { simplify: false, color: undefined, width: 2 });
  assert.equal(plain.marker, undefined);
  const [[bar]] = dress([{ type: "bar", marker: { color: ["#222222", "red"] } }], {}, light);
  assert.deepEqual([bar.line, bar.marker.color], [undefined, ["#333", "red"]]);
  const sizes = { type: "scatter", marker: { size: [2, 4] } };
  const [[sized]] = dress([sizes], {}, { ...light, scale: 2 });
  assert.deepEqual(sized.marker.size, [4, 8]);
});

test("a layout keeps what it says and gets the rest", () => {
  const note = { text: "n", font: { color: "#222222" } };
  const [, layout] = dress([], { title: "T", xaxis: { range: [0, 1], title: "x" },
    legend: { x: 1 }, margin: { l: 1 }, annotations: [note, { text: "m" }] }, light, palette);
  assert.deepEqual([layout.title.text, layout.xaxis.title.text], ["T", "x"]);
  assert.deepEqual(layout.xaxis.range, [0, 1]);
  assert.deepEqual([layout.legend.x, layout.legend.y, layout.margin], [1, 0.02, { l: 1 }]);
  assert.deepEqual(layout.annotations.map(({ font }) => [font.color, font.size]),
    [["#333", 12], ["#333", 12]]);
});

test("the eye finds a trace by its line, or its points, or their edge", () => {
  assert.equal(colourOf(trace), "#0072B2");
  assert.equal(colourOf({ ...trace, mode: "markers" }), "#222222");
  const marker = { color: "rgba(0, 0, 0, 0)", line: { color: "grey" } };
  assert.equal(colourOf({ mode: "markers", marker }), "grey");
});

test("a page looks once at its theme, and again when it changes", () => {
  let asked = 0;
  const dataset = { jpThemeLight: "false" };
  globalThis.document = { body: { dataset } };
  globalThis.getComputedStyle = () => {
    asked += 1;
    return { getPropertyValue: () => "" };
  };
  const page = { host: { get: () => true }, looks: null };
  const { dark: isDark, size, ink } = lookOf(page), once = asked;
  assert.deepEqual([isDark, size, ink], [true, 24, "#eee"], "3 % of 768 pixels");
  lookOf(page);
  assert.equal(asked, once);
  page.looks = null;
  dataset.jpThemeLight = "true";
  assert.equal(lookOf(page).dark, false);
});
