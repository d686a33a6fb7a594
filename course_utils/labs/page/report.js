// What the page of a report starts: each of its figures as the lab has recorded it.

import { recordingHost } from "./hosts.js";
import { mount } from "./stage.js";

const darkReader = matchMedia("(prefers-color-scheme: dark)");
document.body.dataset.jpThemeLight = String(!darkReader.matches);
for (const place of document.querySelectorAll("[data-drawing]")) {
  const { frames, traits } = JSON.parse(document.getElementById(place.dataset.drawing).textContent);
  mount(place, recordingHost(frames, traits));
}
