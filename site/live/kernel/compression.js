// CompressionLab: how little of W a trained network needs; labs/compression.py of the course.

import { tablesOf, viewsOf } from "./compression_views.js";
import { compressed } from "./costs.js";
import { asCsv, cell } from "./run.js";
import { Session } from "./session.js";
import { mustBeStandard } from "./settings.js";
import { commas, fixed, inD, percent, scientific, signed } from "./texts.js";
import { onAxis } from "./views.js";
import { clockOf, told, twinOf } from "./words.js";

const LARGE = 1e5; // weights, beyond which a network is compressed less often

// A session that compresses its network each time the samples have grown by a fifth. `moments` are
// {samples, now, hidden}, `rank` is the one that W is cut to, `ranks` the largest that is tried.
class Compressions extends Session {
  begin(settings, samples = 0) {
    mustBeStandard(this.reader, settings, this.facts.compression.standard);
    super.begin(settings, samples);
    this.compress();
  }

  measure() {
    super.measure();
    if (this.of !== this.record) this.clear();
    const { width, d } = this.settings, growth = width * d <= LARGE ? 1.2 : 2;
    const last = this.moments.at(-1);
    if (!last || this.samples >= growth * last.samples + d / 50) this.compress();
  }

  clear() {
    const { k, width, d } = this.settings, before = this.ranks;
    Object.assign(this, { of: this.record, moments: [], ranks: Math.min(k + 5, width, d) });
    if (this.ranks !== before) this.rank = Math.min(k, this.ranks); // another k
  }

  cut(rank) {
    this.rank = Math.min(rank, this.ranks);
  }

  rest() {
    this.compress();
  }

  compress() {
    const { moments, samples } = this, last = moments.at(-1);
    if (last?.samples === samples) return;
    const now = compressed(this.sim, this.ranks, this.facts.compression);
    if (last && samples <= onAxis(0, this.settings.d)) {
      moments[moments.length - 1] = { ...last, hidden: true };
    }
    moments.push({ samples, now });
  }

  at(samples) {
    return this.moments.findLast((moment) => moment.samples <= samples) ?? this.moments[0];
  }

  csv() {
    const names = ["samples", "rank", "left_out", "output_error", "risk_before", "risk_after",
      "bytes_before", "bytes_after"];
    const rows = this.moments.flatMap(({ samples, now }) => Array.from(now.output, (moved, i) => {
      const [bytes, risk] = now.forms[this.facts.compression.ranked];
      return [samples, i + 1, ...[now.left_out[i + 1], moved, now.whole, risk[i]].map(cell),
        now.forms.whole[0].at(-1), bytes[i]];
    }));
    return asCsv(names, rows, this.reader.code(this.settings), this.turns);
  }
}

// Risk before and after, the bound, outputs and bytes at the last compressed moment up to one.
export function wordsAt(session, run, moment) {
  const { samples, now } = session.at(run.rows[moment].samples), { rank: r, facts } = session;
  const { d, width, loss } = run.settings, [bytes, risks] = now.forms[facts.compression.ranked];
  const risk = risks[r - 1], moved = now.output[r - 1], size = bytes[r - 1];
  const whole = now.forms.whole[0].at(-1), lost = now.left_out[r];
  const bound = loss === "square" ? "" : `≤ ${fixed(Math.sqrt(2 / Math.PI) * lost, 3)}`;
  const rows = [
    ["left out of W", "", fixed(lost, 3), ""],
    ["risk before", "", fixed(now.whole, 4), ""],
    [`risk, rank ${r}`, "", fixed(risk, 4), ""],
    ["risk change", bound, signed(risk - now.whole, 1, scientific), ""],
    ["outputs", "", fixed(moved, 3), ""],
  ];
  const some = Object.keys(now.forms).length > 2 ? "" : " At this d only the span of W is "
    + "simulated, not its single entries: pruning and int8 are not shown.";
  const sentence = `After ${commas(samples)} samples (${inD(samples, d)}), rank ${r} of `
    + `${Math.min(width, d)}: risk ${fixed(now.whole, 4)}, then ${fixed(risk, 4)}; outputs change `
    + `by ${percent(moved, 1)}; ${commas(size)} bytes in place of ${commas(whole)} `
    + `(${fixed(whole / size)} x smaller).${some}`;
  return { sentence, rows, clock: clockOf(run, moment) };
}

// Whether the rank can hold the subspace, and decay empties what is outside.
export function lightsOf({ rank, settings: { k, weight_decay }, facts }) {
  const holds = [rank >= k, weight_decay > 0];
  return facts.compression.lights.map(([name, why], i) => [holds[i], name, why]);
}

export function compressionLab(facts, reader, engine, settings) {
  const session = new Compressions(facts, reader, { ...engine, predict: undefined }, settings);
  const words = (run, moment) => wordsAt(session, run, moment);
  return {
    session, words,
    views: (run) => viewsOf(facts.views, session, run),
    tables: (run) => tablesOf(session, run),
    now: (run) => ({ lights: lightsOf(session), events: told(session, run) }),
    text: (run, moment) => twinOf(session, run, words(run, moment)),
    csv: () => session.csv(),
    links: {
      rank: { get: () => session.rank, set: (rank) => session.cut(rank),
        fits: (rank) => Number.isInteger(rank) && rank >= 1 },
    },
    knobs: {
      rank: { act: (rank) => session.cut(rank),
        shown: () => ({ value: session.rank, max: session.ranks }) },
    },
  };
}
