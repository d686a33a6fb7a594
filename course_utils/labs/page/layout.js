// One view in the centre and the others beside it, small: each of those is a button that brings
// it there. Without a centre all views are equal.

import { make, setText } from "./dom.js";

// What a view is called on its button, without the tags that plotly.js understands.
export function titleOf({ layout, name }) {
  const { title } = layout, text = typeof title === "string" ? title : title?.text;
  return (text || name).replace(/<[^>]*>/g, "");
}

// The view in the centre: the one that was brought there, or the first; null where all are equal.
export function centralOf(views, central) {
  if (typeof central !== "string" || views.length < 2) return null;
  return views.find(({ name }) => name === central) ?? views[0];
}

// Small views stand in one column up to two of them, in two from there on.
export function shapeOf(beside) {
  const columns = beside > 2 ? 2 : 1;
  return { columns, rows: Math.ceil(beside / columns), gap: beside % columns > 0 };
}

// Put each view where it belongs; those whose size has changed are to be drawn anew.
export function placeCentre(page) {
  const { views, parts: { grid } } = page;
  const middle = centralOf(views, page.host.get("central"));
  const { columns, rows, gap } = shapeOf(views.length - 1);
  const settings = { layout: middle ? "centre" : "equal", gap };
  for (const [name, value] of Object.entries(settings)) {
    if (grid.dataset[name] !== String(value)) grid.dataset[name] = value;
  }
  grid.style.setProperty("--course-wide", `${1.25 * columns}fr`);
  grid.style.setProperty("--course-beside", columns);
  grid.style.setProperty("--course-high", rows);
  for (const view of views) placeView(page, view, middle);
}

function placeView(page, view, middle) {
  const place = !middle ? "equal" : view === middle ? "centre" : "beside";
  if (view.box.dataset.place !== place) {
    view.box.dataset.place = place;
    view.small = place === "beside";
    view.restyled = true;
    if (view.small) view.button ??= makeButton(page, view);
    if (place === "centre") view.box.tabIndex = 0;
    else view.box.removeAttribute("tabindex");
  }
  if (!view.small) return;
  const title = titleOf(view);
  setText(view.button, title);
  const name = `${title}: bring to the centre`;
  if (view.button.getAttribute("aria-label") !== name) view.button.setAttribute("aria-label", name);
}

function makeButton(page, view) {
  const button = make("button", "course-bring");
  button.type = "button";
  button.title = "Bring to the centre";
  button.onclick = () => {
    const held = document.activeElement === button;
    page.host.set("central", view.name);
    if (held) view.box.focus({ preventScroll: true });
  };
  view.box.prepend(button);
  return button;
}
