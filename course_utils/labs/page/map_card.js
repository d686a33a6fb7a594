// The card of a paper: what it adds, the lab that shows a piece of it, and its miniature, which
// runs in the kernel.

import { make, setText } from "./dom.js";
import { mount } from "./stage.js";

const RUNS = [
  ["Run", "Measure over several seeds, in the kernel", { size: "fast", control: false }],
  ["Larger", "More or larger cases", { size: "full", control: false }],
  ["Break it", "The control: the claim is broken on purpose", { size: "fast", control: true }],
];

export function makeCard(map, body, act) {
  const card = (map.parts.card = make("section", "course-papers-card", body));
  card.hidden = true;
  card.setAttribute("aria-label", "Paper");
  card.onkeydown = (event) => { if (event.key === "Escape") act.close(); };
  map.closeIt = act.close;
}

function line(card, name, text) {
  const row = make("p", "", card);
  make("b", "", row).textContent = `${name} `;
  row.append(text);
  return row;
}

function action(parent, text, title, f) {
  const button = make("button", "", parent);
  button.type = "button";
  Object.assign(button, { textContent: text, title, onclick: f });
  return button;
}

export function openCard(map, paper) {
  const { card } = map.parts;
  forget(map);
  card.replaceChildren();
  card.hidden = false;
  action(card, "×", "Close the card (Escape)", map.closeIt).className = "course-papers-close";
  const title = make("h3", "", card);
  title.textContent = paper.title;
  title.tabIndex = -1;
  make("p", "", card).textContent = `${paper.authors}, ${paper.year}. ${paper.topic}.`;
  line(card, "Relation:", `${paper.stands}.`);
  line(card, "What it adds:", paper.adds);
  if (paper.lab) showLab(map, paper);
  else line(card, "In the course:", "no lab shows a piece of it.");
  if (paper.miniature) showMiniature(map, paper.miniature);
  else line(card, "Experiment:", "none here.");
  map.graph.resize();
  title.focus({ preventScroll: true });
}

export function closeCard(map) {
  forget(map);
  map.parts.card.hidden = true;
  map.parts.card.replaceChildren();
  map.graph.resize();
}

function forget(map) {
  map.unmount?.();
  map.unmount = null;
  map.run = null;
}

function showLab(map, { i, lab, code }) {
  const row = line(map.parts.card, "In the course:", "");
  action(row, `Open ${lab}`, "Under the map, with these settings", () => {
    setText(status, "opening …");
    map.host.send({ type: "open", paper: i });
  });
  make("code", "", row).textContent = code;
  const status = make("span", "", row);
  status.setAttribute("role", "status");
  map.parts.opening = status;
}

function showMiniature(map, name) {
  const { card } = map.parts, about = map.miniatures[name];
  const box = make("div", "course-papers-run", card);
  line(box, "Experiment:", `${about.claim}.`);
  line(box, "Broken on purpose:", `${about.control}.`);
  const bar = make("div", "course-papers-buttons", box);
  const starts = RUNS.map(([text, title, how]) => action(bar, text, title, () => {
    map.running = name;
    map.host.send({ type: "run", name, ...how });
    tellProgress(map, 0, 0);
  }));
  const stop = action(bar, "Stop", "End it now; nothing of it is kept", () => {
    map.host.send({ type: "stop" });
  });
  const progress = make("progress", "", bar);
  progress.setAttribute("aria-label", "repetitions done");
  const said = make("div", "course-papers-status", box);
  said.setAttribute("role", "status");
  const results = make("div", "", box);
  line(box, "Not shown:", about.notShown);
  map.run = { name, starts, stop, progress, said, results };
  tellRunning(map);
  for (const control of [false, true]) {
    const kept = map.results.get(`${name} ${control}`);
    if (kept) showResult(map, kept);
  }
}

function tellRunning(map) {
  const { run, running, root } = map;
  if (running) root.dataset.running = running;
  else delete root.dataset.running;
  if (!run) return;
  for (const button of run.starts) button.disabled = running !== null;
  run.stop.disabled = running !== run.name;
  run.progress.hidden = running !== run.name;
  if (running && running !== run.name) setText(run.said, `${running} is running; stop it first.`);
}

function tellProgress(map, done, total) {
  tellRunning(map);
  if (map.run?.name !== map.running) return;
  Object.assign(map.run.progress, total ? { max: total, value: done } : { max: 1, value: 0 });
  setText(map.run.said, total ? `${done} of ${total} repetitions` : "starting …");
}

// What the kernel says.
export function hearCard(map, message, buffers) {
  const { type, name } = message;
  if (type === "opened") setText(map.parts.opening, "opened under the map");
  else if (type === "progress") {
    map.running = name;
    tellProgress(map, message.done, message.total);
  } else if (type === "result") {
    map.results.set(`${name} ${message.control}`, { message, buffers });
    end(map, name, "done");
    if (map.run?.name === name) showResult(map, { message, buffers });
  } else if (type === "stopped") end(map, name, "stopped");
  else if (type === "failed") end(map, name, message.text);
}

function end(map, name, text) {
  if (map.running === name || !name) map.running = null;
  tellRunning(map);
  if (map.run?.name === name) setText(map.run.said, text);
  else if (map.parts.opening && !name) setText(map.parts.opening, text);
  map.root.dataset.ended = Number(map.root.dataset.ended ?? 0) + 1;
}

// One place for the claim and one for its control.
function showResult(map, { message, buffers }) {
  const { results } = map.run, kind = message.control ? "control" : "claim";
  results.querySelector(`[data-kind="${kind}"]`)?.remove();
  const box = make("div", "course-papers-result", results);
  box.dataset.kind = kind;
  if (kind === "claim") results.prepend(box);
  make("p", "", box).textContent = message.sentence;
  showTable(box, message);
  if (!message.frame) return;
  const figure = make("div", "", box);
  if (kind === "claim") map.unmount?.();
  const stop = mount(figure, resultHost(map.host, message.frame, buffers));
  const before = kind === "claim" ? null : map.unmount;
  map.unmount = () => { before?.(); stop(); };
}

function showTable(box, { columns, rows }) {
  const table = make("table", "", make("div", "course-papers-wide", box));
  const head = make("tr", "", make("thead", "", table));
  for (const text of columns) {
    const th = make("th", "", head);
    th.scope = "col";
    th.textContent = text;
  }
  const body = make("tbody", "", table);
  for (const row of rows) {
    const tr = make("tr", "", body);
    for (const text of row) make("td", "", tr).textContent = text;
  }
}

// A stage that is told one frame, when it says hello.
function resultHost(host, frame, buffers) {
  const hears = new Set();
  const values = { lecture: false, playing: false, columns: 1, label: "figure of the result" };
  return {
    get: (name) => values[name],
    set: () => {},
    on: () => () => {},
    send: ({ type }) => {
      if (type === "hello") for (const f of hears) f(frame, buffers);
    },
    receive: (f) => {
      hears.add(f);
      return () => hears.delete(f);
    },
    plotly: host.plotly,
    status: host.status,
  };
}
