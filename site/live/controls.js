// The controls of a lab as the browser's own: fields, menus, buttons. Each gives an order and shows
// what holds; what they are called and offer comes from Python.

import { make, setText } from "./page/dom.js";

const shown = (value) => (Number.isInteger(value) ? value.toLocaleString("en-US") : String(value));

function labelled(parent, { name, label, tip }) {
  const box = make("label", `course-field course-field-${name}`, parent);
  box.title = tip;
  make("span", "", box).textContent = label;
  return box;
}

// A slider over a few values; one that is not among them gets a place.
function stepped(parent, told, order) {
  const box = labelled(parent, told), input = make("input", "", box);
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
    order(told.order, held);
  };
  const moving = follow(input);
  return ({ value }) => {
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

// What it shows may be more exact than its steps; it is given an order only where it is moved.
function slider(parent, { min, max, step, digits, ...told }, order) {
  const box = labelled(parent, told), input = make("input", "", box);
  const readout = make("output", "", box);
  Object.assign(input, { type: "range", min, max, step });
  const write = (value) => setText(readout, value.toFixed(digits).replace(/^-(?=[0.]+$)/, ""));
  input.oninput = () => {
    write(Number(input.value));
    order(told.order, Number(input.value));
  };
  const moving = follow(input);
  return ({ value, max: end = max, disabled = false }) => {
    input.disabled = disabled;
    if (moving.now) return;
    input.max = Math.max(end, value);
    input.value = value;
    write(value);
  };
}

function number(parent, { min, max, ...told }, order) {
  const box = labelled(parent, told), input = make("input", "", box);
  Object.assign(input, { type: "number", min, max, step: 1 });
  const within = (value) => Math.min(max, Math.max(min, Math.round(value)));
  input.onchange = () => order(told.order, within(input.value));
  return ({ value }) => {
    if (document.activeElement !== input || Number(input.value) !== value) input.value = value;
  };
}

// A menu; a value that is not offered is added.
function menu(parent, { options, ...told }, order) {
  const box = labelled(parent, told), select = make("select", "", box);
  const values = [];
  const add = (text, value) => {
    make("option", "", select).textContent = text;
    values.push(value);
  };
  for (const one of options) add(...(Array.isArray(one) ? one : [one, one]));
  select.onchange = () => order(told.order, values[select.selectedIndex]);
  return ({ value }) => {
    const text = typeof value === "number" ? `±${value}`
      : String(value).replace("function:", "yours: ");
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

// A button that stays pressed.
function toggle(parent, told, order) {
  const made = button(parent, told, () =>
    order(told.order, made.getAttribute("aria-pressed") !== "true"), `course-field-${told.name}`);
  return ({ value }) => made.setAttribute("aria-pressed", value);
}

function code(parent, told, order) {
  const box = labelled(parent, told), input = make("input", "", box);
  Object.assign(input, { type: "text", spellcheck: false, autocomplete: "off" });
  input.onkeydown = (event) => {
    if (event.key === "Enter") order("code", input.value);
  };
  let held = "";
  return ({ value }) => {
    if (value !== held) input.value = held = value; // what a person types stays until it is applied
  };
}

// Apply gives the code that is typed beside it.
function pressed(parent, told, order) {
  const typed = () => parent.querySelector(".course-field-code input").value;
  const value = () => (told.order === "code" ? typed() : told.value);
  const made = button(parent, told, () => order(told.order, value()), `course-${told.order}`);
  return ({ playing }) => { // Play, and Pause after it
    if (told.order === "play") made.dataset.primary = !playing;
    if (told.order === "pause") made.dataset.primary = playing;
  };
}

function lecture(parent, told, host) {
  const made = button(parent, told, () => host.set("lecture", !host.get("lecture")),
    "course-lecture-switch");
  const show = () => made.setAttribute("aria-pressed", host.get("lecture"));
  host.on("lecture", show);
  show();
}

const KINDS = { steps: stepped, slider, number, menu, toggle, code };

// One part of a row; returns what shows a state in it.
function part(parent, told, { order, host }) {
  if (told.kind === "lecture") lecture(parent, told, host);
  else if (told.kind === "more") button(parent, told, null, "course-more-switch");
  else if (told.kind === "button") return pressed(parent, told, order);
  else {
    const show = KINDS[told.kind](parent, told, order), field = told.order.startsWith("set ");
    return ({ settings, knobs }) =>
      show(field ? { value: settings[told.name] } : knobs[told.name]);
  }
  return () => {};
}

// The parts over and under the figures; returns what shows a state in all of them. An empty name
// of a preset is no order.
export function makeControls(lab, told, presets, { order, host, copyLink }) {
  const shows = [];
  const give = (name, value) => (name === "preset" && !value) || order(name, value);
  const fill = (box, parts) => {
    for (const one of parts) {
      if (one.kind === "more") { // before it, as it belongs to the code
        button(box, { label: "Copy link",
          tip: "Copy the address that opens this lab as it is now" }, copyLink, "course-link");
      }
      const options = one.order === "preset"
        && { options: [one.options[0], ...presets.map((name) => [name, name])] };
      shows.push(part(box, { ...one, ...options }, { order: give, host }));
    }
  };
  fill(make("div", "course-row course-first", lab), told.first);
  fill(make("div", "course-row course-aside", lab), told.aside);
  const stage = make("div", "", lab);
  if (told.transport) fill(make("div", "course-transport", lab), told.transport);
  const more = make("div", "course-more", lab);
  fill(make("div", "course-row", more), told.more);
  fill(make("div", "course-row", more), told.saved);
  return { stage, show: (state) => { for (const show of shows) show(state); } };
}
