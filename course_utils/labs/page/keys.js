// Keys of a lab: Space plays and pauses, arrows step and look back, N takes the next preset and B
// the one before; in a lecture PageDown and PageUp do so too, which is what a presenter sends. F
// shows one figure alone, L the address for the class, ? all keys.

import { labOf } from "./reach.js";
import { isBehind, lookNow, moveRow } from "./timeline.js";
import { showOne, showPanel } from "./wall.js";

const TYPED = "input, select, textarea, [role='slider'], .noUi-handle";
const PRESSED = "button, summary, a[href]"; // Space and Enter are theirs

const SHOWN = { f: "one", l: "link", "?": "keys" };

// What a key asks for: an order to the kernel, so many rows on or back, or what the page itself
// shows; null for nothing.
// `behind` says whether an earlier moment is looked at.
export function wish(key, { playing, behind, lecture = false }) {
  if (key === " ") return { order: playing ? "pause" : "play" };
  if (key === "n" || key === "N" || (lecture && key === "PageDown")) {
    return { order: "next preset" };
  }
  if (key === "b" || key === "B" || (lecture && key === "PageUp")) {
    return { order: "preset before" };
  }
  const shows = SHOWN[key.toLowerCase()];
  if (shows && (lecture || shows === "one")) return { shows };
  if (key === "ArrowLeft") return { rows: -1 };
  if (key !== "ArrowRight") return null;
  return behind ? { rows: 1 } : playing ? null : { order: "step" };
}

// Whether a key belongs to what has the focus and not to the lab.
function taken({ key, target }) {
  if (target.isContentEditable || target.closest(TYPED)) return true;
  return key === " " && target.closest(PRESSED) && !target.closest(".course-play, .course-pause");
}

function offers(page, lab, { order, rows, shows }) {
  if (shows) return shows !== "one" || lab.querySelector("[data-place='centre']");
  if (rows) return !page.time.box.hidden;
  return lab.querySelector(order.includes("preset") ? ".course-field-preset" : ".course-transport");
}

function show(page, what) {
  if (what === "one") showOne(page);
  else showPanel(page, what);
}

export function watchLabKeys(page) {
  let spent = false; // Space has played or paused: when it is let go, it presses no button as well
  const pressed = (event) => {
    const lab = labOf(page);
    if (!lab?.contains(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const asked = wish(event.key, {
      playing: page.host.get("playing"), behind: isBehind(page),
      lecture: page.host.get("lecture"),
    });
    if (!asked || taken(event) || !offers(page, lab, asked)) return;
    event.preventDefault();
    spent = event.key === " ";
    if (asked.rows) moveRow(page, asked.rows);
    else if (asked.shows && !event.repeat) show(page, asked.shows);
    else if (asked.order && (!event.repeat || asked.order === "step")) {
      if (asked.order !== "pause") lookNow(page);
      page.host.send({ type: "key", order: asked.order });
    }
  };
  const released = (event) => {
    if (spent && event.key === " ") event.preventDefault();
    spent &&= event.key !== " ";
  };
  const clicked = ({ target }) => { // so that keys are the lab's
    if (target.closest(`${PRESSED}, ${TYPED}`)) return;
    target.closest(".course-view[data-place='centre']")?.focus({ preventScroll: true });
  };
  document.addEventListener("keydown", pressed);
  document.addEventListener("keyup", released);
  page.parts.scene.addEventListener("click", clicked);
  return () => {
    document.removeEventListener("keydown", pressed);
    document.removeEventListener("keyup", released);
  };
}
