// The worker that predicts: questions of one run after the other; those of runs that are over are
// left out.

import { loadEngine } from "./engine/engine.js";
import { answers } from "./kernel/curve.js";
import { Prediction } from "./kernel/predict.js";

const queue = [];
let answer = null, newest = 0, busy = false;

async function start({ source, theory, foresight }) {
  const engine = await loadEngine(source);
  answer = answers((settings, begin) =>
    new Prediction(engine, theory, settings, begin, foresight));
}

function answered(question) {
  try {
    return answer(question);
  } catch (problem) {
    console.info(`nothing is predicted: ${problem}`);
    return null;
  }
}

async function work() {
  if (busy) return;
  busy = true;
  while (answer && queue.length) {
    const question = queue.shift();
    if (question.run === newest) postMessage({ id: question.id, modes: answered(question) });
    await new Promise((done) => { setTimeout(done, 0); });
  }
  busy = false;
}

onmessage = async ({ data }) => {
  if (data.kind === "start") await start(data);
  else {
    newest = Math.max(newest, data.run);
    queue.push(data);
  }
  work();
};
