// What pages do by themselves: ask, open what answers, copy, print.

/* global render -- of the notebooks' question, which stands before this in one script */
const KEPT = "course-predictions"; // in this browser: answers by their question

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch { // none, or not allowed
    return {};
  }
}

function keep(question, answer) {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [question]: answer }));
  } catch { /* then it is for this page alone */ }
}

// What the notebooks' question wants of a kernel.
function model(held, changed) {
  const values = { chosen: -1, again: true, reveal: "", ...held };
  return {
    get: (name) => values[name],
    set: (name, value) => { values[name] = value; },
    save_changes: () => changed(values),
    on: () => {},
    off: () => {},
  };
}

// Sphinx leaves formulas as text, in \( \) or \[ \].
if (globalThis.katex) {
  for (const element of document.querySelectorAll(".math")) {
    const text = element.textContent.trim(), displayMode = text.startsWith("\\[");
    globalThis.katex.render(text.slice(2, -2), element, { displayMode, throwOnError: false });
  }
}

const ENDS = ".course-veil, .course-ask, section";

function veilAfter(element) {
  let next = element.nextElementSibling;
  while (next && !next.matches(ENDS)) next = next.nextElementSibling;
  return next?.matches(".course-veil") ? next : null;
}

// A lab that is alive plays once its question is answered, as in a notebook.
function play(element) {
  const lab = element.nextElementSibling;
  const buttons = lab?.matches(".course-live") ? [...lab.querySelectorAll("button")] : [];
  buttons.find((button) => button.textContent === "Play")?.click();
}

for (const element of document.querySelectorAll(".course-ask")) {
  const held = JSON.parse(element.dataset.ask);
  const veil = veilAfter(element);
  const before = held.options.indexOf(kept()[held.question]);
  if (veil && before >= 0) veil.open = true;
  element.replaceChildren();
  render({
    el: element,
    model: model({ ...held, chosen: before }, ({ chosen, options, question }) => {
      keep(question, options[chosen]);
      if (veil && chosen >= 0) veil.open = true;
      if (chosen >= 0) play(element);
    }),
  });
}

for (const button of document.querySelectorAll(".course-copy")) {
  button.onclick = async () => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch { // not allowed here: chosen, for Ctrl + C
      getSelection().selectAllChildren(code);
      button.textContent = "Press Ctrl + C";
    }
  };
}

// What an address names is in sight, and paper shows the whole text.
function openAround(element) {
  for (let at = element; at; at = at.parentElement) if (at.matches("details")) at.open = true;
}
const named = () => openAround(document.getElementById(decodeURIComponent(location.hash.slice(1))));
addEventListener("hashchange", named);
named();
addEventListener("beforeprint", () => {
  for (const veil of document.querySelectorAll(".course-veil")) veil.open = true;
});
