// plotly.js in two parts: what most figures are drawn with, and, from the first frame on that has
// something in three dimensions, the rest of it.

const DEEP = new Set(["surface", "scatter3d"]);
const parts = {}; // promises, by file

function load(name) {
  parts[name] ??= import(`./plotly/${name}`).then(({ default: Plotly }) => {
    globalThis.Plotly = Plotly; // where a recording looks for it
    return Plotly;
  }).catch((problem) => {
    delete parts[name]; // the next frame asks again
    throw problem;
  });
  return parts[name];
}

export const plotly = () => parts["plotly-3d.js"] ?? load("plotly.js");

// Look through a frame for what it needs.
export function foresee({ views = [] }) {
  const all = views.flatMap(({ traces = [] }) => traces);
  if (all.some(({ type }) => DEEP.has(type))) load("plotly-3d.js").catch(() => {});
}
