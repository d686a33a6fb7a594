// The slider's way over time: even in log time, from the first row to now.
import assert from "node:assert/strict";
import test from "node:test";

import { NOW, isBehind, isNews, positionOf, rowAt, samplesAt, stepFrom }
  from "../../course_utils/labs/page/timeline.js";

const TIMES = Float64Array.of(0, 20, 300, 4000, 50_000);

const nearest = (samples, times) => {
  const gaps = Array.from(times, (t) => Math.abs(Math.log(t + 1) - Math.log(samples + 1)));
  return gaps.indexOf(Math.min(...gaps));
};

test("positions are even in log time from the first row after the start", () => {
  assert.equal(samplesAt(0, TIMES), 0);
  for (const p of [1, 250, 500, 999]) {
    assert.ok(Math.abs(samplesAt(p, TIMES) / (20 * 2500 ** (p / 1000)) - 1) < 1e-12);
  }
  assert.equal(samplesAt(500, Float64Array.of(7)), 7);
  assert.equal(samplesAt(500, Float64Array.of(0, 0, 100)), 10, "time begins at one sample");
});

test("the row shown is the nearest one in log time", () => {
  for (let p = 0; p < NOW; p += 7) {
    const samples = samplesAt(p, TIMES);
    assert.equal(rowAt(samples, TIMES), nearest(samples, TIMES), `position ${p}`);
  }
  assert.equal(rowAt(null, TIMES), 4);
  assert.equal(rowAt(1e9, TIMES), 4);
  assert.equal(rowAt(null, new Float64Array(0)), 0);
  assert.equal(rowAt(5, new Float64Array(0)), 0);
});

test("the slider stands where its row is", () => {
  TIMES.forEach((samples, row) => {
    const p = positionOf(samples, TIMES);
    assert.equal(rowAt(p === NOW ? null : samplesAt(p, TIMES), TIMES), row);
    assert.ok(p < NOW, "the end is kept for now");
  });
  assert.equal(positionOf(null, TIMES), NOW);
  assert.equal(positionOf(0, TIMES), 0);
  assert.equal(positionOf(5, Float64Array.of(0, 5)), NOW - 1);
});

test("an arrow shows another row, and stops at either end", () => {
  const seen = [NOW];
  while (seen.at(-1) > 0) seen.push(stepFrom(seen.at(-1), -1, TIMES));
  const rows = seen.map((p) => rowAt(p >= NOW ? null : samplesAt(p, TIMES), TIMES));
  assert.deepEqual([...new Set(rows)], [4, 3, 2, 1, 0]);
  assert.ok(seen.length <= 7);
  assert.equal(stepFrom(0, -1, TIMES), 0);
  assert.equal(stepFrom(NOW, 1, TIMES), NOW);
  let p = 0;
  for (let row = 1; row < TIMES.length; row++) {
    p = stepFrom(p, 1, TIMES);
    assert.equal(rowAt(p >= NOW ? null : samplesAt(p, TIMES), TIMES), row);
  }
  assert.equal(p, NOW, "the last row is now, without a second press");
});

test("who looks at the last row is not behind, wherever the slider was dropped", () => {
  const page = (cursor, shown) => ({ time: { cursor }, shown, record: { times: TIMES } });
  assert.deepEqual([isBehind(page(null, 4)), isBehind(page(50_000, 4)), isBehind(page(4000, 3))],
    [false, false, true]);
});

test("what the kernel says counts unless it is older than this page's own look", () => {
  const own = { by: "me", seq: 3, pending: false };
  const news = (looked, cursor = 5) => isNews({ cursor, looked }, own);
  assert.ok(news(null) && news({ by: "other", seq: 1 }) && news({ by: "me", seq: 3 }));
  assert.ok(!news({ by: "me", seq: 2 }));
  assert.ok(!isNews({ cursor: 5, looked: null }, { ...own, pending: true }));
  assert.ok(!isNews({}, own), "a frame that says nothing of it changes nothing");
  assert.ok(news(null, null), "now is a moment too");
});
