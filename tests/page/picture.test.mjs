// What the picture of the hidden subspace draws, against numbers found by other ways.
import assert from "node:assert/strict";
import test from "node:test";

import { between, fitting, frame, limitOf, pictureOf, places, sideView, viewer, wedge }
  from "../../course_utils/labs/page/picture.js";
import { chooseDirection, pairOf } from "../../course_utils/labs/page/scene.js";
import { randoms } from "./frames.mjs";

const random = randoms(5), COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"];
const near = (a, b, far = 0.11, what = "") =>
  a.forEach((v, i) => assert.ok(Math.abs(v - b[i]) <= far, `${what} ${a} for ${b}`));
const numbersIn = (path) => [...path.matchAll(/-?[\d.]+/g)].map(([n]) => +n);
const plain = (colour) => colour;

function numbers(k, n = 7, q = Math.max(k, 2)) {
  const inside = Float32Array.from({ length: n * q }, () => 2 * random() - 1);
  const outside = Float32Array.from({ length: n }, () => 1.1 * random());
  return {
    k, inside, outside, first: { inside: inside.map((v) => v / 9), outside }, pair: [0, 1],
    side: 1.2, tall: 1.2, title: "T", note: "7 of 70 neurons", small: false,
    degrees: [80, 50, 20, 5].slice(0, k), names: ["a", "b", "c", "d"], colours: COLOURS,
    directions: COLOURS,
  };
}

const draw = (given, box = { width: 500, height: 420, size: 14 }) => {
  const shapes = pictureOf(given, box, plain);
  return {
    shapes, texts: shapes.filter(([name]) => name === "text").map(([, , , text]) => text),
    of: (wanted) => shapes.filter(([name]) => name.startsWith(wanted)),
  };
};

// Neurons as the drawing has them, in no order: those of all shades.
const drawn = (picture) => picture.of("neurons").flatMap(([, path]) =>
  [...path.matchAll(/M(-?[\d.]+),(-?[\d.]+)h0/g)].map(([, x, y]) => [+x, +y]));
const sorted = (points) => [...points].sort(([a, b], [c, d]) => a - c || b - d);

test("the view of the plane is a turn of space, seen without perspective", () => {
  // A rotation keeps lengths: three axes' pixels are the columns of two orthonormal rows.
  const eye = viewer({ scale: 100, middle: [0, 0] });
  const axes = [eye(1, 0, 0), eye(0, 1, 0), eye(0, 0, 1)].map(([x, y]) => [x / 100, -y / 100]);
  const row = (i) => axes.map((p) => p[i]);
  const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  near([dot(row(0), row(0)), dot(row(1), row(1)), dot(row(0), row(1))], [1, 1, 0], 1e-12);
  assert.ok(axes[2][0] === 0 && axes[2][1] > 0.8, "what is outside points up");
  assert.ok(axes[0][0] > 0.8 && axes[1][0] > 0.4 && axes[1][1] > 0.3, "u_1 right, u_2 back");
});

test("each neuron stands where its weights and its part outside say", () => {
  for (const k of [1, 2, 3]) {
    const given = numbers(k), box = { width: 500, height: 420, size: 14 };
    const eye = (k > 1 ? viewer : sideView)(frame({ ...given, ...box }));
    const q = given.inside.length / 7;
    const wanted = Array.from(given.outside, (z, n) =>
      eye(given.inside[n * q], k > 1 ? given.inside[n * q + 1] : 0, z));
    sorted(drawn(draw(given))).forEach((p, n) => near(p, sorted(wanted)[n], 0.06, `k = ${k}`));
  }
});

test("for one direction the drawing is a plain map: right is u_1, up is outside", () => {
  const given = { ...numbers(1, 2), inside: Float32Array.of(1, 0, -0.5, 0),
    outside: Float32Array.of(0, 1) };
  const [left, right] = sorted(drawn(draw(given)));
  const [[, axis]] = draw(given).of("axes"), [from, y, to] = numbersIn(axis);
  near([right[0] - left[0]], [1.5 * (to - from) / 2.4], 0.2);
  near([right[1], left[1]], [y, y - (to - from) / 2.4], 0.2);
});

test("other directions are seen by choosing them", () => {
  const given = numbers(4), one = places({ ...given, pair: [1, 3] });
  near(one[2], [given.inside[9], given.inside[11], given.outside[2]], 1e-9);
  assert.notDeepEqual(drawn(draw(given)), drawn(draw({ ...given, pair: [1, 3] })));
  const { shapes, texts } = draw({ ...given, pair: [1, 3] });
  assert.ok(texts.includes("u₂") && texts.includes("u₄") && !texts.includes("u₁"));
  const colourOf = (name) => shapes.find(([, , , text]) => text === name)[2].fill;
  assert.deepEqual(["u₂", "u₄"].map(colourOf), [COLOURS[1], COLOURS[3]], "as their curves");
});

test("two directions are shown, the last chosen ones, in their order", () => {
  assert.deepEqual(chooseDirection([0, 1], 2), [1, 2]);
  assert.deepEqual(chooseDirection([2, 0], 2), [2, 0]);
  assert.deepEqual(pairOf([2, 0], 3), [0, 2]);
  for (const bad of [undefined, [], [1, 1], [0, 5], [0]]) assert.deepEqual(pairOf(bad, 3), [0, 1]);
});

test("colours go from outside to inside", () => {
  assert.equal(between("#000000", "#ff8000", 0.5), "rgb(128,64,0)");
  const alone = (inside, outside) => draw({ ...numbers(2, 1), inside: Float32Array.of(inside, 0),
    outside: Float32Array.of(outside) }).of("neurons").find(([, path]) => path)[2].stroke;
  assert.equal(alone(0, 1), "rgb(0,114,178)");
  assert.equal(alone(1, 0), "rgb(0,158,115)");
  assert.equal(alone(0, 0), "rgb(0,158,115)", "a neuron that is gone lies in the plane");
});

test("a hand stands at its angle over the subspace", () => {
  for (const degrees of [0, 30, 89]) {
    const { tip, area, hand } = wedge([10, 20], 50, degrees);
    near([Math.atan2(20 - tip[1], tip[0] - 10) * 180 / Math.PI], [degrees], 1e-9);
    near([Math.hypot(tip[0] - 10, tip[1] - 20)], [50], 1e-9);
    near(numbersIn(hand), [10, 20, ...tip]);
    near(numbersIn(area).slice(-2), tip);
  }
});

test("every angle has a dial with its degrees, its name and its colour, the largest first", () => {
  const picture = draw(numbers(3));
  const hands = picture.of("hand").map(([, path, look]) => [numbersIn(path), look.stroke]);
  hands.forEach(([[x, y, a, b], colour], n) => {
    near([Math.atan2(y - b, a - x) * 180 / Math.PI], [[80, 50, 20][n]], 0.5);
    assert.equal(colour, COLOURS[n]);
  });
  assert.ok(hands[0][0][0] < hands[1][0][0] && hands[1][0][0] < hands[2][0][0]);
  for (const text of ["80°", "50°", "20°", "a", "b", "c"]) assert.ok(picture.texts.includes(text));
  const many = { ...numbers(3), k: 9, degrees: Array(9).fill(45), names: Array(9).fill("n"),
    colours: Array(9).fill("#0072B2") };
  assert.equal(draw(many).of("hand").length, 6, "beyond six there is no room");
});

test("one direction has its angle in the picture itself", () => {
  const picture = draw(numbers(1)), [[, path]] = picture.of("hand");
  const [x, y, a, b] = numbersIn(path);
  near([Math.atan2(y - b, a - x) * 180 / Math.PI], [80], 0.5);
  assert.equal(picture.of("quarter").length, 0);
  assert.ok(picture.texts.includes("80°"));
});

test("all stays in its box, at every size and for every number of directions", () => {
  for (const k of [1, 2, 3, 4]) {
    for (const [width, height] of [[330, 300], [500, 420], [560, 330], [2100, 1500]]) {
      const size = Math.max(12, 0.034 * height), given = numbers(k);
      const { shapes } = draw({ ...given, inside: given.inside.map((v) => v / 1.15) },
        { width, height, size });
      for (const [name, place, { "font-size": font }] of shapes) {
        const points = name === "text" ? [place] : name.startsWith("wedge") || name
          .startsWith("quarter") ? [] : numbersIn(place).reduce((all, v, i) =>
          (i % 2 ? [...all.slice(0, -1), [all.at(-1)[0], v]] : [...all, [v, 0]]), []);
        if (name === "text") assert.ok(font >= 0.03 * height, name);
        if (/^(neurons|shadows|first|base)/.test(name)) continue; // relative steps in the path
        for (const [x, y] of points) {
          assert.ok(x >= -1 && x <= width + 1 && y >= -1 && y <= height + 1,
            `${name} at ${x}, ${y} of ${width} x ${height}, k = ${k}`);
        }
      }
      for (const [x, y] of drawn({ of: (w) => shapes.filter(([n]) => n.startsWith(w)) })) {
        const held = x >= 0 && x <= width && y >= 0 && y <= height;
        assert.ok(held, `a neuron of k = ${k} at ${x}, ${y}`);
      }
    }
  }
});

test("a small picture has no words but the directions, and no dials", () => {
  const { texts, of } = draw({ ...numbers(3), small: true }, { width: 200, height: 120, size: 9 });
  assert.deepEqual(texts.sort(), ["u₁", "u₂"]);
  assert.equal(of("hand").length, 0);
});

// The middles of the rings of the run before.
const ringed = (picture) => picture.of("before").filter(([name]) => name === "before")
  .flatMap(([, path]) => [...path.matchAll(/M(-?[\d.]+),(-?[\d.]+)a(-?[\d.]+),/g)]
    .map(([, x, y, r]) => [+x + +r, +y]));

test("neurons of the run before are rings where its weights say, its angles thin hands", () => {
  for (const k of [1, 2, 3]) {
    for (const less of [1, 2, 3]) { // it may have had fewer directions, or more
      const given = numbers(k), was = numbers(less, 5, less), box = { width: 500, height: 420 };
      const degrees = [70, 35, 9].slice(0, less);
      const before = { inside: was.inside, outside: was.outside, degrees };
      const picture = draw({ ...given, before }, { ...box, size: 14 });
      const eye = (k > 1 ? viewer : sideView)(frame({ ...given, ...box, size: 14 }));
      const wanted = Array.from(was.outside, (z, n) => eye(was.inside[n * less],
        k > 1 && less > 1 ? was.inside[n * less + 1] : 0, z));
      sorted(ringed(picture)).forEach((p, n) => near(p, sorted(wanted)[n], 0.2, `${k} ${less}`));
      const hands = picture.of("before ").map(([, path, look]) => [numbersIn(path), look]);
      assert.equal(hands.length, Math.min(k, less));
      hands.forEach(([[x, y, a, b], look], n) => {
        near([Math.atan2(y - b, a - x) * 180 / Math.PI], [[70, 35, 9][n]], 0.5);
        assert.ok(look["stroke-width"] < 2 && look.stroke === "#8a8a8a");
      });
    }
  }
  assert.equal(draw(numbers(2)).of("before").length, 0);
});

test("limits hold all values, grow in steps of a fifth and never fall under the first", () => {
  assert.equal(limitOf([0.3, 0.9], 1), 1.2);
  near([limitOf([0.3, 1.21, 0.2], 1), limitOf([1.44], 1), limitOf([1.3], 1.15)],
    [1.44, 1.44, 1.728], 1e-12);
  assert.equal(limitOf([], 1), 1.2);
});

test("a note has the parts that there is room for, and the count of neurons always", () => {
  const note = "labels depend on 3 of 100 directions; 150 of 200 neurons";
  assert.equal(fitting(note, { k: 2, size: 14, width: 500 }), note);
  assert.equal(fitting(note, { k: 2, size: 14, width: 300 }), "150 of 200 neurons");
  assert.equal(fitting(note, { k: 6, size: 14, width: 500 }), "150 of 200 neurons",
    "six choices stand beside it");
  assert.equal(fitting("7 of 70 neurons", { k: 2, size: 14, width: 20 }), "7 of 70 neurons");
});
