// Small helpers for the document and for timers that replace one another.

export function make(tag, className, parent) {
  const el = document.createElement(tag);
  if (className) el.className = className;
  parent?.append(el);
  return el;
}

export function setText(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

// Runs f in ms milliseconds, in place of what was to run under the same name.
export function later(page, name, ms, f) {
  clearTimeout(page.timers[name]);
  page.timers[name] = setTimeout(f, ms);
}

export function cancel(page, name) {
  clearTimeout(page.timers[name]);
}

export const nextPaint = () => new Promise((done) => requestAnimationFrame(() => done()));

export const epoch = () => performance.timeOrigin + performance.now();
