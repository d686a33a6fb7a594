// Asks the engine of the page what jobs.json says: node engine.mjs FOLDER, where FOLDER has
// jobs.json, engine.js and engine.wasm. Numbers of all answers go to answers.f64, one after the
// other; answers.json says where each array begins and how long it is.
import { openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const page = await import(pathToFileURL(join(folder, "engine.js")));
const engine = await page.loadEngine(readFileSync(join(folder, "engine.wasm")));
const file = openSync(join(folder, "answers.f64"), "w");
let written = 0;

// An answer with each array as { at, size }.
function stored(answer) {
  if (ArrayBuffer.isView(answer)) {
    const numbers = Float64Array.from(answer), at = written;
    writeSync(file, new Uint8Array(numbers.buffer));
    written += numbers.length;
    return { at, size: numbers.length };
  }
  if (typeof answer === "number") return stored(Float64Array.of(answer)); // nan and all digits
  if (answer === null || typeof answer !== "object" || Array.isArray(answer)) return answer;
  return Object.fromEntries(Object.entries(answer).map(([name, part]) => [name, stored(part)]));
}

function errorOf(action) {
  try {
    action();
  } catch (problem) {
    if (!(problem instanceof page.Diverged || problem instanceof page.Refused)) throw problem;
    return `${problem.name}: ${problem.message}`;
  }
  return "";
}

const ASK = {
  names: () => ({
    link: page.LINKS, activation: page.ACTIVATIONS, loss: page.LOSSES, schedule: page.SCHEDULES,
    bias: page.BIASES, inputs: page.LAWS, directions: page.DIRECTIONS,
  }),
  // Draws of several kinds from one stream, one after the other.
  stream: ({ seed, child, draws }) => {
    const generator = engine.generator(seed, child);
    return Object.fromEntries(draws.map(([call, ...args], i) => [i, generator[call](...args)]));
  },
  link: ({ name, Z, k }) => engine.link(name, Z, k),
  activation: ({ name, t }) => engine.activation(name, t),
  loss: ({ name, yhat, y }) => engine.loss(name, yhat, y),
  schedule: ({ settings, t }) => engine.schedule(settings, t),
  completed: ({ settings }) => ({ text: JSON.stringify(page.completed(settings)) }),
  refused: ({ settings, sampling }) => errorOf(() => engine.start(settings, { sampling })),
  // A run: each act is a number of samples or what is changed; a snapshot before the first act and
  // after the last.
  run: ({ settings, sampling = "auto", acts }) => {
    const sim = engine.start(settings, { sampling }), first = sim.snapshot();
    const errors = acts.map((act) => errorOf(() => (
      typeof act === "number" ? sim.advance(act) : sim.change(act))));
    return {
      first, last: sim.snapshot(), floors: sim.floors(), net: sim.net(), target: sim.target(),
      test: sim.test_set(50), reduced: sim.reduced, samples: sim.samples, errors,
      changes: JSON.stringify(sim.changes),
    };
  },
};

const jobs = JSON.parse(readFileSync(join(folder, "jobs.json"), "utf8"));
const answers = jobs.map(({ ask, ...job }) => stored(ASK[ask](job)));
writeFileSync(join(folder, "answers.json"), JSON.stringify(answers));
