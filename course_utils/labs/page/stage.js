// A lab's figures in a page: takes frames from a host, draws them, and says when each is on the
// screen.

import { make, setText, later, cancel, nextPaint, epoch } from "./dom.js";
import { Record } from "./record.js";
import { draw, giveArray, label, move, placeViews, resize, restyle, settleSoon, update }
  from "./plot.js";
import { lookOf } from "./look.js";
import { makeWords, tell } from "./words.js";
import { adopt, choose, makeTimeline, tellTime } from "./timeline.js";
import { fillPage, labOf, watchConnection, watchDialogs, watchKeys, watchSliders }
  from "./reach.js";
import { download } from "./save.js";
import { placeCentre } from "./layout.js";
import { watchLabKeys } from "./keys.js";
import { linkMore } from "./more.js";
import { drawPicture, isPicture, paintPicture, resizePicture } from "./scene.js";

// Everything that a page knows.
function newPage(el, host) {
  const root = make("div", "course-stage", el);
  const page = {
    root, host, parts: { root }, plotly: null, timers: {}, nameSliders: () => {},
    record: new Record(), views: [], words: {}, palette: undefined,
    shown: 0, // the row of the table "record" that is looked at
    last: null, queue: [], busy: false, closed: false, fallback: false,
    inSight: true, // a lab that is scrolled away takes frames and answers them, but draws nothing
    again: false, // to be painted once more: it is seen again, or another row is shown
    looked: false, // a student has moved the slider over time
    running: false, // what is painted is one of many frames
    looks: null, answered: 0, heard: performance.now(), notice: "", lab: null, focused: null,
  };
  page.parts.scene = make("div", "course-scene", root);
  page.parts.grid = make("div", "course-grid", page.parts.scene);
  makeErrors(page);
  makeTimeline(page, () => {
    page.looked = true;
    paintAgain(page);
  });
  makeWords(page);
  root.setAttribute("aria-label", host.get("label"));
  return page;
}

// What went wrong stands over the figures, where eyes are.
function makeErrors({ parts }) {
  const over = make("div", "course-over", parts.scene);
  const error = (parts.error = make("div", "course-error", over));
  error.setAttribute("role", "alert");
  error.hidden = true;
  parts.errorText = make("span", "", error);
  const dismiss = make("button", "", error);
  dismiss.textContent = "Dismiss";
  dismiss.title = "Hide this message";
  dismiss.onclick = () => { error.hidden = true; };
  parts.cut = make("div", "course-cut", over);
  parts.cut.setAttribute("role", "alert");
  parts.cut.hidden = true;
}

function receive(page, message, buffers) {
  page.heard = performance.now();
  if (message.type === "frame") {
    page.queue.push({ message, buffer: aligned(buffers[0]), playing: page.host.get("playing") });
    work(page);
  } else if (message.type === "error") {
    setText(page.parts.errorText, message.text);
    page.parts.error.hidden = !message.text;
  } else if (message.type === "export") {
    download(page, message);
  } else if (message.type === "copy") {
    navigator.clipboard?.writeText(message.text).catch(() => {});
  }
}

// A frame's own memory, from whose start parts are counted.
function aligned(view) {
  if (!view?.buffer) return view ?? new ArrayBuffer(0);
  return view.byteLength === view.buffer.byteLength ? view.buffer
    : view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

// A frame holds what has changed since the one before it, so each is taken over, also those that
// are never drawn.
function take(page, { message, buffer }) {
  if (!page.last && !message.whole) return; // meant for a page that was open before this one
  if (message.whole) page.record.clear();
  placeViews(page, message.views.map((view) => view.name));
  page.last = message;
  if (message.palette) page.palette = message.palette;
  if (message.words) page.words = message.words;
  page.record.take(message, buffer);
  message.views.forEach((sent, i) => {
    const view = page.views[i];
    if (sent.traces) restyle(view, sent);
    for (const [trace, key, offset, size] of sent.arrays ?? []) {
      giveArray(view, trace, key, new Float64Array(buffer, offset, size));
    }
  });
  adopt(page, message);
}

// Of small views that plotly.js has to draw while a run plays, each frame draws the one that has
// waited longest, so that no frame takes the time of four; where the next frame is late, all are.
async function paint(page) {
  const jobs = [], due = [];
  choose(page);
  placeCentre(page);
  for (const view of page.views) {
    if (view.drawn && !page.inSight) continue;
    if (isPicture(view)) {
      paintPicture(page, view);
      continue;
    }
    update(page, view);
    const stale = view.hovered && view.behind && performance.now() - view.fullAt > 1000;
    if (page.running && view.small && view.drawn && view.restyled) due.push(view);
    else if (!stale && move(page, view)) label(page, view);
    else jobs.push(drawWhole(page, view));
  }
  due.sort((one, other) => one.fullAt - other.fullAt);
  if (due.length) jobs.push(drawWhole(page, due[0]));
  cancel(page, "others");
  if (due.length > 1) later(page, "others", 200, () => paintAgain(page));
  settleSoon(page);
  tell(page);
  tellTime(page);
  await Promise.all(jobs);
}

const drawWhole = (page, view) =>
  Promise.resolve(draw(page, view)).then(() => label(page, view));

function paintAgain(page) {
  page.again = true;
  work(page);
}

// Of frames that wait only the newest is drawn.
async function work(page) {
  if (page.busy || page.closed) return;
  page.busy = true;
  while ((page.queue.length || page.again) && !page.closed) {
    let frames = [], looked = false;
    try {
      page.plotly = await page.host.plotly();
      [frames, looked] = [page.queue, page.looked];
      page.queue = [];
      page.running = !page.again && frames.at(-1).playing; // and the next frame follows
      page.again = page.looked = false;
      for (const frame of frames) take(page, frame);
      if (page.last) await paint(page);
    } catch (problem) {
      console.error(problem);
      page.host.send({ type: "failed", text: String(problem) });
      if (!page.plotly) break; // the next frame asks again
    }
    await nextPaint();
    if (looked) page.root.dataset.lookedAt = epoch();
    if (frames.length) finish(page, frames);
  }
  page.busy = false;
}

function finish(page, frames) {
  const { message, playing } = frames.at(-1), { dataset } = page.root;
  page.nameSliders();
  linkMore(page);
  dataset.frames = Number(dataset.frames ?? 0) + 1;
  dataset.frame = message.n;
  dataset.playing = playing; // of the frame that is painted: false with the last one of a run
  const code = page.words.settings ?? "";
  if (dataset.settings !== code) {
    dataset.settings = code;
    dataset.paintedAt = epoch();
  }
  answer(page, message.n);
}

// A fast run is answered every few frames, as the host asks for, and its last one a little later.
function answer(page, n) {
  const send = () => {
    page.answered = n;
    page.host.send({ type: "ack", n });
  };
  cancel(page, "answering");
  // What nobody sees leaves the machine to others.
  if (!page.inSight) later(page, "answering", 500, send);
  else if (n >= page.answered + page.host.rhythm || n < page.answered) send();
  else later(page, "answering", 100, send);
}

function redress(page) {
  const { root, host } = page, lecture = host.get("lecture");
  page.looks = null;
  root.dataset.lecture = lecture;
  requestAnimationFrame(() => {
    fillPage(page, lecture);
    const size = lecture ? `${lookOf(page).size}px` : "13px";
    for (const el of [root, labOf(page)]) el?.style.setProperty("--course-size", size);
    for (const view of page.views) view.titled = ""; // measured in another size
    placeCentre(page);
  });
  root.style.setProperty("--course-columns", host.get("columns"));
  if (!page.plotly) return;
  for (const view of page.views) {
    if (!view.drawn) continue;
    if (isPicture(view)) drawPicture(page, view);
    else drawWhole(page, view);
  }
}

// The page's own width says how its parts stand; a view that has another size is drawn for it.
function watchSize(page) {
  let resizing = 0;
  const { sentence } = page.said;
  page.sizes = new ResizeObserver(() => {
    const { clientWidth } = sentence;
    const narrow = clientWidth < 616 ? "1" : clientWidth < 816 ? "2" : "3";
    for (const el of [page.root, labOf(page)]) {
      if (el && clientWidth) el.dataset.narrow = narrow; // one figure alone has no sentence
    }
    cancelAnimationFrame(resizing);
    resizing = requestAnimationFrame(() => {
      page.nameSliders();
      for (const view of page.views) (isPicture(view) ? resizePicture : resize)(page, view);
    });
  });
  page.sizes.observe(sentence);
  return () => page.sizes.disconnect();
}

// In a lecture type grows with the window.
function watchWindow(page) {
  const grown = () => {
    if (page.looks && page.host.get("lecture")) redress(page);
  };
  window.addEventListener("resize", grown);
  return () => window.removeEventListener("resize", grown);
}

function watchSight(page) {
  page.sight = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) target.dataset.seen = isIntersecting;
    page.inSight = page.views.some(({ box }) => box.dataset.seen !== "false");
    page.again ||= page.inSight && page.last !== null;
    if (page.again) work(page);
  }, { rootMargin: "100px" });
  return () => page.sight.disconnect();
}

function watchTheme(page) {
  const theme = new MutationObserver(() => redress(page));
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name"];
  theme.observe(document.body, { attributes: true, attributeFilter });
  return () => theme.disconnect();
}

// Said again until a frame comes: JupyterLab sends the first message of a page to the kernel's
// main thread, where it waits for running cells, and the later ones to a thread of their own.
function greet(page, greetings = 1) {
  if (page.closed || page.last || page.queue.length || greetings > 61) return;
  page.host.send({ type: "hello" });
  later(page, "greeting", greetings < 4 ? 400 : 3000, () => greet(page, greetings + 1));
}

// Put a lab's figures into an element; returns what takes them out of work again.
export function mount(el, host) {
  const page = newPage(el, host);
  el.classList.add("course-holder");
  const watchers = [
    watchSliders, watchConnection, watchDialogs, watchKeys, watchSize, watchSight, watchTheme,
    watchWindow, watchLabKeys,
  ];
  const stops = watchers.map((watch) => watch(page));
  stops.push(host.on("lecture", () => redress(page)), host.on("columns", () => redress(page)));
  for (const chosen of ["central", "pair"]) { // on this page or on another one
    stops.push(host.on(chosen, () => {
      for (const view of page.views) view.restyled ||= isPicture(view);
      paintAgain(page);
    }));
  }
  stops.push(host.receive((message, buffers) => receive(page, message, buffers)));
  redress(page);
  greet(page);
  return () => {
    page.closed = true;
    for (const timer of Object.values(page.timers)) clearTimeout(timer);
    for (const stop of stops) stop();
    for (const view of page.views) page.plotly?.purge(view.gd);
  };
}
