// Answers what test_live_theory.py asks of lamps and predictions: argument: where the engine is.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { answers } from "../../site/live/kernel/curve.js";
import { Lamps } from "../../site/live/kernel/lamps.js";
import { Lab } from "../../site/live/kernel/lab.js";
import { partsOf } from "../../site/live/kernel/parts.js";
import { Prediction } from "../../site/live/kernel/predict.js";
import { SettingsReader } from "../../site/live/kernel/settings.js";

const folder = process.argv[2];
const { loadEngine, Diverged } = await import(pathToFileURL(join(folder, "engine.js")));
const engine = await loadEngine(readFileSync(join(folder, "engine.wasm")));
const { facts, codes, runs } = JSON.parse(readFileSync(0, "utf-8"));
const reader = new SettingsReader(facts.settings), lamps = new Lamps(facts.theory, reader, engine);

const make = (settings, start) =>
  new Prediction(engine, facts.theory, settings, start, facts.session.foresight);

const asker = () => {
  const answer = answers(make);
  return (what, then) => then(answer(what));
};

// A lab that trains, is turned, and trains on; its last frame and all it has said.
function played({ name, code, samples, turn, further }) {
  const sent = [], own = { ...facts, lab: facts.labs[name] };
  const parts = partsOf({ facts: own, engine, Diverged, asker, news: () => {} });
  const lab = new Lab(own, parts, {
    code, tell: () => {}, send: (message, buffer) => sent.push([message, buffer]),
  });
  lab.show();
  lab.session.begin(lab.session.settings, samples);
  for (const [field, value] of Object.entries(turn)) lab.obey(`set ${field}`, value);
  for (const n of further) lab.session.train(n);
  lab.stale = true;
  lab.show();
  const [message] = sent.at(-1), rows = lab.session.run().rows;
  const { words } = sent.map(([one]) => one).filter((one) => one.words).at(-1);
  lab.sayText();
  return {
    errors: lab.errors.map(String), words, said: message.said,
    text: sent.at(-1)[0].text, csv: lab.parts.csv(),
    times: rows.map((row) => row.samples),
    views: message.views.map((view) => view.name),
    predicted: lab.session.predicted.map((p) => [p.samples, p.perpendicular]),
    perpendicular: rows.map((row) => row.perpendicular),
    angles: rows.map((row) => Array.from(row.angles)),
  };
}

console.log(JSON.stringify({
  lamps: codes.map((code) => lamps.of(reader.fromCode(code))), played: runs.map(played),
}));
