// The rules of the house for the page's JavaScript: short modules and functions, one door to
// plotly.js.
import js from "@eslint/js";
import globals from "globals";

const inside = {
  selector: "MemberExpression[property.name=/^(_|\\$)/]",
  message: "Only plot.js touches the inside of plotly.js.",
};

export default [
  {
    ignores: [
      "**/node_modules/**", "**/_build/**", "course_utils/labs/vendor/**", "site/plotly/made/**",
      "site/vendor/**",
    ],
  },
  js.configs.recommended,
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module" },
    rules: {
      "max-len": ["error", { code: 100 }],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", 60],
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      "eqeqeq": "error",
      "no-shadow": "error",
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
    },
  },
  { files: ["course_utils/**", "site/**"], languageOptions: { globals: globals.browser } },
  {
    files: ["course_utils/labs/page/**"],
    ignores: ["course_utils/labs/page/plot.js"],
    rules: { "no-restricted-syntax": ["error", inside] },
  },
  { files: ["tests/page/**", "tests/site/**"], languageOptions: { globals: globals.node } },
];
