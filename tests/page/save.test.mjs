// Where figures and the settings stand on a slide.
import assert from "node:assert/strict";
import test from "node:test";

import { cellsOf, linesOf } from "../../course_utils/labs/page/save.js";

test("figures fill a slide of 16:9 over its foot, each in a place of its own", () => {
  for (let n = 1; n <= 8; n++) {
    const cells = cellsOf(n, 40);
    const area = cells.slice(0, n).reduce((sum, { width, height }) => sum + width * height, 0);
    assert.ok(Math.abs(area / ((1280 - 32) * (720 - 32 - 40)) - 1) < 1e-12, `${n} figures`);
    cells.slice(0, n).forEach(({ x, y, width, height }, i) => {
      assert.ok(x >= 16 && y >= 16 && x + width <= 1264.001 && y + height <= 664.001);
      for (const other of cells.slice(0, i)) {
        const across = Math.min(x + width, other.x + other.width) - Math.max(x, other.x);
        const up = Math.min(y + height, other.y + other.height) - Math.max(y, other.y);
        assert.ok(Math.min(across, up) < 0.001);
      }
    });
  }
});

test("settings are parted at spaces", () => {
  assert.deepEqual(linesOf("d=50 k=2 noise=0.1", 9), ["d=50 k=2", "noise=0.1"]);
  assert.deepEqual(linesOf("d=50 k=2", 100), ["d=50 k=2"]);
  assert.deepEqual(linesOf(""), []);
});
