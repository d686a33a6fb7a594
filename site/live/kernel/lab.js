// A lab without its page: orders come in, frames and what controls show go out. It plays the part
// that labs/lab.py and orders.py of the course play in a kernel.

import { Frames } from "./frames.js";
import { LABS } from "./labs.js";
import { followLink, linkOf } from "./link.js";
import { Finisher, Player } from "./player.js";
import { SettingsReader } from "./settings.js";
import { noted } from "./words.js";

export class Lab {
  // `facts` come from Python, `engine` simulates, `send(message, buffer)` and `tell(state)` speak.
  constructor(facts, engine, { code = "", presets, send, tell }) {
    Object.assign(this, { facts, send, tell, errors: [], chosen: "", based: "" });
    this.reader = new SettingsReader(facts.settings);
    this.presets = new Map((presets ?? facts.lab.presets).map(([name, text, note]) =>
      [name, { settings: this.reader.fromCode(text), note }]));
    this.frames = new Frames(facts.palette);
    Object.assign(this, { told: 0, fresh: true, stale: false, played: false });
    let settings = this.reader.fromCode(facts.lab.code), problem = null;
    try {
      settings = this.reader.fromCode(code, settings);
    } catch (one) {
      problem = one;
    }
    this.parts = LABS[facts.lab.name](facts, this.reader, engine, settings);
    this.session = this.parts.session;
    this.player = this.parts.tables ? new Player(this, () => this.showState()) : new Finisher();
    const live = { ...this.player.orders, show: () => {}, text: () => this.sayText() };
    this.orders = {
      ...live,
      ...Object.fromEntries(this.reader.names.map((name) => [`set ${name}`, (value) =>
        this.use(this.reader.adapted(this.session.settings, { [name]: value }))])),
      ...this.ownOrders(),
      preset: (name) => this.takePreset(name),
      "next preset": () => this.nextPreset(1), "preset before": () => this.nextPreset(-1),
      code: (text) => this.takeCode(text), copy: () => this.copyCode(),
      new_seed: () => this.drawAnew(), export: (format) => this.export(format),
      link: (one) => this.follow(one),
    };
    if (problem) this.report(problem);
  }

  // Those of its knobs, and further ones; words of moments that are past may change with each.
  ownOrders() {
    const { knobs = {}, orders = {} } = this.parts;
    const acts = [...Object.entries(knobs).map(([name, { act }]) => [name, act]),
      ...Object.entries(orders)];
    return Object.fromEntries(acts.map(([name, act]) => [name, (value) => {
      act(value);
      this.stale = true;
    }]));
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
    const { session: { settings }, player, chosen, parts: { knobs = {} } } = this;
    const own = Object.entries(knobs).map(([name, knob]) => [name, knob.shown()]);
    const common = { preset: chosen, speed: player.speed, code: this.short() };
    const shown = [...own, ...Object.entries(common).map(([name, value]) => [name, { value }])];
    this.tell({ settings, playing: player.playing, knobs: Object.fromEntries(shown),
      link: linkOf(this) });
  }

  // The settings that this lab uses, as text.
  short() {
    return this.reader.code(this.session.settings, this.facts.lab.uses);
  }

  // Take settings over, as the experiment runs where they may act on it, or else anew.
  use(settings, { anew = false, chosen = null } = {}) {
    const { session, player } = this, names = this.reader.names;
    const changed = names.filter((name) => session.settings[name] !== settings[name]);
    const live = !anew && changed.every((name) => session.live.includes(name));
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

  // Show what an address says. What is wrong with it is said in one sentence, and all stays.
  follow(link) {
    try {
      followLink(this, link);
    } catch (problem) {
      throw new RangeError("The address of this page does not fit this lab, which shows its "
        + `default: ${problem.message}`);
    }
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
    const { uncoded } = this.reader.links[this.session.settings.link];
    if (uncoded) throw new RangeError(uncoded);
    this.send({ type: "copy", text: this.reader.code(this.session.settings) });
  }

  export(format) {
    const { name, example } = this.facts.lab, code = this.short();
    const told = example ? code : this.text().split("\n").at(-1);
    const text = format === "csv" ? this.parts.csv() : told;
    const usual = this.reader.code(this.reader.make({ k: null }));
    this.send({ type: "export", format, name: fileName(name, code, usual, format), text });
  }

  // What the figures show, in words.
  text() {
    const run = this.session.run();
    return this.parts.text(run, this.player.moment(run));
  }

  sayText() {
    this.send({ type: "text", text: this.text() });
  }

  // Send what has changed since the last frame; returns its number.
  show() {
    const { session, player, parts, facts: { lab: { uses } } } = this, run = session.run();
    if (this.fresh) this.frames.forget();
    const reword = this.stale || (this.played && !player.playing);
    Object.assign(this, { fresh: false, stale: false, played: player.playing });
    const note = noted(this.reader, this.presets.get(this.based), session.settings, uses)
      || (session.patience?.(player.speed) ?? "");
    const now = { ...parts.now(run), note, settings: this.reader.code(session.settings) };
    const say = (moment) => parts.words(run, moment);
    const [message, buffer] = this.frames.frame({
      views: parts.views(run), tables: parts.tables?.(run), now, reword, say,
    });
    this.told += 1;
    const looked = parts.tables && { cursor: player.cursor, looked: player.looked };
    this.send({ ...message, n: this.told, ...looked }, buffer);
    return this.told;
  }
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
