// What keys ask of a lab.
import assert from "node:assert/strict";
import test from "node:test";

import { wish } from "../../course_utils/labs/page/keys.js";

const now = { playing: false, behind: false };

test("Space plays, and pauses what plays", () => {
  assert.deepEqual(wish(" ", now), { order: "play" });
  assert.deepEqual(wish(" ", { ...now, playing: true }), { order: "pause" });
});

test("arrows look back row by row, and on; at the end the right one trains a step", () => {
  assert.deepEqual(wish("ArrowLeft", now), { rows: -1 });
  assert.deepEqual(wish("ArrowRight", { ...now, behind: true }), { rows: 1 });
  assert.deepEqual(wish("ArrowRight", now), { order: "step" });
  assert.equal(wish("ArrowRight", { ...now, playing: true }), null, "it trains already");
});

test("N takes the next preset, B the one before, and other keys nothing", () => {
  assert.deepEqual([wish("n", now), wish("N", now)], Array(2).fill({ order: "next preset" }));
  assert.deepEqual([wish("b", now), wish("B", now)], Array(2).fill({ order: "preset before" }));
  for (const key of ["Enter", "Escape", "m", "ArrowUp", "Tab"]) assert.equal(wish(key, now), null);
});

test("F shows one figure alone; in a lecture L shows the address and ? the keys", () => {
  const lecture = { ...now, lecture: true };
  assert.deepEqual([wish("f", now), wish("F", lecture)], Array(2).fill({ shows: "one" }));
  assert.deepEqual([wish("l", lecture), wish("?", lecture)],
    [{ shows: "link" }, { shows: "keys" }]);
  assert.deepEqual([wish("l", now), wish("?", now)], [null, null]);
});

test("in a lecture a presenter's keys turn presets; elsewhere they scroll the page", () => {
  const lecture = { ...now, lecture: true };
  assert.deepEqual(wish("PageDown", lecture), { order: "next preset" });
  assert.deepEqual(wish("PageUp", lecture), { order: "preset before" });
  assert.equal(wish("PageDown", now), null);
  assert.equal(wish("PageUp", now), null);
});
