// Who sees the checkpoints of a run as they come, and says its events: events/watch.py of the
// course once more; tests/site holds the two equal. Numbers that decide come from there (`facts`).

import { matched, smallestFirst } from "./linear.js";
import { commas, fixed, general, ordinal, percent } from "./texts.js";

// A checkpoint as it is looked at.
function momentOf(snapshot, index) {
  const { angles, overlaps } = snapshot, k = angles.length;
  const hidden = smallestFirst(overlaps, k);
  return {
    ...snapshot, index, k,
    outside: Array.from(angles, (a) => Math.sin(a) ** 2),
    squares: Array.from({ length: k }, (_, j) =>
      Array.from({ length: k }, (__, i) => overlaps[j * k + i] ** 2)),
    shares: hidden.map((row) => Array.from(row, (v) => v * v)),
    size: Math.hypot(snapshot.perpendicular, snapshot.parallel),
  };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// Whether a value still moves: its medians over two stretches of time.
class Steady {
  constructor() {
    this.recent = [];
  }

  add(t, value) {
    this.recent = [...this.recent.filter(([s]) => 4 * s > t), [t, value]];
  }

  medians() {
    const [t] = this.recent.at(-1);
    const early = this.recent.filter(([s]) => 2 * s <= t).map(([, v]) => v);
    const late = this.recent.filter(([s]) => 2 * s > t).map(([, v]) => v);
    return Math.min(early.length, late.length) >= 4 ? [median(early), median(late)] : [NaN, NaN];
  }

  forget() {
    this.recent = this.recent.slice(-1);
  }
}

export class Watch {
  // `reader` reads settings, `lamps` gives the assumptions of some.
  constructor(facts, reader, lamps, settings, floors) {
    Object.assign(this, { facts, reader, lamps, settings, floors });
    Object.assign(this, { events: [], names: new Map(), found: [], rested: {}, wasWorse: false });
    this.named = []; // [sample count, names] each time that an angle fell
    this.said = new Set();
    this.fallen = [];
    this.start = this.now = null;
    this.standard = reader.law(settings.inputs).standard;
    this.outside = new Array(settings.k).fill(0);
    [this.outer, this.loss] = [new Steady(), new Steady()];
  }

  see(snapshot) {
    this.now = momentOf(snapshot, this.now ? this.now.index + 1 : 0);
    this.start ??= this.now;
    const { now } = this;
    this.outer.add(now.samples, now.perpendicular);
    this.loss.add(now.samples, now.risk);
    const learnt = this.learnt();
    this.half();
    this.plateau();
    this.linearFit();
    this.divergence();
    if (learnt) this.riskPlateau();
    if (learnt || this.grown()) {
      this.angles();
      this.singularValues();
    }
    this.outside = this.outside.map((most, r) => Math.max(most, now.outside[r]));
  }

  // New settings hold; plateaus are looked for anew.
  change(samples, settings) {
    const before = this.settings;
    this.settings = settings;
    const lit = new Set(this.lamps(before).filter((a) => a.holds).map((a) => a.name));
    this.outer.forget();
    this.loss.forget();
    this.rested = {};
    const out = this.lamps(settings).filter((a) => !a.holds && lit.has(a.name));
    if (!out.length) return;
    const lost = out.map((a) => `'${a.name}'`).join(" and ");
    const turned = this.reader.turned(before, settings);
    this.say("lamp", `${turned}: the lamp ${lost} goes out`, { samples });
  }

  diverged(why) {
    const words = why[0].toLowerCase() + why.slice(1).replace(/\.+$/, "");
    const caption = `t = ${commas(this.now.samples)}: ${words}.`;
    const known = this.events.some((e) => e.name === "divergence" && e.caption === caption);
    if (!known) this.say("divergence", words);
  }

  say(name, words, { directions = [], column = null, samples = this.now.samples } = {}) {
    this.said.add(`${name} ${column}`);
    const caption = `t = ${commas(samples)}: ${words}.`;
    this.events.push({ name, samples, index: this.now.index, caption, directions, column });
  }

  isNew(name, column = null) {
    return !this.said.has(`${name} ${column}`);
  }

  learnt() {
    const { now, settings, floors, facts } = this;
    if (!facts.signLabels.includes(settings.loss)) return now.r2 >= facts.LEARNT;
    return now.risk <= (1 - facts.LEARNT) * (floors.zero ?? 0);
  }

  grown() {
    const { settings: { d, k }, now, start, facts } = this;
    return this.standard && d >= 2 * k + 40 && now.parallel >= facts.GROWN * start.parallel;
  }

  half() {
    const now = this.now.perpendicular, first = this.start.perpendicular;
    if (!this.isNew("half") || !(0 < now && now <= first / 2)) return;
    const halved = `W_perp has halved, ${fixed(first, 2)} to ${fixed(now, 2)}`;
    const why = "outside the subspace labels give no push against the shrinking";
    this.say("half", this.standard ? `${halved}: ${why}` : halved); // by Stein's identity
  }

  plateau() {
    const [early, late] = this.outer.medians(), first = this.start.perpendicular;
    if (!(Math.abs(late - early) <= this.facts.STEADY * late)) return;
    if (!this.rests("plateau", late, first)) return;
    const began = `(it began at ${fixed(first, 2)})`;
    this.say("plateau", `W_perp has reached a plateau, ${fixed(late, 3)} ${began}`);
  }

  riskPlateau() {
    const [early, late] = this.loss.medians(), first = this.start.risk, { noise } = this.floors;
    if (!(Math.abs(late - early) <= this.facts.STEADY * first)) return;
    if (!this.rests("risk plateau", late, first)) return;
    const floor = noise === undefined ? "" : ` (the noise alone costs ${general(noise, 3)})`;
    this.say("risk plateau", `the test loss has reached a plateau, ${general(late, 3)}${floor}`);
  }

  // Whether a plateau is far from start and last one; if so, it is the last one.
  rests(name, value, first) {
    const { MOVED, AGAIN } = this.facts, before = this.rested[name] ?? Infinity;
    const near = Math.abs(value - before) < AGAIN * before && AGAIN * before < Infinity;
    if (Math.abs(value - first) < MOVED * first || near) return false;
    this.rested[name] = value;
    return true;
  }

  linearFit() {
    const { noise = NaN, linear = NaN, zero = NaN } = this.floors;
    const more = linear - noise, now = this.now.risk, least = 0.1 * (zero - noise);
    this.wasWorse ||= now > linear;
    if (!this.isNew("linear fit") || !this.wasWorse || !(more >= least && least > 0)) return;
    if (!(now <= linear - this.facts.BETTER * more)) return;
    const against = `${general(now, 3)} against ${general(linear, 3)}`;
    this.say("linear fit", `the test loss passes the best linear fit, ${against}`);
  }

  divergence() {
    const { now, start, floors } = this;
    const wide = now.size / Math.max(start.size, 1e-300);
    const bad = now.risk / Math.max(start.risk, floors.zero ?? 0, 1e-300);
    if (!this.isNew("divergence") || !(Math.max(wide, bad) >= this.facts.FAR)) return;
    const [what, times] = wide >= bad ? ["W", wide] : ["the test loss", bad];
    this.say("divergence", `divergence is near: ${what} is ${fixed(times)} times its start`);
  }

  angles() {
    for (let r = this.settings.k - 1; r >= 0; r--) { // the smallest first
      const usual = this.outside[r], now = this.now.outside[r];
      if (!this.isNew("angle", r) || !(usual >= this.facts.LOW && now <= usual / 2)) continue;
      const [from, to] = [usual, now].map((v) =>
        fixed((180 / Math.PI) * Math.asin(Math.sqrt(Math.min(v, 1)))));
      const fresh = this.newlyFound(r), which = this.settings.k === 1 ? "the" : "an";
      const fell = `${which} angle fell from ${from} to ${to} degrees`;
      const words = `${this.who(r, fresh)} (${fell})${this.next(fresh)}`;
      this.say("angle", words, { directions: fresh, column: r });
      this.fallen.push(r);
      this.match();
    }
  }

  // The u_i that are found as angle no. r has fallen, the best match first.
  newlyFound(r) {
    const { k, d } = this.settings, chance = k / d, shares = this.now.shares[r];
    const inside = Array.from({ length: k }, (_, i) =>
      this.now.squares.reduce((sum, row) => sum + row[i], 0));
    const every = Array.from({ length: k }, (_, i) => i + 1);
    const best = every.filter((i) => shares[i - 1] >= 2 / 3 && !this.found.includes(i));
    const near = every.filter((i) => inside[i - 1] - chance >= (1 - chance) / 2)
      .filter((i) => !this.found.includes(i) && !best.includes(i));
    if (this.found.length + best.length + near.length <= 1 + this.fallen.length) {
      best.push(...near.sort((i, j) => shares[j - 1] - shares[i - 1]));
    }
    this.found.push(...best);
    return best;
  }

  match() {
    const { fallen, found, now } = this, share = (a, b) => now.shares[fallen[a]][found[b] - 1];
    const pairs = matched(share, fallen.length, found.length);
    this.names = new Map(pairs.filter(([a, b]) => share(a, b) >= 0.5)
      .map(([a, b]) => [fallen[a], found[b]]));
    this.named.push([now.samples, this.names]);
  }

  who(r, fresh) {
    if (!fresh.length) return `a direction inside is found, ${mixture(this.now.shares[r])}`;
    const { k } = this.settings, final = this.found.length === k && k > 1 ? ", the last" : "";
    const names = joined(fresh.map((i) => `u_${i}`));
    return `${names} ${fresh.length === 1 ? "is" : "are"} found${final}`;
  }

  // Which product of the link points at a direction now.
  next(fresh) {
    if (!this.standard) return "";
    for (const product of this.reader.products(this.settings)) {
      const lacks = product.filter((i) => !this.found.includes(i));
      if (lacks.length === 1 && product.some((i) => fresh.includes(i))) {
        return `; now ${product.map((i) => `z_${i}`).join(" ")} is a signal along u_${lacks[0]}`;
      }
    }
    return "";
  }

  singularValues() {
    const { now, settings: { k } } = this;
    for (let r = 0; r < (now.singular_values.length > k ? k : 0); r++) {
      const value = now.singular_values[r], bulk = now.singular_values[k], squares = now.squares[r];
      const share = squares.reduce((sum, v) => sum + v, 0);
      const above = value > 0 && value >= this.facts.ABOVE * bulk && share >= 0.5;
      if (!this.isNew("singular value", r) || !above) continue;
      const which = k === 1 ? "the largest" : `the ${ordinal(r + 1)}`;
      const against = `${general(value, 2)} against ${general(bulk, 2)}`;
      const most = Math.max(...squares), near = most >= 0.5 ? [squares.indexOf(most) + 1] : [];
      const words = `${which} singular value leaves the bulk, ${against}; its direction is `
        + mixture(squares);
      this.say("singular value", words, { directions: near, column: r });
    }
  }
}

// The largest parts of a direction, as text.
function mixture(squares) {
  const order = squares.map((_, i) => i).sort((i, j) => squares[j] - squares[i]).slice(0, 3);
  const least = Math.max(0.1, Math.max(...squares) / 4);
  return order.filter((i) => squares[i] >= least)
    .map((i) => `${percent(squares[i])} u_${i + 1}`).join(", ");
}

function joined(names) {
  const final = names.at(-1), first = names.slice(0, -1);
  return first.length ? `${first.join(", ")} and ${final}` : final;
}
