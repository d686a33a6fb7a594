// The controls of a lab as the browser's own: fields, menus, buttons. Each gives an order and shows
// what holds; what they are called and offer comes from Python.

import { make, setText } from "./page/dom.js";

const shown = (value) => (Number.isInteger(value) ? value.toLocaleString("en-US") : String(value));

function labelled(parent, name, { label, tip }) {
  const box = make("label", `course-field course-field-${name}`, parent);
  box.title = tip;
  make("span", "", box).textContent = label;
  return box;
}

// A slider over a few values; one that is not among them gets a place.
function stepped(parent, name, told, order) {
  const box = labelled(parent, name, told), input = make("input", "", box);
  const readout = make("output", "", box);
  let options = [...told.options], held = null;
  input.type = "range";
  input.min = 0;
  const write = (value) => {
    setText(readout, shown(value));
    input.setAttribute("aria-valuetext", shown(value));
  };
  input.oninput = () => {
    held = options[input.value];
    write(held);
    order(`set ${name}`, held);
  };
  const moving = follow(input);
  return (value) => {
    if (moving.now || value === held) return;
    held = value;
    if (!options.includes(value)) options = [...options, value].sort((a, b) => a - b);
    input.max = options.length - 1;
    input.value = options.indexOf(value);
    write(value);
  };
}

// Whether a person holds a control: then it shows a newer value than what comes back.
function follow(input) {
  const moving = { now: false };
  input.addEventListener("pointerdown", () => { moving.now = true; });
  for (const end of ["pointerup", "pointercancel", "blur"]) {
    input.addEventListener(end, () => { moving.now = false; });
  }
  return moving;
}

function slider(parent, name, { min, max, ...told }, order) {
  const box = labelled(parent, name, told), input = make("input", "", box);
  const readout = make("output", "", box);
  Object.assign(input, { type: "range", min, max, step: 1 });
  input.oninput = () => {
    setText(readout, input.value);
    order(`set ${name}`, Number(input.value));
  };
  const moving = follow(input);
  return (value) => {
    if (moving.now) return;
    input.max = Math.max(max, value);
    input.value = value;
    setText(readout, String(value));
  };
}

function number(parent, name, { min, max, ...told }, order) {
  const box = labelled(parent, name, told), input = make("input", "", box);
  Object.assign(input, { type: "number", min, max, step: 1 });
  const within = (value) => Math.min(max, Math.max(min, Math.round(value)));
  input.onchange = () => order(`set ${name}`, within(input.value));
  return (value) => {
    if (document.activeElement !== input || Number(input.value) !== value) input.value = value;
  };
}

// A menu; a value that is not offered is added.
function menu(parent, name, { options, ...told }, order, key = `set ${name}`) {
  const box = labelled(parent, name, told), select = make("select", "", box);
  const values = [];
  const add = (text, value) => {
    make("option", "", select).textContent = text;
    values.push(value);
  };
  for (const one of options) add(...(Array.isArray(one) ? one : [one, one]));
  select.onchange = () => order(key, values[select.selectedIndex]);
  return (value) => {
    const text = typeof value === "number" ? `±${value}` : String(value);
    if (!values.includes(value)) add(text, value);
    select.selectedIndex = values.indexOf(value);
  };
}

export function button(parent, { label, tip }, press, name = "") {
  const made = make("button", `course-button ${name}`.trim(), parent);
  made.type = "button";
  made.textContent = label;
  made.title = tip;
  made.onclick = press;
  return made;
}

const KINDS = { steps: stepped, slider, number, menu };

function fields(parent, names, told, order) {
  return names.map((name) => {
    const show = KINDS[told[name].kind](parent, name, told[name], order);
    return ({ settings }) => show(settings[name]);
  });
}

// The parts over and under the figures; returns what shows a state in all of them.
export function makeControls(lab, told, presets, { order, host, copyLink }) {
  const shows = [];
  const first = make("div", "course-row course-first", lab);
  shows.push(...fields(first, told.first, told.fields, order));
  const aside = make("div", "course-row course-aside", lab);
  shows.push(makePresets(aside, told, presets, order), makeCompare(aside, told, order));
  shows.push(makeCode(aside, told, order));
  button(aside, { label: "Copy link", tip: "Copy the address that opens this lab as it is now" },
    copyLink, "course-link");
  button(aside, told.moreSwitch, null, "course-more-switch");
  makeLecture(aside, told, host);
  const stage = make("div", "", lab), transport = make("div", "course-transport", lab);
  shows.push(makeTransport(transport, told, order));
  const more = make("div", "course-more", lab);
  shows.push(...fields(make("div", "course-row", more), told.more, told.fields, order));
  const saved = make("div", "course-row", more);
  for (const one of told.saved) button(saved, one, () => order(one.order, one.value));
  return { stage, show: (state) => { for (const show of shows) show(state); } };
}

function makePresets(parent, told, presets, order) {
  const options = [[told.preset.none, ""], ...presets.map((name) => [name, name])];
  const take = (key, name) => name && order(key, name);
  const show = menu(parent, "preset", { ...told.preset, options }, take, "preset");
  return ({ chosen }) => show(chosen);
}

function makeCompare(parent, told, order) {
  const made = button(parent, told.compare, () =>
    order("compare", made.getAttribute("aria-pressed") !== "true"), "course-field-compare");
  return ({ compare }) => made.setAttribute("aria-pressed", compare);
}

function makeCode(parent, told, order) {
  const box = labelled(parent, "code", told.code), input = make("input", "", box);
  Object.assign(input, { type: "text", spellcheck: false, autocomplete: "off" });
  input.onkeydown = (event) => {
    if (event.key === "Enter") order("code", input.value);
  };
  for (const one of told.codeButtons) {
    const says = one.order === "code" ? () => input.value : () => one.value;
    button(parent, one, () => order(one.order, says()), `course-${one.order}`);
  }
  let held = "";
  return ({ code }) => {
    if (code !== held) input.value = held = code; // what a person types stays until it is applied
  };
}

function makeLecture(parent, told, host) {
  const made = button(parent, told.lecture, () => host.set("lecture", !host.get("lecture")),
    "course-lecture-switch");
  const show = () => made.setAttribute("aria-pressed", host.get("lecture"));
  host.on("lecture", show);
  show();
}

function makeTransport(parent, told, order) {
  const made = told.transport.map((one) =>
    button(parent, one, () => order(one.order, one.value), `course-${one.order}`));
  const options = told.speed.options;
  const show = menu(parent, "speed", { ...told.speed, options }, order, "speed");
  return ({ playing, speed }) => {
    show(speed);
    made[0].dataset.primary = !playing; // Play, and Pause after it
    made[1].dataset.primary = playing;
  };
}
