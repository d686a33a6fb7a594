// The hidden subspace as a drawing: a line or a plane, over it each neuron at the height of its
// part outside, and the principal angles as angles. Numbers in, shapes out; no page in here.

const BLUE = "#0072B2", GREEN = "#009E73", GREY = "#8a8a8a", INK = "#222222"; // as in look.py
const SHADES = 5; // colours from a neuron that lies outside to one that lies inside
const TURN = -0.5, TILT = 0.42; // how the plane is seen, in radians
const DIALS = 6; // angles that have a dial of their own

const tenth = (v) => Math.round(10 * v) / 10;
const at = ([x, y]) => `${tenth(x)},${tenth(y)}`;
const segments = (pairs) => pairs.map(([a, b]) => `M${at(a)}L${at(b)}`).join("");
const rings = (points, r) => points.map(([x, y]) =>
  `M${at([x - r, y])}a${tenth(r)},${tenth(r)} 0 1 0 ${tenth(2 * r)},0`
  + `a${tenth(r)},${tenth(r)} 0 1 0 ${tenth(-2 * r)},0`).join("");
const dots = (points) => points.map((p) => `M${at(p)}h0`).join(""); // round caps make them points

// The colour of a share in 0..1 between two colours of six digits.
export function between(one, other, share) {
  const part = (colour, i) => parseInt(colour.slice(i, i + 2), 16);
  const mixed = [1, 3, 5].map((i) =>
    Math.round(part(one, i) + share * (part(other, i) - part(one, i))));
  return `rgb(${mixed.join(",")})`;
}

// A limit that holds all values so far, with some room. It grows in steps, so that a picture stands
// still between them.
export function limitOf(values, room) {
  const largest = room * values.reduce((a, b) => Math.max(a, b), 0);
  return 1.2 ** Math.max(1, Math.ceil(Math.log(largest) / Math.log(1.2) - 1e-9));
}

// From weights on two hidden directions and a height to pixels: (0, 0, 0) is at `middle`, a unit
// is `scale` pixels long.
export function viewer({ scale, middle: [cx, cy] }) {
  const cos = Math.cos(TURN), sin = Math.sin(TURN), flat = Math.sin(TILT), up = Math.cos(TILT);
  return (x, y, z = 0) => [
    cx + scale * (x * cos - y * sin),
    cy - scale * (z * up + (x * sin + y * cos) * flat),
  ];
}

// The same for one hidden direction, seen from the side.
export const sideView = ({ scale, middle: [cx, cy] }) => (x, _, z = 0) =>
  [cx + scale * x, cy - scale * z];

// Where things go in a box, in pixels, for type of a size.
export function frame({ width, height, size, k, side, tall, small }) {
  const widest = 3.6 * size + 0.62 * width / Math.min(k, DIALS); // a dial and its words
  const dials = k > 1 && !small ? Math.min(0.36 * height, widest) : 0;
  const high = height - dials, foot = (k > 1 ? 0.6 : 2.2) * size, head = (small ? 0.8 : 2.8) * size;
  const front = k > 1 ? 0.95 * side * Math.sin(TILT) : 0; // of the plane, under its middle
  const above = k > 1 ? Math.max(front, tall * Math.cos(TILT)) : tall;
  const room = high - foot - head;
  const scale = Math.min((k > 1 ? 0.41 : 0.47) * width / side, room / (front + above));
  const spare = room - scale * (front + above);
  return { dials, scale, middle: [width / 2, high - foot - spare / 2 - scale * front] };
}

// A circle of the plane around its middle.
function ring(eye, radius) {
  const corners = Array.from({ length: 60 }, (_, i) => eye(
    radius * Math.cos(i * Math.PI / 30), radius * Math.sin(i * Math.PI / 30)));
  return `M${corners.map(at).join("L")}Z`;
}

// Each neuron as [weight on one direction, on the other, part outside]. A run of fewer directions
// has no weight on the others.
export function places({ inside, outside, pair: [i, j], k }) {
  const width = inside.length / outside.length;
  const on = (n, direction) => (direction < width ? inside[n * width + direction] : 0);
  return Array.from(outside, (z, n) => [on(n, i), k > 1 ? on(n, j) : 0, z]);
}

function floor(eye, { k, side, pair, directions, size, small }, ink) {
  const green = ink(GREEN), line = { stroke: green, fill: "none" };
  const ends = [[[-side, 0], [side, 0]], [[0, -side], [0, side]]].slice(0, Math.min(k, 2));
  const shapes = [["axes", segments(ends.map((pairs) => pairs.map((p) => eye(...p)))),
    { ...line, "stroke-width": size * (k > 1 ? 0.12 : 0.36) }]];
  if (k > 1) {
    shapes.unshift(["plane", ring(eye, side), { fill: green, "fill-opacity": 0.1, stroke: green,
      "stroke-width": 0.1 * size }], ["half", ring(eye, side / 2),
      { ...line, "stroke-opacity": 0.4, "stroke-width": 1 }]);
  }
  const named = { "font-size": 1.35 * size, "font-weight": 700, "text-anchor": "middle" };
  const tips = k > 1 ? [eye(1.09 * side, 0), eye(0, 1.13 * side)]
    : [[eye(side, 0)[0] - size, eye(side, 0)[1] + 1.5 * size]];
  tips.forEach(([x, y], n) => shapes.push(["text", [x, y + (k > 1 ? 0.45 * size : 0)],
    { ...named, fill: ink(directions[pair[n]]) }, `u${"₁₂₃₄₅₆"[pair[n]]}`]));
  return small && k === 1 ? shapes.slice(0, 1) : shapes;
}

// Shadows on the plane and stems to it, or for one direction arrows from the middle; then the
// neurons themselves, coloured by the share that lies outside.
function swarm(eye, neurons, { k, size }, ink) {
  const lit = neurons.map((p) => eye(...p)), thin = { fill: "none", "stroke-width": 1 };
  const shadows = neurons.map(([x, y]) => (k > 1 ? eye(x, y) : eye(0, 0)));
  const shapes = [["stems", segments(lit.map((p, n) => [shadows[n], p])),
    { ...thin, stroke: ink(BLUE), "stroke-opacity": 0.25 }]];
  if (k > 1) {
    shapes.push(["shadows", dots(shadows), { fill: "none", stroke: ink(INK), "stroke-opacity": 0.25,
      "stroke-width": 0.32 * size, "stroke-linecap": "round" }]);
  }
  const shades = Array.from({ length: SHADES }, () => []);
  neurons.forEach(([x, y, z], n) => {
    const share = z / Math.max(Math.hypot(x, y, z), 1e-9);
    shades[Math.min(SHADES - 1, Math.floor(SHADES * (1 - share)))].push(lit[n]);
  });
  shades.forEach((some, n) => shapes.push([`neurons ${n}`, dots(some), { fill: "none",
    stroke: between(ink(BLUE), ink(GREEN), n / (SHADES - 1)), "stroke-opacity": 0.85,
    "stroke-width": 0.48 * size, "stroke-linecap": "round" }]));
  return shapes;
}

// Where the neurons were at first, faint, and where those of the run before stood, as rings.
function ghosts(eye, { first, before, size, ...numbers }, ink) {
  const grey = { fill: "none", stroke: ink(GREY) };
  const seen = ({ inside, outside }) =>
    places({ ...numbers, inside, outside }).map((p) => eye(...p));
  const shapes = [];
  if (first) {
    shapes.push(["first", dots(seen(first)), { ...grey, "stroke-opacity": 0.3,
      "stroke-width": 0.3 * size, "stroke-linecap": "round" }]);
  }
  if (before) {
    shapes.push(["before", rings(seen(before), 0.28 * size), { ...grey, "stroke-opacity": 0.75,
      "stroke-width": 0.08 * size }]);
  }
  return shapes;
}

// As many of a note's parts, the last first, as have room beside the choice of directions.
export function fitting(note, { k, size, width }) {
  const em = 0.9 * size, choices = k > 2 ? 2.4 * Math.min(k, 6) : 0;
  const parts = note.split("; ");
  while (parts.length > 1 && 0.56 * parts.join("; ").length > width / em - choices - 1) {
    parts.shift();
  }
  return parts.join("; ");
}

// What the picture is called, what there is to find, and what of it is left out.
function heading({ title, note, size, ...all }, ink) {
  const left = { "text-anchor": "start" };
  return [
    ["text", [0.3 * size, 1.15 * size], { ...left, fill: ink(INK), "font-size": 1.1 * size,
      "font-weight": 600 }, title],
    ["text", [0.3 * size, 2.35 * size], { ...left, fill: ink(GREY), "font-size": 0.9 * size },
      note && fitting(note, { size, ...all })],
  ].filter(([, , , text]) => text);
}

// An angle between the subspace, a line to the right of a corner, and what the network spans.
export function wedge([x, y], radius, degrees) {
  const turn = degrees * Math.PI / 180;
  const tip = [x + radius * Math.cos(turn), y - radius * Math.sin(turn)];
  const arc = `A${tenth(radius)},${tenth(radius)} 0 0 0 ${at(tip)}`;
  const area = `M${at([x, y])}H${tenth(x + radius)}${arc}Z`;
  return { tip, area, hand: segments([[[x, y], tip]]) };
}

// The hand of the run before, where there is one: thin and grey.
function handBefore(corner, radius, degrees, n, ink) {
  if (degrees === undefined) return [];
  return [[`before ${n}`, wedge(corner, radius, degrees).hand,
    { stroke: ink(GREY), "stroke-width": 1.5, "stroke-linecap": "round" }]];
}

function dial(corner, radius, degrees, { colour, name, was, size, step, n }, ink) {
  const { area, hand } = wedge(corner, radius, degrees), [x, y] = corner, own = ink(colour);
  const middle = { "text-anchor": "middle" };
  return [
    [`quarter ${n}`, `M${at([x, y - radius])}A${tenth(radius)},${tenth(radius)} 0 0 1 `
      + `${at([x + radius, y])}`, { fill: "none", stroke: ink(GREY), "stroke-dasharray": "3 4" }],
    [`wedge ${n}`, area, { fill: own, "fill-opacity": 0.22 }],
    [`base ${n}`, `M${at(corner)}H${tenth(x + radius)}`,
      { stroke: ink(GREEN), "stroke-width": 0.16 * size }],
    ...handBefore(corner, radius, was, n, ink),
    [`hand ${n}`, hand,
      { stroke: own, "stroke-width": 0.22 * size, "stroke-linecap": "round" }],
    ["text", [x + radius / 2, y + 1.35 * size], { ...middle, fill: own, "font-size": 1.3 * size,
      "font-weight": 700 }, `${degrees.toFixed(0)}°`],
    ["text", [x + radius / 2, y - radius - 0.4 * size],
      { ...middle, fill: own, "font-size": Math.min(size, step / 4.3), "font-weight": 600 }, name],
  ];
}

// The principal angles of several directions beside each other, the largest first.
function row(box, { degrees, before, names, colours, size, width, height, dials }, ink) {
  const shown = Math.min(degrees.length, DIALS), step = width / shown;
  const radius = Math.min(dials - 3.6 * size, 0.62 * step);
  return Array.from({ length: shown }, (_, n) => dial(
    [step * (n + 0.5) - radius / 2, height - 1.8 * size], radius, degrees[n],
    { colour: colours[n], name: names[n], was: before?.degrees[n], size, step, n }, ink)).flat();
}

// The one angle of one direction, in the same picture as the neurons.
function opened(eye, { scale }, { degrees: [angle], before, size }, ink) {
  const { area, hand } = wedge(eye(0, 0), 1.1 * scale, angle), own = ink(INK);
  const turn = angle > 40 ? angle / 2 : angle + 14; // above a hand that lies low
  const beside = wedge(eye(0, 0), (angle > 40 ? 0.72 : 0.92) * scale, turn).tip;
  return [
    [["wedge 0", area, { fill: own, "fill-opacity": 0.09 }],
      ...handBefore(eye(0, 0), 1.1 * scale, before?.degrees[0], 0, ink)],
    [["hand 0", hand, { stroke: own, "stroke-width": 0.3 * size, "stroke-linecap": "round" }],
      ["text", beside, { fill: own, "font-size": 2 * size, "font-weight": 700,
        "text-anchor": "middle", halo: true }, `${angle.toFixed(0)}°`]],
  ];
}

// How high is how much: a ruler at the left, from the subspace up to a part outside of 1.
function ruler(eye, { k, side, tall, size }, ink) {
  const foot = k > 1 ? eye(-side * Math.cos(TURN), side * Math.sin(TURN)) : eye(-0.97 * side, 0);
  const top = [foot[0], foot[1] + eye(0, 0, Math.min(1, tall))[1] - eye(0, 0)[1]];
  const grey = ink(GREY);
  return [
    ["ruler", segments([[foot, top]]), { stroke: grey, "stroke-width": 0.1 * size,
      "stroke-dasharray": "4 4" }],
    ["text", [Math.max(foot[0], 0.1 * size), top[1] - 0.4 * size],
      { fill: grey, "font-size": size, "text-anchor": "start" }, "outside: 1"],
  ];
}

// All shapes of a picture, the lowest first: [name, path, attributes] or ["text", place,
// attributes, text]. `ink` gives a colour its form on this page.
export function pictureOf(numbers, box, ink) {
  const { k, small } = numbers, all = { ...numbers, ...box };
  const place = frame(all), eye = (k > 1 ? viewer : sideView)(place);
  const ground = [...floor(eye, all, ink), ...ghosts(eye, all, ink)];
  const neurons = swarm(eye, places(numbers), all, ink);
  const [area, hand] = k > 1 ? [[], []] : opened(eye, place, all, ink);
  const shapes = [...area, ...ground, ...neurons, ...hand];
  if (small) return shapes;
  const angles = k > 1 ? row(box, { ...all, dials: place.dials }, ink) : [];
  return [...ruler(eye, all, ink), ...shapes, ...angles, ...heading(all, ink)];
}
