// Answers what test_live_labs.py asks of labs over the engine: argument: where the engine is. Each
// question names a lab, its settings code and what to do: {order, value}, {samples} to train, or
// {given} to take another record in place of its own; `opens` says whether its address is opened
// then, or which one.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readAddress, writeAddress } from "../../site/live/address.js";
import { Lab } from "../../site/live/kernel/lab.js";
import { partsOf } from "../../site/live/kernel/parts.js";

const folder = process.argv[2];
const { loadEngine, Diverged } = await import(pathToFileURL(join(folder, "engine.js")));
const engine = await loadEngine(readFileSync(join(folder, "engine.wasm")));
const { facts, questions } = JSON.parse(readFileSync(0, "utf-8"));
const bare = (_, value) => (ArrayBuffer.isView(value) ? { array: Array.from(value) }
  : typeof value === "number" && !Number.isFinite(value) ? String(value) : value);

const number = (x) => (x === null ? NaN : x);
const arrays = (value) => (Array.isArray(value) ? Float64Array.from(value, number) : number(value));

function takeRecord(session, { rows, moments }) {
  session.record.rows = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, arrays(value)])));
  if (!moments) return;
  session.moments = moments.map(({ now: { forms, ...now }, ...moment }) => ({ ...moment, now: {
    ...Object.fromEntries(Object.entries(now).map(([name, value]) => [name, arrays(value)])),
    forms: Object.fromEntries(forms.map(([name, pair]) => [name, pair.map(arrays)])) } }));
}

// What a lab shows that is opened by the address of another one.
function opened(name, address) {
  const { lab } = labOf(name, ""), link = readAddress(address);
  delete link.lab;
  lab.obey("link", link);
  while (lab.player.playing) lab.step();
  const run = lab.session.run();
  return { errors: lab.errors.map(String), address: writeAddress(lab.state.link),
    sentence: lab.parts.words(run, lab.player.moment(run)).sentence, text: lab.text() };
}

function labOf(name, code) {
  const own = { ...facts, lab: facts.labs[name] }, sent = [];
  const parts = partsOf({ facts: own, engine, Diverged, asker: () => () => {} });
  const lab = new Lab(own, parts, { code, tell: (state) => { lab.state = state; },
    send: (message) => sent.push(message) });
  return { lab, sent };
}

function answered({ name, code, acts, moment, opens = null }) {
  const { lab, sent } = labOf(name, code);
  for (const { order, value, samples, given: record } of acts) {
    if (order) lab.obey(order, value);
    else if (record) takeRecord(lab.session, record);
    else if (lab.session.samples) lab.session.train(samples);
    else lab.session.begin(lab.session.settings, samples);
  }
  const { session, parts } = lab, run = session.run(), at = moment ?? lab.player.moment(run);
  lab.show();
  lab.showState();
  const address = typeof opens === "string" ? opens : writeAddress(lab.state.link);
  const tables = Object.entries(parts.tables?.(run) ?? {}).map(([key, { rows, columns }]) =>
    [key, columns(rows)]);
  return {
    errors: lab.errors.map(String), views: parts.views(run), words: parts.words(run, at),
    now: parts.now(run), text: parts.text(run, at), csv: parts.csv(),
    tables: Object.fromEntries(tables), knobs: lab.state.knobs, frame: sent.at(-1),
    moments: session.moments, rows: parts.tables && run.rows, address,
    opened: opens && opened(name, address),
  };
}

console.log(JSON.stringify(questions.map(answered), bare));
