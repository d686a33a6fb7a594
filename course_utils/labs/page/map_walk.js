// A guided walk: a question, and papers in an order in which they answer it.

import { make, setText } from "./dom.js";
import { numberStops } from "./map_graph.js";

export function makeWalk(map, choice, act) {
  const { about, query, root } = map;
  for (const text of ["none", ...about.walks.map(({ name }) => name)]) {
    make("option", "", choice).textContent = text;
  }
  const bar = make("div", "course-papers-walk", root);
  bar.hidden = true;
  const said = make("span", "");
  const step = (text, title, by) => {
    const button = make("button", "", bar);
    button.type = "button";
    Object.assign(button, { textContent: text, title });
    button.onclick = () => {
      walk(at + by);
      act.open(stops[at].i);
      button.focus({ preventScroll: true }); // for the next step; the card's title had taken it
    };
    return button;
  };
  const back = step("Back", "The stop before", -1), next = step("Next", "The next stop", 1);
  bar.append(said);
  said.setAttribute("role", "status");
  let stops = [], at = -1, question = "";
  const walk = (where) => {
    at = where;
    back.disabled = at <= 0;
    next.disabled = at === stops.length - 1;
    setText(said, at < 0 ? `${question} ${stops.length} stops.`
      : `${at + 1} of ${stops.length}, ${map.papers[stops[at].i].authors}: ${stops[at].why}`);
    root.dataset.stop = at + 1;
  };
  choice.onchange = () => {
    const chosen = about.walks.find(({ name }) => name === choice.value);
    ({ stops, question } = chosen ?? { stops: [], question: "" });
    bar.hidden = !chosen;
    query.stops = chosen ? stops.map(({ i }) => i) : null;
    numberStops(map, query.stops ?? []);
    act.filter();
    walk(-1);
  };
}
