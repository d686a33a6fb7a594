// What a lab says beside its views: labs/subspace.py and twin.py of the course once more.

import { withPull } from "./pull.js";
import { csvOf, sentenceOf, tableOf } from "./run.js";
import { predictedAt } from "./session.js";
import { commas, fixed, fixedZ, inD, percent } from "./texts.js";

// The sentence, the rows and the clock of one moment.
export function wordsAt(session, run, moment) {
  const now = run.rows[moment], predicted = predictedAt(session.predicted, now.samples);
  const known = Number.isFinite(predicted);
  const off = Math.abs(predicted - now.perpendicular) / Math.max(now.perpendicular, 1e-12);
  const error = percent(off);
  const rows = [
    ["W⊥", known ? fixed(predicted, 3) : "", fixed(now.perpendicular, 3), known ? error : ""],
    ["W∥", "", fixed(now.parallel, 3), ""],
    ["test R²", "", Number.isNaN(now.r2) ? "" : fixedZ(now.r2, 2), ""],
  ];
  const foreseen = ` Predicted W_perp ${fixed(predicted, 3)} (${error} off).`;
  const said = known && now.samples ? foreseen : "";
  const beside = session.held.sentence(session.reader, run, moment);
  const sentence = sentenceOf(run, moment) + said + axisAlone(now, run.rows[0], session.watch)
    + (beside && ` ${beside}`);
  return withPull({ sentence, rows, clock: clockOf(run, moment) }, now);
}

// A recorded moment in words.
export function clockOf({ rows, settings: { d } }, moment) {
  const { samples } = rows[moment];
  return `t = ${commas(samples)} = ${inD(samples, d)}`;
}

// What an angle hides that looks like a success.
function axisAlone(now, start, { facts }) {
  const pointing = Math.sin(Math.min(...now.angles)) ** 2 <= 0.5;
  if (!(pointing && now.parallel < start.parallel && now.r2 < facts.LEARNT)) return "";
  return " An axis alone is found: W_par is smaller than at the start, and nothing of the labels "
    + "is learned.";
}

// What has happened in a run, and what was changed in it: [sample count, caption].
export function told(session, run) {
  const events = session.watch.events.map(({ samples, caption }) => [samples, caption]);
  const before = new Map();
  for (const [t, settings] of run.changes) if (!before.has(t)) before.set(t, settings);
  const held = [...before.entries()];
  const changes = held.flatMap(([t, settings], i) => {
    const what = session.reader.turned(settings, held[i + 1]?.[1] ?? run.settings);
    return what ? [[t, `t = ${commas(t)}: ${what}`]] : [];
  });
  const news = changes.filter(([, said]) => !events.some(([, caption]) => caption.startsWith(said)))
    .map(([t, said]) => [t, `${said}.`]);
  return [...events, ...news].sort(([s], [t]) => s - t);
}

// What a preset says, and what was changed since; another seed is no change, nor are fields that do
// not matter to a lab.
export function noted(reader, preset, settings, uses) {
  if (!preset) return "";
  const kept = Object.fromEntries(uses.filter((name) => name !== "seed")
    .map((name) => [name, settings[name]]));
  const since = reader.turned(preset.settings, { ...preset.settings, ...kept });
  return since ? `${preset.note} Changed since: ${since}.` : preset.note;
}

// The text twin of a run, with the sentence of one of its moments.
export function twinOf(session, run, { sentence }) {
  const captions = told(session, run).map(([, caption]) => caption);
  return [sentence, tableOf(run), ...captions, session.reader.code(run.settings)].join("\n");
}

// What CSV saves.
export function csv(session, run) {
  const notes = [...session.turns], { held, reader } = session;
  if (held.run) {
    notes.push(`before: ${reader.code(held.run.settings)}`,
      held.sentence(reader, run, run.rows.length - 1));
  }
  return csvOf(run, reader.code(run.settings), notes.filter(Boolean));
}
