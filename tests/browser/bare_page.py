"""A page without a kernel: the labs' JavaScript and a fake model, fed with Python's frames."""

from __future__ import annotations

import base64
import json

import numpy as np

from course_utils.labs.page import bundle, library, style
from course_utils.labs.stage import Figure, Stage, Words

# A fake model, and a clock whose long waits (for plotly.js' redraw of a run at rest) end only when
# a test says so.
PAGE = """<!doctype html><style>%s body { margin: 0 }</style><body>
<script>
  const waits = new Map(), short = window.setTimeout, forget = window.clearTimeout;
  window.setTimeout = (f, ms, ...more) => {
    if (ms < 200) return short(f, ms, ...more);
    const key = {};
    waits.set(key, f);
    return key;
  };
  window.clearTimeout = (key) => waits.delete(key) || forget(key);
  window.rest = () => { const due = [...waits.values()]; waits.clear(); due.forEach((f) => f()); };
</script>
<script type="module">
  import stage from "/bundle.js";
  const library = await (await fetch("/plotly.js")).arrayBuffer();
  let values, hears, end;
  window.sent = [];
  window.model = {
    get: (name) => values[name],
    set: (name, value) => {
      values[name] = value;
      for (const f of hears["change:" + name] ?? []) f();
    },
    save_changes: () => {},
    widget_manager: { kernel: { connectionStatus: "connected" } },
    on: (name, f) => { (hears[name] ??= []).push(f); },
    off: (name, f) => { hears[name] = (hears[name] ?? []).filter((g) => g !== f); },
    receive: (message, buffers) => {
      for (const f of hears["msg:custom"] ?? []) f(message, buffers);
    },
    send: (message) => {
      sent.push(message);
      if (message.type === "library") model.receive({ type: "library" }, [new DataView(library)]);
    },
  };
  window.begin = () => { // a new stage in place of the last one
    end?.();
    sent.length = 0;
    values = { lecture: false, playing: false, columns: 3, label: "figures" };
    hears = {};
    const lab = '<div class="course-lab" style="width: 1200px"></div>';
    document.body.innerHTML = lab + '<div id="own"></div>';
    const el = document.body.firstChild;
    end = stage.render({ model, el });
    window.root = el.querySelector(".course-stage");
    window.plots = () => [...el.querySelectorAll(".course-plot")];
  };
  window.feed = async (frames) => {
    for (const [message, text] of frames) {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      model.receive(message, [new DataView(bytes.buffer)]);
    }
    const last = String(frames.at(-1)[0].n);
    while (root.dataset.frame !== last) await new Promise(requestAnimationFrame);
  };
  const TRACES = ".scatterlayer .trace, .barlayer .trace";
  window.look = (gd) => [...gd.querySelectorAll(TRACES)].map((el) => {
    const css = getComputedStyle, trace = el.__data__[0].trace;
    const fills = [...gd.querySelectorAll(".scatterlayer .js-fill")];
    return {
      index: trace.index,
      opacity: css(el).opacity,
      lines: [...el.querySelectorAll(".js-line")].map((p) => {
        const { stroke, strokeWidth, strokeDasharray, strokeOpacity } = css(p);
        const look = [stroke, strokeWidth, strokeDasharray, strokeOpacity];
        return { path: p.getAttribute("d"), look };
      }),
      fills: fills.filter((p) => el.contains(p))
        .map((p) => ({ path: p.getAttribute("d"), look: [css(p).fill, css(p).fillOpacity] })),
      points: [...el.querySelectorAll(".points path.point, .point path")].map((p) => {
        const { fill, fillOpacity, stroke, strokeWidth } = css(p);
        const { e, f } = p.transform.baseVal.consolidate()?.matrix ?? { e: 0, f: 0 };
        const look = [fill, fillOpacity, stroke, strokeWidth];
        return { at: [e, f], path: p.getAttribute("d"), look };
      }),
    };
  });
  // plotly.js' own drawing of traces and axes, at the same size
  window.reference = async (views) => {
    const drawn = [];
    for (const [i, [traces, axes]] of views.entries()) {
      const gd = plots()[i], { width, height } = gd.getBoundingClientRect();
      const own = document.createElement("div");
      document.querySelector("#own").replaceChildren(own);
      const layout = { ...structuredClone(gd.layout), width, height, autosize: false };
      for (const name of ["xaxis", "yaxis"]) {
        const { range, type, autorange } = axes[name] ?? {};
        layout[name] = { ...layout[name], range, type, autorange };
      }
      for (const trace of traces) { // with every corner
        if (trace.type === "scatter") trace.line = { ...trace.line, simplify: false };
      }
      await courseStage.plotly.newPlot(own, traces, layout, { displayModeBar: false });
      drawn.push(look(own));
    }
    return drawn;
  };
  window.ready = true;
</script>"""


class Bare:
    """A bare page with one stage, and the Python stage whose frames it is fed."""

    def __init__(self, page):
        self.page, self.stage, self.waiting = page, Stage(), []
        self.fallback = None  # what the page says of it: "true" where plotly.js draws everything
        self.stage.send = lambda message, buffers=(): self.waiting.append(
            (message, buffers[0] if buffers else b"")
        )
        page.evaluate("begin()")

    def hold(self, shown: list[Figure]) -> None:
        """Send a frame that the page receives together with the next one."""
        self.stage.send_frame(shown, Words("words"))

    def draw(self, shown: list[Figure]) -> None:
        """Send a frame and wait until the page says that it is painted."""
        self.hold(shown)
        self.feed(self.waiting)
        self.waiting.clear()

    def feed(self, told: list[tuple[dict, bytes]]) -> None:
        """Send frames together and wait until the page says that the last one is painted."""
        frames = [[message, base64.b64encode(data).decode()] for message, data in told]
        self.page.evaluate("text => feed(JSON.parse(text))", json.dumps(frames, default=plain))

    @property
    def redraws(self) -> int:
        """How many views plotly.js has drawn so far."""
        return int(self.page.evaluate("root.dataset.redraws ?? 0"))


def open_bare(browser, serve=None, **options):
    """A new page at the bare page's address, or at that of a server of its own."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, **options)
    page.set_default_timeout(300_000)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.route("http://stage.test/**", serve or serve_bare)
    page.goto("http://stage.test/")
    page.wait_for_function("window.ready")
    return page


def plain(value):
    if isinstance(value, np.ndarray):
        return [None if isinstance(v, float) and not np.isfinite(v) else v for v in value.tolist()]
    return value.item()


def serve_bare(route) -> None:
    """Answer for the bare page's address."""
    name = route.request.url.rsplit("/", 1)[1]
    if name == "bundle.js":
        route.fulfill(body=bundle(), content_type="text/javascript; charset=utf-8")
    elif name == "plotly.js":
        route.fulfill(path=library())
    else:
        route.fulfill(body=PAGE % style(), content_type="text/html; charset=utf-8")
