// A running experiment: its settings, its simulation, the record and what has happened;
// labs/session.py of the course once more, for one seed.

import { Held } from "./compared.js";
import { Record, checkpointTimes } from "./run.js";
import { commas } from "./texts.js";
import { Watch } from "./watch.js";

// Settings, and how a simulation of them is made: `engine.open(settings)` gives {samples, advance,
// snapshot, floors, change}, `engine.lamps(settings)` the assumptions; `engine.predict` and
// `engine.pulled` may be left out.
export class Session {
  constructor(facts, reader, engine, settings) {
    Object.assign(this, { facts, reader, engine, held: new Held(), sim: null });
    this.begin(settings);
  }

  // Start anew, and train on so many samples at once; if that fails all stays what it was.
  begin(settings, samples = 0) {
    const sim = this.engine.open(settings);
    Object.assign(this, { sim, settings, record: new Record(), changes: [], turns: [], note: "" });
    this.cost = 5e-6; // seconds a sample, measured as it goes
    this.highestFloor = 0; // a slider that goes back and forth must not move an axis so
    this.noteFloors();
    const lamps = (s) => this.engine.lamps(s);
    this.watch = new Watch(this.facts.watch, this.reader, lamps, settings, this.floors);
    this.measure();
    this.prediction = this.engine.predict?.(settings, sim, this.record.rows[0]) ?? null;
    if (!samples) return;
    for (const t of checkpointTimes(samples, 160).slice(1)) this.train(t - this.samples);
    this.prediction?.advance(this.sim, true);
  }

  get samples() {
    return this.sim.samples;
  }

  // Take over noise, step, decay and schedule while training goes on.
  change(settings) {
    const before = this.settings, told = this.reader.turned(before, settings);
    if (!told) return;
    this.prediction?.advance(this.sim, true);
    this.sim.change(Object.fromEntries(this.facts.session.live.map((n) => [n, settings[n]])));
    this.prediction?.change(settings, this.samples);
    this.changes.push([this.samples, before]);
    this.turns = [...this.turns, `at ${commas(this.samples)} samples: ${told}`].slice(-50);
    this.watch.change(this.samples, settings);
    this.settings = settings;
    this.noteFloors();
    this.watch.floors = this.floors;
  }

  noteFloors() {
    this.floors = this.sim.floors();
    const known = Object.values(this.floors).filter(Number.isFinite);
    this.highestFloor = Math.max(this.highestFloor, ...known);
  }

  // Keep the run before; called when settings have been taken over.
  keep(was, live, afresh) {
    if (live) this.held.turned(was);
    else this.held.left(was, afresh);
  }

  train(n) {
    const began = performance.now();
    try {
      this.sim.advance(n);
    } catch (problem) {
      if (problem instanceof this.engine.Diverged) this.watch.diverged(problem.message);
      throw problem;
    }
    const seconds = (performance.now() - began) / 1000;
    if (n >= 1000) this.cost = 0.7 * this.cost + (0.3 * seconds) / n;
    this.measure();
    this.prediction?.advance(this.sim);
  }

  // Train as much as some time of play asks for, and not beyond a goal.
  step(seconds, speed = 1, goal = null, share = 1) {
    const { d, step } = this.settings, { pace, budget } = this.facts.session;
    const seen = Math.max(this.samples, d / 5, d / (2 * step));
    const wanted = seen * Math.expm1(pace * speed * Math.min(seconds, 0.25));
    const affords = (share * budget * Math.max(1, speed)) / this.cost;
    const n = Math.max(1, Math.floor(Math.min(wanted, affords)));
    this.train(goal === null ? n : Math.min(n, Math.max(goal - this.samples, 0)));
  }

  // A sentence where d samples take longer than twenty seconds of play.
  patience(speed) {
    const seconds = (2 * this.settings.d * this.cost) / Math.max(1, speed);
    if (seconds < 20) return "";
    const minutes = commas(Math.max(1, Math.round(seconds / 60)));
    return this.facts.session.patience.replace("{minutes}", minutes);
  }

  measure() {
    const snapshot = this.sim.snapshot(), pulled = this.engine.pulled?.(this.sim);
    if (pulled !== undefined) snapshot.pulled = pulled;
    this.record.append(snapshot);
    this.watch.see(snapshot);
    this.record.marked = this.watch.events.map((event) => event.samples);
  }

  // Called when a lab pauses.
  rest() {}

  get live() {
    return this.facts.session.live;
  }

  run() {
    const { settings, floors, highestFloor, changes, note, record: { rows } } = this;
    return { settings, rows, floors, highestFloor, changes, note };
  }

  // Points {samples, perpendicular} of the predicted curve.
  get predicted() {
    return this.prediction?.curve(this.samples) ?? [{ samples: 0, perpendicular: NaN }];
  }
}

// W_perp as predicted at a moment, on the curve as it is drawn; nan beyond it.
export function predictedAt(curve, t) {
  if (t > curve.at(-1).samples) return NaN;
  const x = Math.log(Math.max(t, 1)), tiny = 1e-300;
  const at = ({ samples, perpendicular }) =>
    [Math.log(Math.max(samples, 1)), Math.log(Math.max(perpendicular, tiny))];
  for (let i = curve.length - 1; i >= 0; i--) {
    const [left, low] = at(curve[i]);
    if (x < left) continue;
    if (i === curve.length - 1 || x === left) return Math.exp(low);
    const [right, high] = at(curve[i + 1]);
    return Math.exp(low + ((high - low) * (x - left)) / (right - left));
  }
  return Math.exp(at(curve[0])[1]);
}
