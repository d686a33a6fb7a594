// The same with what has three dimensions.

const Plotly = require("./plotly.cjs");

Plotly.register([
  require("plotly.js/src/components/annotations3d"),
  require("plotly.js/src/components/colorbar"),
  require("plotly.js/src/traces/scatter3d"),
  require("plotly.js/src/traces/surface"),
]);

module.exports = Plotly;
