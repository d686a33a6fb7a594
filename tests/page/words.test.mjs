// A light that is out says its first sentence, and the rest when asked.
import assert from "node:assert/strict";
import test from "node:test";

import { parted } from "../../course_utils/labs/page/words.js";

test("a meaning is parted after its first sentence", () => {
  assert.deepEqual(parted("The link is even. Then nothing is learnt."),
    ["The link is even.", "Then nothing is learnt."]);
  assert.deepEqual(parted("inputs = hypercube: Stein's lemma fails. The step turns."),
    ["inputs = hypercube: Stein's lemma fails.", "The step turns."], "a colon ends no sentence");
  assert.deepEqual(parted("Weight decay is 0.05, over its threshold"),
    ["Weight decay is 0.05, over its threshold", ""]);
});
