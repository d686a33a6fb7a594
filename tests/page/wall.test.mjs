// The address that a lecture shows, and its QR code.
import assert from "node:assert/strict";
import test from "node:test";

import { letters, modulesOf } from "../../course_utils/labs/page/wall.js";

test("a QR code has a square for each dark module, inside a light edge of four", () => {
  assert.equal(modulesOf(["10", "01"]), "M4,4h1v1h-1zM5,5h1v1h-1z");
  assert.equal(modulesOf(["00"]), "");
});

test("an address is as large as one line holds, and never under the lecture's type", () => {
  const wall = { width: 1920, height: 1080 };
  assert.equal(letters("https://a.de", wall), 0.09 * 1080);
  assert.equal(letters("x".repeat(60), wall), 1.5 * 1920 / 60);
  assert.ok(letters("x".repeat(500), wall) >= 0.036 * 1080);
});
