// A lab that is alive in Jupyter only: recordings of its presets, to choose from a menu. Until one
// is chosen the stored figure stays.

import { make, setText } from "./page/dom.js";
import { recordingHost } from "./page/hosts.js";
import { mount } from "./page/stage.js";

export function openRecorded(el, { traits, states }, plotly) {
  const box = make("div", "course-native course-recorded", el);
  const row = make("div", "course-row", box), label = make("label", "course-field", row);
  make("span", "", label).textContent = "recorded";
  const menu = make("select", "", label), lab = make("div", "course-lab course-native", el);
  for (const name of ["as above", ...states.map((state) => state.name)]) {
    make("option", "", menu).textContent = name;
  }
  const note = make("span", "course-note", row);
  setText(note, "This lab measures in Jupyter; these are recordings of its presets.");
  const stored = [...el.querySelectorAll(":scope > figure, :scope > details")];
  let stop = () => {};
  menu.onchange = async () => {
    await plotly;
    stop();
    lab.replaceChildren();
    const state = states[menu.selectedIndex - 1];
    for (const part of stored) part.hidden = Boolean(state);
    stop = state ? mount(lab, recordingHost([state.frame], traits)) : () => {};
  };
}
