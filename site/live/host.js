// What stands between a page and its worker: the host that labs/page/hosts.js describes, with
// traits that live in the page, frames that come from the worker, and messages that go there.

import { foresee, plotly } from "./library.js";

export function workerHost(worker, traits) {
  const values = {
    lecture: false, playing: false, columns: 3, central: "", pair: [0, 1], ...traits,
  };
  const hears = new Set(), follows = new Set();
  const listen = (set, item) => {
    set.add(item);
    return () => set.delete(item);
  };
  const host = {
    get: (name) => values[name],
    set: (name, value) => {
      values[name] = value;
      for (const [followed, f] of follows) if (followed === name) f();
    },
    on: (name, f) => listen(follows, [name, f]),
    receive: (f) => listen(hears, f),
    send: (event) => worker.postMessage({ kind: "event", event }),
    order: (order, value) => worker.postMessage({ kind: "order", order, value }),
    rhythm: 1, // an answer costs next to nothing
    plotly,
    status: () => "connected",
  };
  worker.addEventListener("message", ({ data: { kind, message, buffer } }) => {
    if (kind !== "message") return;
    foresee(message);
    for (const f of hears) f(message, buffer ? [new DataView(buffer)] : []);
  });
  return host;
}
