// What a session asks of the engine and of all that is built over it.

import { Curve } from "./curve.js";
import { Lamps } from "./lamps.js";
import { angleToPull } from "./pull.js";
import { SettingsReader } from "./settings.js";

// `asker()` gives who answers the predictions of one run; `news` is called with each answer.
export function partsOf({ facts, engine, Diverged, asker, news }) {
  const reader = new SettingsReader(facts.settings);
  const lamps = new Lamps(facts.theory, reader, engine);
  const law = (settings) => reader.law(settings.inputs);
  return {
    Diverged, engine,
    open: (settings) => engine.start(settings),
    lamps: (settings) => lamps.of(settings),
    predict: (settings, sim, snapshot) => (law(settings).standard
      ? new Curve(engine, settings, sim, snapshot, asker(), news) : null),
    pulled: (sim) => (facts.lab.pull && law(sim.settings).stretch
      ? angleToPull(sim, law(sim.settings), lamps) : undefined),
  };
}
