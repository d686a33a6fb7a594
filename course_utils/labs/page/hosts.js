// Where frames come from and messages go: a kernel behind a widget's model, or a recording. A
// host is {get, set, on, send, receive, rhythm, plotly, status}; `on` and `receive` return what
// stops them, every so many frames (`rhythm`) a page answers.

import { sharedPlotly } from "./library.js";

export function kernelHost(model) {
  const listen = (event, f) => {
    model.on(event, f);
    return () => model.off(event, f);
  };
  const send = (message) => model.send(message);
  const receive = (f) => listen("msg:custom", f);
  const askForLibrary = () => new Promise((resolve) => {
    const stop = receive((message, buffers) => {
      if (message.type !== "library") return;
      stop();
      resolve(buffers[0]);
    });
    send({ type: "library" });
  });
  // Each answer makes JupyterLab mark the kernel as busy and as idle again, favicon and toolbars
  // included, at the price of half a frame.
  return {
    send, receive, rhythm: 8,
    get: (name) => model.get(name),
    set: (name, value) => {
      model.set(name, value);
      model.save_changes();
    },
    on: (name, f) => listen(`change:${name}`, f),
    plotly: () => sharedPlotly(askForLibrary),
    status: () => model.widget_manager?.kernel?.connectionStatus ?? "connected",
  };
}

export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

// A lab as it was recorded: frames are [message, base64]. It says all it has to whoever says hello.
export function recordingHost(frames, traits = {}) {
  const values = { lecture: false, playing: false, columns: 3, label: "figures", ...traits };
  const hears = new Set(), follows = new Set();
  return {
    get: (name) => values[name],
    set: (name, value) => {
      values[name] = value;
      for (const [followed, f] of follows) if (followed === name) f();
    },
    on: (name, f) => {
      const pair = [name, f];
      follows.add(pair);
      return () => follows.delete(pair);
    },
    send: ({ type }) => {
      if (type !== "hello") return;
      for (const [message, base64] of frames) {
        const bytes = bytesOf(base64);
        for (const f of hears) f(message, [new DataView(bytes.buffer)]);
      }
    },
    receive: (f) => {
      hears.add(f);
      return () => hears.delete(f);
    },
    rhythm: 8,
    plotly: () => Promise.resolve(globalThis.Plotly),
    status: () => "connected",
  };
}
