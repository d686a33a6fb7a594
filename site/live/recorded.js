// A lab that is alive in Jupyter only: recordings of its presets, to choose from a menu. Until one
// is chosen the stored figure stays, and none is loaded.

import { foresee, plotly } from "./library.js";
import { make, setText } from "./page/dom.js";
import { recordingHost } from "./page/hosts.js";
import { mount } from "./page/stage.js";

export function openRecorded(el, names, load, fail) {
  const box = make("div", "course-native course-recorded", el);
  const row = make("div", "course-row", box), label = make("label", "course-field", row);
  make("span", "", label).textContent = "recorded";
  const menu = make("select", "", label), lab = make("div", "course-lab course-native", el);
  for (const name of ["as above", ...names]) {
    make("option", "", menu).textContent = name;
  }
  const note = make("span", "course-note", row);
  setText(note, "This lab measures in Jupyter; these are recordings of its presets.");
  const stored = [...el.querySelectorAll(":scope > figure, :scope > details")];
  let stop = () => {}, loaded = null;
  const show = async (chosen) => {
    const { traits, states } = loaded ??= await load();
    const state = states[chosen - 1];
    if (state) foresee(state.frame[0]);
    await plotly();
    if (menu.selectedIndex !== chosen) return; // meanwhile another one
    stop();
    lab.replaceChildren();
    for (const part of stored) part.hidden = Boolean(state);
    stop = state ? mount(lab, recordingHost([state.frame], traits)) : () => {};
  };
  menu.onchange = () => show(menu.selectedIndex).catch(fail);
}
