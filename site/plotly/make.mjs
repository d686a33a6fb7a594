// Makes plotly.js for the website, of the parts that labs draw with, less than a quarter of all:
// the Python package has the whole of it, 1.5 MB compressed. None of these parts makes code of
// text, so that a page may forbid it ('unsafe-eval').
//
//   cd site/plotly && npm ci && npm run make
//
// Run it when the version of plotly.js in the Python package has changed; package.json names it.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { glsl } from "esbuild-plugin-glsl";

const read = (name) => readFileSync(`node_modules/plotly.js/${name}`, "utf-8");
const licence = `/*! plotly.js ${JSON.parse(read("package.json")).version}\n\n${read("LICENSE")}*/`;

// Descriptions of attributes are for its manual; what plotly.js publishes is without them too.
const TEXT = String.raw`(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\`(?:[^\`\\$]|\\.)*\`)`;
const DESCRIPTION = new RegExp(String.raw`(?<=[{,])description:(?:${TEXT}|\[${TEXT}(?:,${TEXT})*\]`
  + String.raw`\.join\(${TEXT}\))(?:,|(?=\}))`, "g");

const noStyles = { // those of maps
  name: "no styles",
  setup: ({ onLoad }) => onLoad({ filter: /\.css$/ }, () => ({ contents: "" })),
};

rmSync("made", { recursive: true, force: true });
mkdirSync("made");
const { outputFiles } = await build({
  entryPoints: ["plotly.cjs", "plotly-3d.cjs"],
  outdir: "made",
  write: false,
  bundle: true,
  splitting: true, // what both need is in shared.js
  chunkNames: "shared",
  format: "esm",
  target: "es2020",
  minify: true,
  legalComments: "none",
  banner: { js: licence },
  plugins: [noStyles, glsl({ minify: true })],
  alias: { regl: "@plotly/regl", stream: "stream-browserify" }, // as plotly.js itself does
  define: { global: "window", "define.amd": "false" },
});
for (const { path, text } of outputFiles) {
  writeFileSync(path, text.replace(DESCRIPTION, ""));
}
