// SubspaceLab, and BreakLab with it: labs/subspace.py and breaks.py of the course.

import { roundEven } from "./run.js";
import { Session } from "./session.js";
import { columnsOf, onAxis, viewsOf } from "./views.js";
import { csv, told, twinOf, wordsAt } from "./words.js";

const FEW = 60; // moments at which the neurons of the run before are told

// At most so many moments, evenly picked with the first and the last among them.
function fewOf(rows) {
  const places = Array.from({ length: FEW }, (_, i) =>
    roundEven((i * (rows.length - 1)) / (FEW - 1)));
  return [...new Set(places)].map((i) => rows[i]);
}

function tablesOf(session, run) {
  const { d } = run.settings, ofRun = (one) => (rows) => columnsOf(one, rows);
  const series = (rows, number) =>
    ({ kind: "f8", shape: [], data: Float64Array.from(rows, number) });
  const predicted = (rows) => ({
    samples: series(rows, (p) => p.samples), left: series(rows, (p) => onAxis(p.samples, d)),
    perpendicular: series(rows, (p) => p.perpendicular),
  });
  const { record, predicted: curve, held: { run: before } } = session;
  const made = {
    record: { key: record, rows: run.rows, columns: ofRun(run) },
    prediction: { key: record, rows: curve, columns: predicted },
  };
  if (!before) return made;
  const few = fewOf(before.rows);
  return { ...made, before: { key: before, rows: before.rows, columns: ofRun(before) },
    "neurons before": { key: before, rows: few, columns: ofRun(before) } };
}

export function subspaceLab(facts, reader, engine, settings) {
  const session = new Session(facts, reader, engine, settings), { held } = session;
  const words = (run, moment) => wordsAt(session, run, moment);
  const lights = () => engine.lamps(session.settings)
    .map(({ holds, name, text, purpose }) => [holds, name, text, purpose]);
  const compare = (on) => (on ? held.hold(session.run()) : held.letGo());
  return {
    session, words,
    views: (run) => viewsOf(facts.views, run, session.watch, held.run),
    tables: (run) => tablesOf(session, run),
    now: (run) => ({ lights: lights(), events: told(session, run) }),
    text: (run, moment) => twinOf(session, run, words(run, moment)),
    csv: () => csv(session, session.run()),
    knobs: { compare: { act: compare, shown: () => ({ value: held.byHand }) } },
  };
}
