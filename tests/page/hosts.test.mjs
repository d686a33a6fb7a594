// A host brings frames and takes messages, whoever stands behind it.
import assert from "node:assert/strict";
import test from "node:test";

import { bytesOf, kernelHost, recordingHost } from "../../course_utils/labs/page/hosts.js";

function fakeModel(values) {
  const hears = {}, model = { sent: [], saved: 0, hears };
  return Object.assign(model, {
    get: (name) => values[name],
    set: (name, value) => { values[name] = value; },
    save_changes: () => { model.saved += 1; },
    send: (message) => model.sent.push(message),
    on: (name, f) => (hears[name] ??= new Set()).add(f),
    off: (name, f) => hears[name].delete(f),
    say: (name, ...what) => { for (const f of [...hears[name] ?? []]) f(...what); },
  });
}

test("a kernel's host reads and writes traits, sends, and stops listening when told", () => {
  const model = fakeModel({ lecture: false }), host = kernelHost(model), heard = [];
  const stops = [
    host.on("lecture", () => heard.push("lecture")),
    host.receive((message, buffers) => heard.push([message, buffers])),
  ];
  host.set("lecture", true);
  model.say("change:lecture");
  model.say("msg:custom", { type: "error" }, ["bytes"]);
  host.send({ type: "hello" });
  assert.deepEqual([host.get("lecture"), model.saved, model.sent], [true, 1, [{ type: "hello" }]]);
  assert.deepEqual(heard, ["lecture", [{ type: "error" }, ["bytes"]]]);
  for (const stop of stops) stop();
  model.say("msg:custom", {}, []);
  assert.equal(heard.length, 2);
});

test("a connection is as good as ipywidgets says, where it says anything", () => {
  const model = fakeModel({});
  assert.equal(kernelHost(model).status(), "connected");
  model.widget_manager = { kernel: { connectionStatus: "connecting" } };
  assert.equal(kernelHost(model).status(), "connecting");
});

test("a recording tells all it has to whoever says hello", () => {
  const base64 = Buffer.from(Float64Array.of(1.5, -2).buffer).toString("base64");
  const frames = [[{ type: "frame", n: 1 }, base64], [{ type: "frame", n: 2 }, ""]];
  const host = recordingHost(frames, { columns: 2 }), heard = [];
  const stop = host.receive((message, [view]) => heard.push([message.n, view.byteLength]));
  host.send({ type: "ack", n: 1 });
  assert.deepEqual(heard, []);
  host.send({ type: "hello" });
  assert.deepEqual(heard, [[1, 16], [2, 0]]);
  stop();
  host.send({ type: "hello" });
  assert.equal(heard.length, 2);
  assert.deepEqual(["columns", "lecture", "playing"].map(host.get), [2, false, false]);
  assert.equal(host.status(), "connected");
  assert.deepEqual([...new Float64Array(bytesOf(base64).buffer)], [1.5, -2]);
});

test("a recording keeps what its page sets, and says so to who follows", () => {
  const host = recordingHost([], { central: "" }), heard = [];
  const stop = host.on("central", () => heard.push(host.get("central")));
  host.on("lecture", () => heard.push("lecture"));
  host.set("central", "norms");
  stop();
  host.set("central", "risk");
  assert.deepEqual([heard, host.get("central")], [["norms"], "risk"]);
});
