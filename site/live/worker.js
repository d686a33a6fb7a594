// The worker behind a lab: it owns the simulation, takes orders, and sends frames as fast as the
// page paints them: while one is painted the next is made, and what an order changes waits for
// none. At rest it uses no processor time.

import { Diverged, loadEngine } from "./engine/engine.js";
import { Lab } from "./kernel/lab.js";
import { partsOf } from "./kernel/parts.js";

const IN_FLIGHT = 2; // frames that the page has not answered
const orders = new Map(); // that wait: the newest value of each wins
let lab = null, sent = 0, answered = 0, looping = false, wanted = true;

const post = (message, buffer) =>
  postMessage({ kind: "message", message, buffer }, buffer ? [buffer] : []);

const { port1, port2 } = new MessageChannel();
const rest = () => new Promise((done) => { // lets messages in
  port1.onmessage = done;
  port2.postMessage(null);
});

async function loop() {
  if (looping || !lab) return;
  looping = true;
  await rest();
  while (orders.size || wanted || lab.player.playing) {
    wanted ||= orders.size > 0;
    for (const [name, value] of [...orders]) {
      orders.delete(name);
      lab.obey(name, value);
    }
    if (!wanted && sent - answered >= IN_FLIGHT) break; // goes on with the next answer
    if (!wanted) lab.step();
    wanted = false;
    try {
      sent = lab.show();
    } catch (problem) {
      lab.player.pause();
      lab.report(problem);
    }
    await rest();
  }
  looping = false;
}

function hear(event) {
  if (event.type === "ack") answered = Math.max(answered, event.n);
  else if (event.type === "hello") {
    answered = sent;
    lab.greet();
    wanted = true;
  } else if (event.type === "looked") order("look", event);
  else if (event.type === "key") order(event.order);
  else if (event.type === "failed") lab.report(new Error(`the page could not draw: ${event.text}`));
}

function order(name, value) {
  orders.delete(name);
  orders.set(name, value);
}

// Predictions are computed beside, in a worker of their own: one takes as long as many frames.
function makeOracle(facts, source) {
  const oracle = new Worker(new URL("oracle.js", import.meta.url), { type: "module" });
  const asked = new Map();
  let runs = 0, questions = 0;
  const { theory, session: { foresight } } = facts;
  oracle.postMessage({ kind: "start", theory, foresight, source });
  oracle.onmessage = ({ data: { id, modes } }) => {
    asked.get(id)?.(modes);
    asked.delete(id);
  };
  return () => { // who asks for one run
    const run = ++runs;
    return (what, then) => {
      asked.set(++questions, (modes) => run === runs && then(modes));
      oracle.postMessage({ ...what, id: questions, run });
    };
  };
}

// Words that spoke of a prediction are told once more, when all rests.
function predictionCame() {
  if (!lab || lab.player.playing) return;
  lab.stale = wanted = true;
  loop();
}

async function start({ facts, source, options }) {
  const engine = await loadEngine(source), asker = makeOracle(facts, source);
  const parts = partsOf({ facts, engine, Diverged, asker, news: predictionCame });
  const tell = (state) => postMessage({ kind: "state", state });
  lab = new Lab(facts, parts, { ...options, send: post, tell });
  if (options.link) lab.obey("link", options.link);
  else lab.player.open(options.samples);
  lab.showState();
}

onmessage = async ({ data }) => {
  try {
    if (data.kind === "start") await start(data);
    else if (!lab) return;
    else if (data.kind === "event") hear(data.event);
    else order(data.order, data.value);
  } catch (problem) {
    postMessage({ kind: "failed", text: String(problem?.message ?? problem) });
  }
  loop();
};
