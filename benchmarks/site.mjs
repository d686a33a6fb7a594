// The engine of the page, timed for site.py: a line "width d samples" in, seconds of the processor
// a sample out. node site.mjs FOLDER, where FOLDER has engine.js and engine.wasm.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const { loadEngine } = await import(pathToFileURL(join(folder, "engine.js")));
const engine = await loadEngine(readFileSync(join(folder, "engine.wasm")));
const sims = new Map();

const seconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

for await (const line of createInterface({ input: process.stdin })) {
  const [width, d, count] = line.split(" ").map(Number), key = `${width} ${d}`;
  if (!sims.has(key)) {
    const settings = { d, k: 1, link: "tanh", width };
    sims.set(key, engine.start(settings, { sampling: "plain" }));
  }
  const sim = sims.get(key), began = seconds();
  if (count) sim.advance(count);
  else for (let i = 0; i < 20; i++) sim.snapshot();
  console.log((seconds() - began) / (count || 20));
}
