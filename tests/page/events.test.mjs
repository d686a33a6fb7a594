// Captions of events: as a page shows them, which belong to a moment, and where their list opens.
import assert from "node:assert/strict";
import test from "node:test";

import { placeAbove, together, typeset, upTo } from "../../course_utils/labs/page/events.js";

test("a caption has subscripts, and says what lies outside with its sign", () => {
  assert.equal(typeset("t = 900: u_1 is found; now z_1 z_12 is a signal along u_12."),
    "t = 900: u₁ is found; now z₁ z₁₂ is a signal along u₁₂.");
  assert.equal(typeset("t = 5: W_perp has halved, 1.00 to 0.49."),
    "t = 5: W⊥ has halved, 1.00 to 0.49.");
  assert.equal(typeset("weight_decay 0.5 to 0.0: the lamp goes out."),
    "weight_decay 0.5 to 0.0: the lamp goes out.");
});

const EVENTS = [[0, "a"], [30, "b"], [200, "c"], [200, "d"], [900, "e"]];

test("the event of a moment is the last one before it, with those of the same moment", () => {
  assert.deepEqual([-1, 0, 29, 30, 199, 200, 899, 1e9].map((t) => upTo(EVENTS, t)),
    [[], [0], [0], [1], [1], [2, 3], [2, 3], [4]]);
  assert.deepEqual(upTo([], 100), []);
});

test("a change that came before what the same checkpoint showed leaves neither out", () => {
  assert.deepEqual(upTo([[30, "a"], [20, "b"]], 100), [1], "the last that was said");
});

test("events of one moment share its time", () => {
  assert.equal(together(["t = 4,085: one.", "t = 4,085: two."]), "t = 4,085: one; two.");
  assert.equal(together(["t = 7: one."]), "t = 7: one.");
  assert.equal(together([]), "");
});

test("the list opens upwards from its button, inside the window", () => {
  const within = { width: 1000, height: 700 }, size = { width: 300, height: 200 };
  assert.deepEqual(placeAbove({ right: 980, top: 600 }, size, within), { left: 680, top: 396 });
  assert.deepEqual(placeAbove({ right: 100, top: 50 }, size, within), { left: 4, top: 4 });
  assert.deepEqual(placeAbove({ right: 1200, top: 600 }, size, within), { left: 696, top: 396 });
});
