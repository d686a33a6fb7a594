// Brings the labs of a page to life: <div class="course-live" data-lab="SubspaceLab"
// data-code="..."> holds a stored figure, which stays where a browser cannot do more.

import { readAddress, writeAddress } from "./address.js";
import { makeControls } from "./controls.js";
import { workerHost } from "./host.js";
import { plotly } from "./library.js";
import { make, setText } from "./page/dom.js";
import { mount } from "./page/stage.js";
import { openRecorded } from "./recorded.js";

const PAPER = 640; // pixels between the edges of a printed page
const beside = (name) => new URL(name, import.meta.url);
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

// Figures read from the page whether it is dark.
function followTheme() {
  const { theme } = document.documentElement.dataset;
  const dark = theme === "dark" || (theme !== "light" && prefersDark.matches);
  document.body.dataset.jpThemeLight = String(!dark);
}

function watchTheme() {
  followTheme();
  prefersDark.addEventListener("change", followTheme);
  new MutationObserver(followTheme).observe(document.documentElement,
    { attributes: true, attributeFilter: ["data-theme"] });
}

async function fetched(name) {
  const answer = await fetch(beside(name));
  if (!answer.ok) throw new Error(`nothing at ${answer.url}`);
  return answer;
}

// What all labs of a page share.
async function loadShared() {
  plotly().catch(() => {}); // a lab that waits for it says what has gone wrong
  const [facts, source] = await Promise.all([
    fetched("data.json").then((answer) => answer.json()),
    fetched("engine/engine.wasm").then((answer) => answer.arrayBuffer())
      .then((bytes) => WebAssembly.compile(bytes)),
  ]);
  return { facts, source };
}

// One sentence where a lab stays a figure.
function say(el, text) {
  const note = el.querySelector(".course-live-note") ?? make("p", "course-live-note", el);
  setText(note, text);
}

function openLab(el, number, shared) {
  const { facts } = shared, own = facts.labs[el.dataset.lab];
  const worker = new Worker(beside("worker.js"), { type: "module" });
  const stored = make("div", "course-live-stored"), lab = make("div", "course-lab course-native");
  stored.append(...el.childNodes);
  el.append(stored);
  const traits = { label: own.name, central: own.central,
    lecture: el.dataset.lecture !== undefined };
  const host = workerHost(worker, traits);
  const held = { state: null, moved: false, address: "", number };
  const presets = el.dataset.presets ? JSON.parse(el.dataset.presets) : own.presets;
  const order = (name, value) => {
    held.moved = true;
    host.order(name, value);
  };
  const { stage, show } = makeControls(lab, own.controls, presets.map(([name]) => name),
    { order, host, copyLink: (event) => copyLink(held, event.target) });
  makeTwin(lab, host);
  return new Promise((done) => {
    const failed = (problem) => {
      worker.terminate();
      lab.remove();
      el.replaceChildren(...stored.childNodes);
      say(el, `This figure is as it was stored, because the lab could not start here: ${problem}`);
      done();
    };
    worker.onerror = (event) => failed(event.message ?? "its program could not be loaded");
    worker.addEventListener("message", ({ data }) => {
      if (data.kind === "failed" && !held.state) failed(data.text);
      if (data.kind !== "state") return;
      if (!held.state) {
        el.replaceChildren(lab, stored); // which paper may want
        el.dataset.alive = "";
        mount(stage, host);
        done();
      }
      held.state = data.state;
      if (host.get("playing") !== data.state.playing) host.set("playing", data.state.playing);
      show(data.state);
      keepAddress(held);
    });
    const options = { code: el.dataset.code ?? "", presets, link: linkFor(number),
      samples: Number(el.dataset.samples ?? 0) };
    worker.postMessage({ kind: "start", facts: { ...facts, lab: own }, source: shared.source,
      options });
    addEventListener("hashchange", () => {
      const link = linkFor(number);
      if (link && location.hash !== held.address) host.order("link", link);
    });
  });
}

function linkFor(number) {
  const { lab, ...told } = readAddress(location.hash) ?? {};
  return lab === number ? told : null;
}

const addressOf = ({ number, state: { link } }) => writeAddress({ lab: number, ...link });

// The address follows what a person has made of a lab, as soon as it rests.
function keepAddress(held) {
  clearTimeout(held.timer);
  if (!held.moved || held.state.playing) return;
  held.timer = setTimeout(() => {
    held.address = addressOf(held);
    history.replaceState(null, "", held.address);
  }, 400);
}

async function copyLink(held, button) {
  held.address = addressOf(held);
  history.replaceState(null, "", held.address);
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } catch { // a page without the right to copy
    button.textContent = "In the address bar";
  }
  setTimeout(() => { button.textContent = label; }, 2000);
}

// What the figures show, as text, when it is asked for.
function makeTwin(lab, host) {
  const details = make("details", "course-twin", lab);
  make("summary", "", details).textContent = "In words and numbers";
  const text = make("pre", "", details);
  const ask = () => {
    if (details.open) host.order("text");
  };
  let due = 0;
  details.ontoggle = ask;
  host.receive((message) => {
    if (message.type === "text") setText(text, message.text);
    if (message.type !== "frame" || !details.open) return;
    clearTimeout(due);
    due = setTimeout(ask, 250);
  });
}

// Recordings of a lab that is not alive here, where there are some.
function openStored(el, { facts }) {
  const { lab } = el.dataset, names = facts.recorded[lab];
  if (!names) {
    say(el, "This lab is alive in Jupyter only; here it is as it was stored.");
    return;
  }
  const load = async () => (await fetched(`recordings/${lab}.json`)).json();
  openRecorded(el, names, load, (problem) =>
    say(el, `The recordings of this lab could not be loaded (${problem.message}).`));
}

// On paper a lab is its figures as they were drawn, made smaller as a whole, or, where nobody has
// seen any at this size, as in what is shown on paper alone, the stored one.
function fitPaper() {
  for (const lab of document.querySelectorAll(".course-live .course-lab")) {
    const { clientWidth } = lab, grid = lab.querySelector(".course-grid");
    const drawn = clientWidth && grid && [...lab.querySelectorAll(".course-plot")].every((plot) => {
      const { _fullLayout: now, clientWidth: width } = plot;
      return now ? Math.abs(now.width - width) < 2 : plot.parentElement.querySelector("svg");
    });
    const live = lab.closest(".course-live[data-alive]");
    if (live) live.dataset.paper = drawn ? "lab" : "stored";
    if (!drawn) continue;
    lab.style.setProperty("--paper-width", `${clientWidth}px`);
    lab.style.setProperty("--paper-height", `${grid.clientHeight}px`);
    lab.style.setProperty("--paper-zoom", Math.min(1, PAPER / clientWidth));
  }
}

async function openAll() {
  const labs = [...document.querySelectorAll(".course-live")];
  if (!labs.length) return;
  watchTheme();
  addEventListener("beforeprint", fitPaper);
  if (typeof WebAssembly !== "object" || typeof Worker !== "function") {
    for (const el of labs) {
      say(el, "This figure is as it was stored: this browser has no WebAssembly, with which the "
        + "lab would be alive. A browser of the last years has it.");
    }
    return;
  }
  let shared = null;
  try {
    shared = await loadShared();
  } catch (problem) {
    for (const el of labs) {
      say(el, `This figure is as it was stored: the lab could not be loaded (${problem.message}).`);
    }
    return;
  }
  for (const [i, el] of labs.entries()) {
    if (Object.hasOwn(shared.facts.labs, el.dataset.lab)) await openLab(el, i + 1, shared);
    else openStored(el, shared);
  }
}

openAll();
