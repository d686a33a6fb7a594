// What a lab says beside its figures: a sentence, rows of numbers, lights and a note.

import { make, setText, later, cancel } from "./dom.js";
import { makeEvents, sayEvents } from "./events.js";

const HEADS = ["", "predicted", "measured", "error"];

export function makeWords(page) {
  const { root, grid } = page.parts;
  const box = make("div", "course-words");
  makeEvents(page);
  const sentence = make("div", "course-sentence", root);
  sentence.setAttribute("role", "status");
  sentence.setAttribute("aria-live", "polite");
  page.said = { box, sentence, note: make("div", "course-note", root), at: 0, frame: 0 };
  page.said.rows = make("div", "", box);
  page.said.lights = make("div", "course-lights", box);
  grid.append(box);
}

// Words change a few times a second, all together: a screen reader and an eye need time.
export function tell(page) {
  page.said.frame = page.last.n;
  cancel(page, "telling");
  if (performance.now() - page.said.at > 250 || !page.said.sentence.textContent) say(page);
  else later(page, "telling", 250, () => say(page));
}

function say(page) {
  const { said, words, root, views } = page;
  const { sentence = "", rows = [] } = page.record.said[page.shown] ?? words;
  const { lights = [], note = "" } = words;
  said.at = performance.now();
  root.dataset.said = said.frame;
  setText(said.sentence, sentence);
  setText(said.note, note);
  sayEvents(page);
  said.box.hidden = !(rows.length || lights.length);
  const boxes = views.length + !said.box.hidden;
  root.style.setProperty("--course-rows", Math.ceil(boxes / page.host.get("columns")));
  const cells = said.rows.querySelectorAll("tbody tr > *"), texts = rows.flat();
  if (cells.length !== texts.length) renew(said.rows, rows, fillRows);
  else cells.forEach((cell, i) => setText(cell, texts[i]));
  renew(said.lights, lights, fillLights);
}

function renew(box, content, fill) {
  const key = JSON.stringify(content);
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.replaceChildren();
  fill(box, content);
}

function fillRows(box, rows) {
  if (!rows.length) return;
  const table = make("table", "", box);
  const head = make("tr", "", make("thead", "", table));
  for (const name of HEADS) make("th", "", head).textContent = name;
  const body = make("tbody", "", table);
  for (const row of rows) {
    const tr = make("tr", "", body);
    row.forEach((cell, i) => { make(i ? "td" : "th", "", tr).textContent = cell; });
  }
}

// The first sentence of a meaning, and the rest.
export function parted(meaning) {
  const end = meaning.search(/\. [A-Z]/) + 1;
  return end ? [meaning.slice(0, end), meaning.slice(end).trim()] : [meaning, ""];
}

// A lamp that is out says in one sentence what it means. When asked, each says what it is for
// first.
function fillLights(box, lights) {
  for (const [on, name, meaning, purpose = ""] of lights) {
    const light = make("div", "course-light", box);
    light.dataset.on = on;
    light.title = meaning;
    make("span", "course-lamp", light).textContent = on ? "holds" : "not met";
    const text = make("div", "", light);
    make("b", "", text).textContent = name;
    const [first, more] = parted(meaning);
    if (!on) make("span", "course-meaning", text).textContent = `. ${first}`;
    const rest = `${purpose} ${on ? meaning : more}`.trim();
    if (!rest) continue;
    const details = make("details", "", text);
    make("summary", "", details).textContent = "why";
    details.append(rest);
  }
}
