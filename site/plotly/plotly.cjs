// What the website's labs draw with: lib/core of plotly.js without menus, sliders, grids,
// selections and bars of errors, which no figure has.

const Registry = require("plotly.js/src/registry");
const api = require("plotly.js/src/plot_api");

require("plotly.js/build/plotcss");

for (const [name, fn] of Object.entries(api)) {
  Registry.register({ moduleType: "apiMethod", name, fn }); // its own parts call them by name
  if (!name.startsWith("_")) exports[name] = fn;
}
Registry.register([
  require("plotly.js/src/traces/scatter"),
  require("plotly.js/src/traces/bar"),
  require("plotly.js/src/components/annotations"),
  require("plotly.js/src/components/colorscale"),
  require("plotly.js/src/components/legend"),
  require("plotly.js/src/components/fx"),
  // what others read although no figure has any
  require("plotly.js/src/components/shapes"),
  require("plotly.js/src/components/images"),
  require("plotly.js/src/components/modebar"),
  require("plotly.js/src/locale-en"),
  require("plotly.js/src/locale-en-us"),
]);
exports.Fx = require("plotly.js/src/components/fx");
exports.register = Registry.register;
exports.version = require("plotly.js/src/version").version;
