// Answers what test_live_ports.py asks: one line of JSON in, one out.

import { readFileSync } from "node:fs";
import { Held } from "../../site/live/kernel/compared.js";
import { SettingsReader } from "../../site/live/kernel/settings.js";
import { checkpointTimes, Record } from "../../site/live/kernel/run.js";
import * as texts from "../../site/live/kernel/texts.js";
import { columnsOf, viewsOf } from "../../site/live/kernel/views.js";
import { Watch } from "../../site/live/kernel/watch.js";
import { csv, noted, told, twinOf, wordsAt } from "../../site/live/kernel/words.js";

const { facts, cases } = JSON.parse(readFileSync(0, "utf-8"));
const reader = new SettingsReader(facts.settings);
const number = (x) => (x === null ? NaN : x);
const bare = (_, value) => (ArrayBuffer.isView(value) ? { array: Array.from(value) } : value);

function attempt(f) {
  try {
    return f();
  } catch (problem) {
    return { refused: problem.message };
  }
}

function rowOf(row) {
  const made = { ...row, risk: number(row.risk), r2: number(row.r2) };
  for (const name of ["angles", "singular_values"]) made[name] = Float64Array.from(row[name]);
  for (const name of ["neurons", "overlaps"]) made[name] = Float32Array.from(row[name]);
  return made;
}

const runOf = ({ code, rows, floors = {}, highestFloor, changes = [] }) => ({
  settings: reader.fromCode(code), rows: rows.map(rowOf), floors, highestFloor, note: "",
  changes: changes.map(([t, held]) => [t, reader.fromCode(held)]),
});

function watched(story, lamps) {
  const watch = new Watch(facts.watch, reader, (s) => lamps[reader.code(s)],
    reader.fromCode(story.first), story.floors[0]);
  for (const [i, part] of story.parts.entries()) {
    if (part.rows) for (const row of part.rows) watch.see(rowOf(row));
    if (part.change) watch.change(part.samples, reader.fromCode(part.change));
    if (part.why) watch.diverged(part.why);
    watch.floors = story.floors[i + 1] ?? watch.floors;
  }
  return watch;
}

const ASKED = {
  text: ({ name, values }) => texts[name](...values.map((v) =>
    ({ inf: Infinity, "-inf": -Infinity, nan: NaN })[v] ?? v)),
  code: ({ text, base }) => attempt(() =>
    reader.code(reader.fromCode(text, base === null ? null : reader.fromCode(base)))),
  replaced: ({ base, changes }) => attempt(() =>
    reader.code(reader.adapted(reader.fromCode(base), changes))),
  times: ({ samples }) => checkpointTimes(samples, 160),
  thinned: ({ samples, limit, marked }) => {
    const record = new Record(limit);
    record.marked = marked;
    for (const t of samples) record.append({ samples: t });
    return record.rows.map((row) => row.samples);
  },
  noted: ({ preset, note, code, uses }) =>
    noted(reader, { settings: reader.fromCode(preset), note }, reader.fromCode(code), uses),
  run: ({ run: given, before, past, story, lamps, predicted, moment, turns }) => {
    const run = runOf(given), watch = watched(story, lamps), held = new Held();
    if (before) Object.assign(held, { run: runOf(before), past });
    const points = predicted.map(([samples, v]) => ({ samples, perpendicular: number(v) }));
    const session = { reader, watch, held, predicted: points, turns };
    const said = wordsAt(session, run, moment);
    return {
      words: said, told: told(session, run),
      names: [...watch.names.entries()].sort(([a], [b]) => a - b),
      events: watch.events, twin: twinOf(session, run, said), csv: csv(session, run),
      views: viewsOf(facts.views, run, watch, held.run), columns: columnsOf(run, run.rows),
    };
  },
};

const answers = cases.map(([name, question]) => ASKED[name](question));
console.log(JSON.stringify(answers, (key, value) =>
  (typeof value === "number" && !Number.isFinite(value) ? String(value) : bare(key, value))));
