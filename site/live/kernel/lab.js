// A lab without its page: orders come in, frames and what controls show go out. It plays the part
// that labs/lab.py and orders.py of the course play in a kernel.

import { Frames } from "./frames.js";
import { Player } from "./player.js";
import { Session } from "./session.js";
import { SettingsReader } from "./settings.js";
import { csv, noted, told, twin, wordsAt } from "./words.js";
import { columnsOf, onAxis, viewsOf } from "./views.js";

const FEW = 60; // moments at which the neurons of the run before are told

export class Lab {
  // `facts` come from Python, `engine` simulates, `send(message, buffer)` and `tell(state)` speak.
  constructor(facts, engine, { code = "", presets, send, tell }) {
    Object.assign(this, { facts, send, tell, errors: [], chosen: "", based: "" });
    this.reader = new SettingsReader(facts.settings);
    this.presets = new Map((presets ?? facts.lab.presets).map(([name, text, note]) =>
      [name, { settings: this.reader.fromCode(text), note }]));
    this.frames = new Frames(facts.palette);
    Object.assign(this, { told: 0, fresh: true, stale: false, played: false });
    let settings, problem = null;
    try {
      settings = this.reader.fromCode(code);
    } catch (one) {
      [settings, problem] = [this.reader.fromCode(facts.lab.code), one];
    }
    this.session = new Session(facts, this.reader, engine, settings);
    this.player = new Player(this, () => this.showState());
    const live = { ...this.player.orders, show: () => {}, text: () => this.sayText() };
    this.orders = {
      ...live,
      ...Object.fromEntries(this.reader.names.map((name) => [`set ${name}`, (value) =>
        this.use(this.reader.adapted(this.session.settings, { [name]: value }))])),
      preset: (name) => this.takePreset(name),
      "next preset": () => this.nextPreset(1), "preset before": () => this.nextPreset(-1),
      code: (text) => this.takeCode(text), copy: () => this.copyCode(),
      new_seed: () => this.drawAnew(), export: (format) => this.export(format),
      compare: (on) => this.compare(on), link: (one) => this.follow(one),
    };
    if (problem) this.report(problem);
  }

  // The order; what it changes is seen in the next frame.
  obey(order, value) {
    try {
      if (!Object.hasOwn(this.orders, order)) throw new RangeError(`no order ${order}`);
      this.orders[order](value);
    } catch (problem) {
      this.report(problem);
    }
    this.showState();
  }

  step() {
    try {
      this.player.step();
    } catch (problem) {
      this.report(problem);
    }
  }

  report(problem) {
    const foreseen = ["Refused", "Diverged", "RangeError"].includes(problem.constructor.name);
    this.errors.push(problem);
    this.error = foreseen ? problem.message : String(problem);
    this.send({ type: "error", text: this.error });
  }

  // A page has opened that has seen nothing yet.
  greet() {
    this.fresh = true;
    if (this.error) this.send({ type: "error", text: this.error });
  }

  // What controls show.
  showState() {
    const { session: { settings, samples, held }, player, chosen } = this;
    this.tell({ settings, samples, playing: player.playing, speed: player.speed, chosen,
      cursor: player.cursor, compare: held.byHand, code: this.reader.code(settings) });
  }

  // Take settings over, as the experiment runs where they may act on it, or else anew.
  use(settings, { anew = false, chosen = null } = {}) {
    const { session, player } = this, names = this.reader.names;
    const changed = names.filter((name) => session.settings[name] !== settings[name]);
    const live = !anew && changed.every((name) => this.facts.session.live.includes(name));
    const was = session.run();
    if (live) session.change(settings);
    else session.begin(settings);
    if (changed.length || anew) session.keep(was, live, anew);
    if (!live) player.begun();
    this.chosen = chosen ?? "";
    if (chosen !== null) this.based = chosen;
    this.error = "";
    this.send({ type: "error", text: "" });
  }

  // Show what an address says: settings code, preset and moment. What is wrong with it is said in
  // one sentence, and all stays as it is.
  follow({ code, preset, t, wrong }) {
    const refuse = (why) => {
      throw new RangeError(`The address of this page does not fit this lab, which shows its `
        + `default: ${why}`);
    };
    const samples = Number(t ?? 0);
    if (wrong) refuse(wrong);
    if (preset && !this.presets.has(preset)) refuse(`it has no preset '${preset.slice(0, 60)}'`);
    if (!/^\d{0,9}$/.test(t ?? "")) refuse("t is no number of samples from 0 to 999,999,999");
    const chosen = this.presets.get(preset)?.settings;
    let settings = null;
    try {
      settings = code ? this.reader.fromCode(code) : chosen ?? this.session.settings;
    } catch (problem) {
      refuse(problem.message);
    }
    const same = chosen && this.reader.code(chosen) === this.reader.code(settings);
    this.use(settings, { anew: true, chosen: same ? preset : "" });
    this.based = preset ?? "";
    this.player.open(samples);
  }

  restart(settings) {
    this.use(settings, { anew: true, chosen: this.chosen || null });
  }

  drawAnew() {
    const { settings } = this.session;
    this.restart(this.reader.replace(settings, { seed: (settings.seed + 1) % 2 ** 31 }));
  }

  takePreset(name) {
    if (!this.presets.has(name)) {
      const offered = [...this.presets.keys()].join(", ");
      throw new RangeError(`${this.facts.lab.name} has no preset '${name}': it offers ${offered}`);
    }
    this.use(this.presets.get(name).settings, { anew: true, chosen: name });
    this.player.go();
  }

  nextPreset(by) {
    const names = [...this.presets.keys()];
    const at = this.presets.has(this.chosen) ? names.indexOf(this.chosen) : Math.min(0, -by);
    this.takePreset(names[(at + by + names.length) % names.length]);
  }

  takeCode(text) {
    if (!text.replace(/[`'",;\s]/g, "")) {
      throw new RangeError("the settings code is empty, so there is nothing to apply: paste a line "
        + `such as ${this.facts.lab.example}`);
    }
    this.use(this.reader.fromCode(text, this.session.settings), { chosen: "" });
  }

  copyCode() {
    this.send({ type: "copy", text: this.reader.code(this.session.settings) });
  }

  export(format) {
    const { name, code: usual } = this.facts.lab, code = this.reader.code(this.session.settings);
    const text = format === "csv" ? csv(this.session, this.session.run()) : code;
    this.send({ type: "export", format, name: fileName(name, code, usual, format), text });
  }

  compare(on) {
    const { held } = this.session;
    if (on) held.hold(this.session.run());
    else held.letGo();
    this.stale = true;
  }

  sayText() {
    const run = this.session.run();
    this.send({ type: "text", text: twin(this.session, run, this.player.moment(run)) });
  }

  // Send what has changed since the last frame; returns its number.
  show() {
    const { session, player } = this, run = session.run(), before = session.held.run;
    if (this.fresh) this.frames.forget();
    const reword = this.stale || (this.played && !player.playing);
    Object.assign(this, { fresh: false, stale: false, played: player.playing });
    const note = noted(this.reader, this.presets.get(this.based), session.settings)
      || session.patience(player.speed);
    const lights = session.engine.lamps(session.settings)
      .map((a) => [a.holds, a.name, a.text, a.purpose]);
    const now = { lights, note, settings: this.reader.code(session.settings),
      events: told(session, run) };
    const [message, buffer] = this.frames.frame({
      views: viewsOf(this.facts.views, run, session.watch, before),
      tables: this.tables(run, before), now, reword, say: (i) => wordsAt(session, run, i),
    });
    this.told += 1;
    const looked = { cursor: player.cursor, looked: player.looked };
    this.send({ ...message, n: this.told, ...looked }, buffer);
    return this.told;
  }

  tables(run, before) {
    const { d } = run.settings, ofRun = (one) => (rows) => columnsOf(one, rows);
    const series = (rows, number) =>
      ({ kind: "f8", shape: [], data: Float64Array.from(rows, number) });
    const predicted = (rows) => ({
      samples: series(rows, (p) => p.samples), left: series(rows, (p) => onAxis(p.samples, d)),
      perpendicular: series(rows, (p) => p.perpendicular),
    });
    const { record, predicted: curve } = this.session;
    const made = {
      record: { key: record, rows: run.rows, columns: ofRun(run) },
      prediction: { key: record, rows: curve, columns: predicted },
    };
    if (!before) return made;
    const few = fewOf(before.rows);
    return { ...made, before: { key: before, rows: before.rows, columns: ofRun(before) },
      "neurons before": { key: before, rows: few, columns: ofRun(before) } };
  }
}

// At most so many moments, evenly picked with the first and the last among them.
function fewOf(rows) {
  const places = Array.from({ length: FEW }, (_, i) => {
    const place = (i * (rows.length - 1)) / (FEW - 1);
    const down = Math.floor(place), rest = place - down;
    return rest > 0.5 || (rest === 0.5 && down % 2) ? down + 1 : down;
  });
  return [...new Set(places)].map((i) => rows[i]);
}

// The name of a file by lab, settings that are not the usual ones, and time, as orders.py gives it.
function fileName(lab, code, usual, format) {
  const known = new Set(usual.split(" "));
  const parts = code.split(" ").filter((part) => /^(d|k|link)=/.test(part) || !known.has(part));
  const now = new Date(), two = (v) => String(v).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(".");
  return `${[lab, ...parts, day, time].join("_").replace(/[^\w.=-]/g, "-")}.${format}`;
}
