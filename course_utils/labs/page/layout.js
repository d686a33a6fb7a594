// One view in the centre and the others beside it, small: each of those is a button that brings
// it there. Without a centre all views are equal.

import { make, setText } from "./dom.js";
import { isBinding } from "./record.js";

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

// Small views stand in one column up to two of them, in two from there on; one that is left over
// is as wide as both.
export function shapeOf(beside) {
  const columns = beside > 2 ? 2 : 1;
  return { columns, rows: Math.ceil(beside / columns), over: beside % columns > 0 };
}

// Put each view where it belongs; those whose size has changed are to be drawn anew.
export function placeCentre(page) {
  const { views, parts: { grid } } = page;
  const middle = centralOf(views, page.host.get("central"));
  const { columns, rows, over } = shapeOf(views.length - 1);
  setData(grid, "layout", middle ? "centre" : "equal");
  grid.style.setProperty("--course-wide", `${1.25 * columns}fr`);
  grid.style.setProperty("--course-beside", columns);
  grid.style.setProperty("--course-high", rows);
  const last = over && views.filter((view) => view !== middle).at(-1);
  for (const view of views) {
    const place = !middle ? "equal" : view === middle ? "centre" : "beside";
    if (setData(view.box, "place", place)) changeSize(page, view, place);
    setData(view.box, "wide", Boolean(middle) && view === last);
  }
  for (const view of views) if (view.small) nameButton(page, view); // as wide as they stand now
}

// Whether it was another value before: to write the same again makes a browser work.
function setData(el, name, value) {
  const changes = el.dataset[name] !== String(value);
  if (changes) el.dataset[name] = value;
  return changes;
}

function changeSize(page, view, place) {
  view.small = place === "beside";
  view.restyled = true;
  if (view.small) view.button ??= makeButton(page, view);
  const held = { tabindex: "0", "aria-keyshortcuts": "Space ArrowLeft ArrowRight N B" };
  for (const [name, value] of Object.entries(held)) {
    if (place === "centre") view.box.setAttribute(name, value);
    else view.box.removeAttribute(name);
  }
}

// A title that depends on the moment that is shown.
function titleNow({ record, shown }, { layout, name }) {
  const title = isBinding(layout.title) ? record.read(layout.title, shown) : layout.title;
  return titleOf({ name, layout: { title } });
}

function nameButton(page, view) {
  const { button, name } = view, title = titleNow(page, view);
  const label = `${title}: bring to the centre`;
  if (view.titled !== title) { // a long title in large letters gives way to the view's name
    view.titled = title;
    setText(button, title);
    if (button.scrollWidth > button.clientWidth + 1) setText(button, initial(name));
  }
  if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
}

const initial = (name) => name.charAt(0).toUpperCase() + name.slice(1);

function makeButton(page, view) {
  const button = make("button", "course-bring");
  button.type = "button";
  button.title = "Bring to the centre";
  button.onclick = () => {
    const held = document.activeElement === button;
    page.host.set("central", view.name);
    if (!held) return;
    view.box.tabIndex = 0;
    view.box.focus({ preventScroll: true }); // the button is gone
  };
  view.box.prepend(button);
  return button;
}
