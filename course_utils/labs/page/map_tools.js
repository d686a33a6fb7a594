// Above and below the graph: search, filters, the legend, and the same papers as a table.

import { make } from "./dom.js";
import { makeWalk } from "./map_walk.js";

const SHAPES = {
  ellipse: '<circle cx="8" cy="8" r="6"/>',
  rectangle: '<rect x="2" y="2" width="12" height="12"/>',
  diamond: '<path d="M8 1 15 8 8 15 1 8Z"/>',
  hexagon: '<path d="M4 1h8l3.5 7-3.5 7H4L.5 8Z"/>',
};
const COLUMNS = ["title", "authors", "year", "relation", "what it adds", "lab", "miniature"];

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Whether a paper has every word of the search and passes the filters.
export function matches(paper, { text, topic, runnable, stops }) {
  const { title, authors, year, adds } = paper;
  const all = plain([title, authors, year, adds, paper.topic].join(" "));
  return plain(text).split(/\s+/).every((word) => all.includes(word))
    && (!topic || paper.topic === topic) && (!runnable || paper.miniature !== "")
    && (!stops || stops.includes(paper.i));
}

function field(parent, text, tag, title) {
  const label = make("label", "", parent);
  label.append(text);
  const control = make(tag, "", label);
  control.title = title;
  return control;
}

export function makeTools(map, act) {
  const { query, about, root } = map;
  const bar = make("div", "course-papers-tools", root);
  const search = field(bar, "Search ", "input", "Words of title, authors, year or sentence; "
    + "Enter opens the first paper found");
  search.type = "search";
  search.oninput = () => { query.text = search.value; act.filter(); };
  search.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    const [first] = act.filter();
    if (first) act.open(first.i);
  };
  const topic = field(bar, "Topic ", "select", "Papers of one topic");
  for (const text of ["", ...about.topics]) {
    const option = make("option", "", topic);
    option.value = text;
    option.textContent = text || "all";
  }
  topic.onchange = () => { query.topic = topic.value; act.filter(); };
  const runs = field(bar, "", "input", "Papers with an experiment");
  runs.type = "checkbox";
  runs.after(" ▶ can be run");
  runs.onchange = () => { query.runnable = runs.checked; act.filter(); };
  const walk = field(bar, "Walk ", "select", "A guided walk: a question, and papers in order");
  map.parts.count = make("span", "course-papers-count", bar);
  map.parts.count.setAttribute("role", "status");
  makeWalk(map, walk, act);
  makeLegend(map);
}

function makeLegend(map) {
  const { root, about, papers } = map;
  const used = new Set(["this", ...papers.map(({ relation }) => relation)]);
  const legend = make("div", "course-papers-legend", root);
  const names = { this: "the paper of this course", ...about.relations };
  map.parts.marks = [];
  for (const [name, [colour, shape]] of Object.entries(about.marks)) {
    if (!used.has(name)) continue;
    const item = make("span", "", legend);
    const mark = make("span", "", item);
    map.parts.marks.push([mark, colour]); // the graph colours them as its nodes
    mark.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true">${SHAPES[shape]}</svg>`;
    item.append(names[name]);
  }
  make("span", "", legend).textContent = "dashed border: a guess";
  make("span", "", legend).textContent = "▶ and thick border: can be run";
  legend.title = about.restOn;
}

export function makeTable(map, act) {
  const details = make("details", "course-papers-table", map.root);
  make("summary", "", details).textContent = "The same papers as a table";
  make("p", "", details).textContent = map.about.restOn;
  const table = make("table", "", details);
  const head = make("tr", "", make("thead", "", table));
  for (const text of COLUMNS) {
    const th = make("th", "", head);
    th.scope = "col";
    th.textContent = text;
  }
  const body = make("tbody", "", table);
  map.parts.rows = map.papers.map((paper) => {
    const row = make("tr", "", body);
    const button = make("button", "", make("td", "", row));
    button.type = "button";
    button.textContent = paper.title;
    button.title = "Open its card";
    button.onclick = () => act.open(paper.i);
    const { authors, year, stands, adds, lab, code, miniature } = paper;
    for (const text of [authors, year, stands, adds, `${lab} ${code}`, miniature]) {
      make("td", "", row).textContent = text;
    }
    return row;
  });
}
