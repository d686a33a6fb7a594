// What a recorded page starts: its own frames, in the reader's light or dark.

import { recordingHost } from "./hosts.js";
import { mount } from "./stage.js";

const { frames, traits } = JSON.parse(document.getElementById("recording").textContent);
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function followTheme() {
  document.body.dataset.jpThemeLight = String(!prefersDark.matches);
}

followTheme();
prefersDark.addEventListener("change", followTheme);
mount(document.getElementById("figures"), recordingHost(frames, traits));
