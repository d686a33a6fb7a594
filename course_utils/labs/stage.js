// Draws the figures of a lab with plotly.js and tells the kernel when each frame is on the screen.

const PAGE = (globalThis.courseStage ??= { plotly: null, asked: null });

function loadPlotly(model) {
  // The bundle comes from the kernel once a page: no network, and no copy for each widget.
  PAGE.asked ??= new Promise((resolve) => {
    const listen = (message, buffers) => {
      if (message.type !== "library") return;
      model.off("msg:custom", listen);
      const source = new TextDecoder().decode(buffers[0]);
      const module = { exports: {} };
      new Function("module", "exports", "define", source)(module, module.exports, undefined);
      PAGE.plotly = module.exports;
      resolve(PAGE.plotly);
    };
    model.on("msg:custom", listen);
    model.send({ type: "library" });
    setTimeout(() => { if (!PAGE.plotly) PAGE.asked = null; }, 15000); // lost with a restarted kernel: ask again
  });
  return PAGE.asked;
}

const ON_DARK = { "#0072B2": "#4AA8E8", "#D55E00": "#FF8A3C", "#009E73": "#2CC79B" }; // same hues, light enough on black

const css = (name, fallback) => getComputedStyle(document.body).getPropertyValue(name).trim() || fallback;

function look(lecture) {
  const dark = document.body.dataset.jpThemeLight === "false";
  return {
    dark,
    size: lecture ? 18 : 12,
    ink: css("--jp-content-font-color1", dark ? "#eee" : "#222"),
    paper: css("--jp-layout-color0", dark ? "#111" : "#fff"),
    grid: dark ? "rgba(255,255,255,.14)" : "rgba(0,0,0,.09)",
    line: dark ? "rgba(255,255,255,.45)" : "rgba(0,0,0,.4)",
    scale: lecture ? 1.7 : 1,
  };
}

// Styles in frames are written for a light page at reading size; this adapts them to theme and mode.
function dress(traces, layout, view) {
  const font = { size: view.size, color: view.ink, family: css("--jp-ui-font-family", "sans-serif") };
  const axis = (given = {}) => ({
    gridcolor: view.grid, linecolor: view.line, tickcolor: view.line, zeroline: false, showline: true,
    ticks: "outside", ticklen: 3, automargin: false, ...given,
    tickfont: given.type === "log" ? { ...font, size: view.size / 1.25 } : font, // plotly.js enlarges powers of ten by 1.25
    title: given.title ? { standoff: 4, ...(typeof given.title === "string" ? { text: given.title } : given.title) } : undefined,
  });
  const s = view.size / 12;
  const out = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font, showlegend: true, autosize: true,
    hoverlabel: { bgcolor: view.paper, bordercolor: view.line, font },
    margin: { l: 52 * s, r: 10, t: 28 * s, b: 38 * s },
    ...layout,
    legend: {
      orientation: "v", x: 0.02, y: 0.02, xanchor: "left", yanchor: "bottom", font: { size: view.size }, itemsizing: "constant",
      bgcolor: view.dark ? "rgba(17,17,17,.6)" : "rgba(255,255,255,.7)", tracegroupgap: 0, itemwidth: 30, ...layout.legend,
    },
  };
  for (const key of Object.keys(layout)) if (/^[xy]axis/.test(key)) out[key] = axis(layout[key]);
  if (layout.title) out.title = { text: layout.title, x: 0, xref: "paper", xanchor: "left", y: 1, yref: "container", yanchor: "top", pad: { t: 6 }, font: { ...font, size: view.size * 1.1, weight: 600 } };
  out.annotations = (layout.annotations ?? []).map((a) => ({ ...a, font: { ...font, ...(a.font ?? {}), size: view.size } }));
  const ink = (color) => (color === "#222222" ? view.ink : view.dark ? ON_DARK[color] ?? color : color);
  const dressed = traces.map((trace) => ({
    ...trace,
    // As move draws it, corner by corner, so that a redraw changes nothing.
    line: (trace.line || trace.type === "scatter") &&
      { simplify: false, ...trace.line, color: ink(trace.line?.color), width: (trace.line?.width ?? 2) * view.scale },
    marker: trace.marker && {
      ...trace.marker, color: ink(trace.marker.color), size: (trace.marker.size ?? 6) * view.scale,
      line: trace.marker.line && { ...trace.marker.line, color: ink(trace.marker.line.color) },
    },
  }));
  for (const trace of dressed) for (const key of ["line", "marker"]) if (!trace[key]) delete trace[key];
  return [dressed, out];
}

function scaleOf(axis, flip) { // data -> pixels inside the plot
  const [low, high] = axis.range, length = axis._length, log = axis.type === "log";
  return (v) => {
    const share = ((log ? Math.log10(v) : v) - low) / (high - low);
    return (flip ? 1 - share : share) * length;
  };
}

function pathOf({ x, y }, px, py) {
  let path = "", pen = "M";
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) { pen = "M"; continue; }
    path += pen + px(x[i]).toFixed(1) + "," + py(y[i]).toFixed(1);
    pen = "L";
  }
  return path;
}

const straight = ({ line, fill, connectgaps, stackgroup }) =>
  (line?.shape ?? "linear") === "linear" && ["none", "toself"].includes(fill ?? "none") && !connectgaps && !stackgroup;

// Whether a view's two axes stand still and can show these values; plotly.js sends what a log axis cannot show far away.
function shows(full, { x, y, xaxis, yaxis }) {
  const here = ({ type, autorange }, values) => !autorange && (type === "linear" || (type === "log" && !values.some((v) => v <= 0)));
  return !xaxis && !yaxis && here(full.xaxis, x) && here(full.yaxis, y);
}

// Move the changed lines and points of a drawn view to new data; false where plotly.js has to draw it anew.
function move({ gd, drawn, changed }) {
  const full = gd._fullLayout;
  if (!changed.size) return true;
  if (!full?.xaxis || !drawn) return false;
  const px = scaleOf(full.xaxis, false), py = scaleOf(full.yaxis, true);
  const nodes = new Map();
  for (const el of gd.querySelectorAll(".scatterlayer .trace")) nodes.set(el.__data__?.[0]?.trace?.index, el);
  const todo = [];
  for (const i of changed) {
    const el = nodes.get(i), trace = drawn[i];
    if (!el || !shows(full, trace)) return false;
    if (trace.mode === "lines" && straight(trace)) {
      const filled = trace.fill === "toself", path = el.querySelectorAll(filled ? ".js-fill" : ".js-line");
      if (path.length !== 1 || trace.x.length < 2) return false;
      todo.push(() => path[0].setAttribute("d", pathOf(trace, px, py)));
    } else if (trace.mode === "markers") {
      const points = el.querySelectorAll(".points .point");
      if (points.length !== trace.x.length || !trace.x.every(Number.isFinite) || !trace.y.every(Number.isFinite)) return false;
      todo.push(() => points.forEach((p, j) => p.setAttribute("transform", `translate(${px(trace.x[j]).toFixed(1)},${py(trace.y[j]).toFixed(1)})`)));
    } else return false;
  }
  for (const change of todo) change();
  return true;
}

const make = (tag, className, parent) => {
  const el = document.createElement(tag);
  if (className) el.className = className;
  parent?.append(el);
  return el;
};

function setText(el, text) { if (el.textContent !== text) el.textContent = text; }

function render({ model, el }) {
  const root = make("div", "course-stage", el);
  const error = make("div", "course-error", root);
  error.setAttribute("role", "alert");
  error.hidden = true;
  const errorText = make("span", "", error);
  const dismiss = make("button", "", error);
  dismiss.textContent = "Dismiss";
  dismiss.title = "Hide this message";
  dismiss.onclick = () => { error.hidden = true; };
  const cut = make("div", "course-cut", root);
  cut.setAttribute("role", "alert");
  cut.hidden = true;
  const grid = make("div", "course-grid", root);
  const wordsBox = make("div", "course-words");
  const rowsBox = make("div", "", wordsBox), lightsBox = make("div", "", wordsBox);
  const sentence = make("div", "course-sentence", root);
  sentence.setAttribute("role", "status");
  sentence.setAttribute("aria-live", "polite");
  const note = make("div", "course-note", root);
  let views = [];       // { name, box, gd, traces, layout }
  let last = null, settle = 0, telling = 0, answering = 0, answered = 0, queue = [], busy = false, closed = false, spoken = 0, told = 0, words = null;
  let inSight = true, returned = false; // a lab that is scrolled away takes frames and answers them, but draws nothing
  let heard = performance.now(), notice = "", lab = null, focused = null;

  function draw(view, lookNow) {
    const [traces, layout] = dress(view.traces, view.layout, lookNow);
    layout.datarevision = last?.n ?? 0;
    root.dataset.redraws = Number(root.dataset.redraws ?? 0) + 1;
    view.drawn = traces;
    view.restyled = view.behind = false;
    view.fullAt = performance.now();
    return PAGE.plotly.react(view.gd, traces, layout, { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: "reset" });
  }

  // While a run goes on, only paths and points move: writing them directly costs a tenth of a plotly.js redraw, which
  // follows (for hover texts) once the run pauses, or while the pointer is over the view.
  function settleSoon() {
    clearTimeout(settle);
    settle = setTimeout(() => {
      const now = look(model.get("lecture"));
      for (const view of views) if (view.behind && inSight && view.gd.isConnected) draw(view, now);
    }, 300);
  }

  // ipywidgets tells a screen reader neither what a slider is for nor the value that stands beside it.
  const valued = new MutationObserver((changes) => changes.forEach((change) => tellValue(change.target)));
  function tellValue(within) {
    const box = (within.closest ? within : within.parentElement)?.closest(".widget-slider");
    const handle = box?.querySelector(".noUi-handle"), readout = box?.querySelector(".widget-readout");
    if (readout && handle.getAttribute("aria-valuetext") !== readout.textContent) handle.setAttribute("aria-valuetext", readout.textContent);
  }

  // Controls may come after the first frame, above all where a page is opened again; and a slider may renew its handle.
  const controls = new MutationObserver(() => nameSliders());
  function nameSliders() {
    lab ??= root.closest(".course-lab");
    if (!lab) return;
    controls.observe(lab, { childList: true });
    for (const row of lab.children) if (!row.contains(root)) controls.observe(row, { childList: true, subtree: true });
    for (const box of lab.querySelectorAll(".widget-slider")) {
      const label = box.querySelector(".widget-label"), handle = box.querySelector(".noUi-handle");
      if (!label || !handle || handle.hasAttribute("aria-label")) continue;
      handle.setAttribute("aria-label", label.textContent);
      handle.setAttribute("aria-description", label.title);
      tellValue(box);
      valued.observe(box, { subtree: true, childList: true, characterData: true, attributeFilter: ["aria-valuetext"] });
    }
  }

  function place(names) {
    if (views.length === names.length && views.every((v, i) => v.name === names[i])) return;
    for (const v of views) { PAGE.plotly.purge(v.gd); v.box.remove(); }
    views = names.map((name) => {
      const box = make("figure", "course-view", grid);
      const gd = make("div", "course-plot", box);
      box.setAttribute("aria-label", name);
      const view = { name, box, gd, traces: [], layout: {}, changed: new Set(), restyled: false, hovered: false, behind: false, fullAt: 0 };
      box.onpointerenter = () => { view.hovered = true; };
      box.onpointerleave = () => { view.hovered = false; };
      return view;
    });
    grid.append(wordsBox);
  }

  // A frame holds what has changed since the one before it, so each is taken over, also those that are never drawn.
  function take({ message, buffer }) {
    if (!last && !message.whole) return; // meant for a page that was open before this one
    place(message.views.map((v) => v.name));
    last = message;
    message.views.forEach((update, i) => {
      const view = views[i];
      if (update.traces) Object.assign(view, { traces: update.traces, layout: update.layout, restyled: true });
      for (const [trace, key, offset, size] of update.arrays) {
        const values = new Float64Array(buffer, offset, size);
        view.traces[trace][key] = values;
        if (!view.restyled) view.drawn[trace][key] = values; // the arrays that gd.data and its hover texts refer to
        view.changed.add(trace);
      }
    });
  }

  async function paint() {
    const now = look(model.get("lecture"));
    const jobs = [];
    for (const view of views) {
      if (view.drawn && !inSight) continue;
      const stale = view.hovered && view.behind && performance.now() - view.fullAt > 1000;
      if (view.restyled || stale || !move(view)) jobs.push(draw(view, now));
      else if (view.changed.size) view.behind = true;
      view.changed.clear();
    }
    settleSoon();
    tell(last);
    await Promise.all(jobs);
  }

  // Words change a few times a second, all together: a screen reader and an eye need time.
  function tell(frame) {
    words = frame.words;
    told = frame.n;
    clearTimeout(telling);
    if (performance.now() - spoken > 250 || !sentence.textContent) say();
    else telling = setTimeout(say, 250);
  }

  function say() {
    spoken = performance.now();
    root.dataset.said = told;
    setText(sentence, words.sentence);
    setText(note, words.note ?? "");
    const rows = words.rows ?? [], lights = words.lights ?? [], cells = rowsBox.querySelectorAll("tbody tr > *");
    wordsBox.hidden = !(rows.length || lights.length);
    root.style.setProperty("--course-rows", Math.ceil((views.length + !wordsBox.hidden) / model.get("columns")));
    if (cells.length !== rows.flat().length) renew(rowsBox, rows, fillRows);
    else cells.forEach((cell, i) => setText(cell, rows.flat()[i]));
    renew(lightsBox, lights, fillLights);
  }

  function renew(box, content, fill) {
    const key = JSON.stringify(content);
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    box.replaceChildren();
    fill(box, content);
  }

  function fillRows(box, rows) {
    if (!rows.length) return;
    const table = make("table", "", box);
    const head = make("tr", "", make("thead", "", table));
    for (const name of ["", "predicted", "measured", "error"]) make("th", "", head).textContent = name;
    const body = make("tbody", "", table);
    for (const row of rows) {
      const tr = make("tr", "", body);
      row.forEach((cell, i) => { make(i ? "td" : "th", "", tr).textContent = cell; });
    }
  }

  // A lamp that is out says in one sentence what it means, and the rest when asked.
  function fillLights(box, lights) {
    for (const [on, name, meaning] of lights) {
      const light = make("div", "course-light", box);
      light.dataset.on = on;
      light.title = meaning;
      make("span", "course-lamp", light).textContent = on ? "holds" : "fails";
      const text = make("div", "", light);
      make("b", "", text).textContent = name;
      const end = meaning.search(/[.:] [A-Z]/) + 1;
      const first = end ? meaning.slice(0, end) : meaning;
      if (!on) text.append(". " + first);
      const rest = on ? meaning : meaning.slice(first.length).trim();
      if (rest) {
        const more = make("details", "", text);
        make("summary", "", more).textContent = "why";
        more.append(rest);
      }
    }
  }

  // Of frames that wait only the newest is drawn.
  async function work() {
    if (busy || closed) return;
    busy = true;
    while ((queue.length || returned) && !closed) {
      await loadPlotly(model);
      const frames = queue;
      queue = [];
      returned = false;
      try {
        for (const frame of frames) take(frame);
        if (last) await paint();
      } catch (problem) {
        console.error(problem);
        model.send({ type: "failed", text: String(problem) });
      }
      await new Promise((done) => requestAnimationFrame(() => done()));
      if (!frames.length) continue;
      nameSliders();
      root.dataset.frames = Number(root.dataset.frames ?? 0) + 1;
      root.dataset.frame = frames.at(-1).message.n;
      root.dataset.playing = frames.at(-1).playing; // of the frame that is painted: false with the last one of a run
      const code = frames.at(-1).message.words.settings;
      if (root.dataset.settings !== code) {
        root.dataset.settings = code;
        root.dataset.paintedAt = performance.timeOrigin + performance.now();
      }
      answer(frames.at(-1).message.n);
    }
    busy = false;
  }

  // Each message makes JupyterLab mark the kernel as busy and as idle again, favicon and toolbars included, at the price
  // of half a frame: so a fast run is answered every third frame, and its last one a little later.
  function answer(n) {
    clearTimeout(answering);
    const send = () => { answered = n; model.send({ type: "ack", n }); };
    if (!inSight) answering = setTimeout(send, 500); // a lab that nobody sees leaves the machine to the others
    else if (n >= answered + 3 || n < answered) send();
    else answering = setTimeout(send, 100);
  }

  function receive(message, buffers) {
    heard = performance.now();
    if (message.type === "frame") {
      const view = buffers[0];
      const buffer = view.buffer ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : view;
      queue.push({ message, buffer, playing: model.get("playing") });
      work();
    } else if (message.type === "error") {
      errorText.textContent = message.text;
      error.hidden = !message.text;
    } else if (message.type === "export") {
      download(message);
    } else if (message.type === "copy") {
      navigator.clipboard?.writeText(message.text).catch(() => {});
    }
  }

  async function download({ format, name, text }) {
    if (format === "csv") return save(new Blob([text], { type: "text/csv" }), name);
    for (const view of views) {
      const url = await PAGE.plotly.toImage(paperCopy(view), { format, width: 900, height: 600, scale: format === "png" ? 2 : 1 });
      const blob = await (await fetch(url)).blob();
      save(blob, `${name}-${view.name}.${format}`);
    }
  }

  function paperCopy(view) { // on paper the background is white, whatever the page's theme
    const white = { ...look(false), ink: "#222", grid: "rgba(0,0,0,.09)", line: "rgba(0,0,0,.4)", paper: "#fff", dark: false, size: 16, scale: 1.3 };
    const [data, layout] = dress(view.traces, view.layout, white);
    return { data, layout: { ...layout, paper_bgcolor: "#fff", plot_bgcolor: "#fff" } };
  }

  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // The top layer, because a notebook's own boxes would cut off anything that is merely positioned over the page.
  function fillPage(on) {
    lab ??= root.closest(".course-lab");
    if (!lab?.showPopover) return;
    if (on && !lab.hasAttribute("popover")) {
      lab.setAttribute("popover", "manual");
      lab.showPopover();
    } else if (!on && lab.hasAttribute("popover")) {
      lab.hidePopover();
      lab.removeAttribute("popover");
    }
  }

  // A frozen figure looks like one at rest, so a page without its kernel says so, and asks until it is answered.
  const watch = setInterval(() => {
    const status = model.widget_manager?.kernel?.connectionStatus ?? "connected";
    const silent = (performance.now() - heard) / 1000;
    const awaited = model.get("playing") && silent > 6 && !document.hidden;
    let text = notice;
    if (status !== "connected") text = "The connection to the kernel is cut: what you see stands still, and goes on once it is back.";
    else if (awaited) text = "Nothing has come from the kernel for some seconds: it is busy, or the connection is cut. What you see stands still.";
    if (status === "connected" && (awaited || cut.dataset.status === "cut")) model.send({ type: "hello" });
    cut.dataset.status = status === "connected" ? "" : "cut";
    setText(cut, text);
    cut.hidden = !text;
  }, 1000);

  // JupyterLab's dialogs open behind the full page and take the keyboard. What only informs is said inside the page and
  // closed; what asks comes to the front.
  const dialogs = new MutationObserver(() => {
    const dialog = document.querySelector("body > .jp-Dialog");
    if (!dialog || !lab?.hasAttribute("popover") || dialog.hasAttribute("popover")) return;
    const buttons = dialog.querySelectorAll(".jp-Dialog-button");
    if (buttons.length === 1) {
      notice = dialog.querySelector(".jp-Dialog-header")?.textContent ?? "";
      setTimeout(() => { notice = ""; }, 20000);
      buttons[0].click();
      setTimeout(() => (focused?.isConnected ? focused : lab.querySelector("button"))?.focus(), 50);
    } else {
      dialog.setAttribute("popover", "manual");
      dialog.showPopover();
      dialog.querySelector(".jp-mod-accept, .jp-Dialog-button")?.focus();
    }
  });
  dialogs.observe(document.body, { childList: true });
  const remember = (event) => { if (lab?.contains(event.target)) focused = event.target; };
  document.addEventListener("focusin", remember, true);

  const leave = (event) => {
    if (event.key !== "Escape" || !model.get("lecture")) return;
    event.stopPropagation();
    model.set("lecture", false);
    model.save_changes();
  };
  document.addEventListener("keydown", leave, true);

  // JupyterLab takes plain keys such as arrows unless the focused element says no: menus of a lab would move to the next
  // cell. Ctrl and Cmd keys, saving above all, stay JupyterLab's.
  const keepKeys = (event) => {
    const place = root.closest(".course-lab") ?? root;
    if (!place.contains(event.target)) return;
    if (event.ctrlKey || event.metaKey) delete event.target.dataset.lmSuppressShortcuts;
    else event.target.dataset.lmSuppressShortcuts = "true";
  };
  window.addEventListener("keydown", keepKeys, true); // on its way down to the document, where JupyterLab listens

  function redraw() {
    root.dataset.lecture = model.get("lecture");
    requestAnimationFrame(() => fillPage(model.get("lecture")));
    root.style.setProperty("--course-columns", model.get("columns"));
    if (!PAGE.plotly) return;
    const now = look(model.get("lecture"));
    for (const view of views) if (view.traces.length) draw(view, now);
  }

  let resizing = 0;
  const sizes = new ResizeObserver(() => {
    root.dataset.narrow = root.clientWidth < 620 ? "1" : root.clientWidth < 820 ? "2" : "3";
    cancelAnimationFrame(resizing);
    resizing = requestAnimationFrame(() => {
      nameSliders();
      for (const view of views) if (view.gd.isConnected && view.gd.data && view.gd.clientWidth) PAGE.plotly.Plots.resize(view.gd);
    });
  });
  sizes.observe(root);
  const sight = new IntersectionObserver((changes) => {
    inSight = changes.at(-1).isIntersecting;
    returned ||= inSight && last !== null;
    if (returned) work();
  }, { rootMargin: "100px" });
  sight.observe(root);
  const theme = new MutationObserver(redraw);
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  model.on("change:lecture", redraw);
  model.on("change:columns", redraw);
  model.on("msg:custom", receive);
  root.setAttribute("aria-label", model.get("label"));
  redraw();
  // Said again until a frame comes: JupyterLab sends the first message of a page to the kernel's main thread, where it
  // waits for running cells, and the later ones to a thread of their own.
  let greetings = 0;
  const greet = () => {
    if (closed || last || queue.length || greetings > 60) return;
    greetings += 1;
    model.send({ type: "hello" });
    setTimeout(greet, greetings < 4 ? 400 : 3000);
  };
  greet();

  return () => {
    closed = true;
    clearTimeout(settle);
    clearTimeout(telling);
    clearTimeout(answering);
    clearInterval(watch);
    sizes.disconnect();
    sight.disconnect();
    controls.disconnect();
    dialogs.disconnect();
    document.removeEventListener("focusin", remember, true);
    valued.disconnect();
    theme.disconnect();
    document.removeEventListener("keydown", leave, true);
    window.removeEventListener("keydown", keepKeys, true);
    model.off("change:lecture", redraw);
    model.off("change:columns", redraw);
    model.off("msg:custom", receive);
    if (PAGE.plotly) for (const view of views) PAGE.plotly.purge(view.gd);
  };
}

export default { render };
