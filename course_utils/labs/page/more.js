// What is behind "more" opens over the figures, under its button, and leaves them where they are.

import { labOf } from "./reach.js";

const UNDER = 4; // pixels between the button and what it opens

// Where a box of this size goes: under its button, inside the window.
export function placeUnder(button, { width, height }, within) {
  const fit = (wanted, room) => Math.max(UNDER, Math.min(wanted, room - UNDER));
  return {
    left: fit(button.right - width, within.width - width),
    top: fit(button.bottom + UNDER, within.height - height),
  };
}

// Bind the button to the box, once both are there. A browser without popovers shows the box as
// what it is, the lab's last part.
export function linkMore(page) {
  const lab = labOf(page);
  const more = lab?.querySelector(":scope > .course-more");
  const button = lab?.querySelector(".course-more-switch");
  if (!more || !button || button.popoverTargetElement === more || !more.showPopover) return;
  more.popover = "auto"; // Escape and a click elsewhere close it
  button.popoverTargetElement = more;
  button.addEventListener("click", (event) => { // whose own effect ipywidgets prevents
    if (event.defaultPrevented) more.togglePopover();
  });
  button.setAttribute("aria-expanded", "false");
  more.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState !== "open") return;
    const { left, top } = placeUnder(button.getBoundingClientRect(), more.getBoundingClientRect(),
      { width: innerWidth, height: innerHeight });
    Object.assign(more.style, { left: `${left}px`, top: `${top}px` });
  });
}
