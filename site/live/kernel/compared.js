// The run before: what a lab holds beside the run that goes on, and what differs between them.

import { searchsorted } from "./run.js";
import { commas, degrees, fixed } from "./texts.js";

const LATE = 10; // a run that came to less than this part of the held one does not replace it

const last = (run) => run.rows.at(-1).samples;

// By itself until a reset, by hand until it is let go.
export class Held {
  constructor() {
    this.letGo();
  }

  letGo() {
    Object.assign(this, { run: null, byHand: false, past: false });
  }

  hold(run) {
    if (run.rows.length < 2) {
      throw new RangeError("the network is untrained, so there is no run to compare with: "
        + "press Play first, then Compare");
    }
    Object.assign(this, { run: copy(run), byHand: true, past: true });
  }

  // Settings change while a run goes on: what it was up to here is held.
  turned(run) {
    if (!this.run && run.rows.length > 1) Object.assign(this, { run: copy(run), past: true });
  }

  // A new run has begun; `afresh` where it is no change of the one before.
  left(run, afresh) {
    if (this.byHand) this.past = false;
    else if (afresh) this.letGo();
    else {
      const far = this.run ? last(this.run) / LATE : 0;
      if (run.rows.length > 1 && last(run) >= far) this.run = copy(run);
      this.past = false;
    }
  }

  sentence(reader, run, moment) {
    if (!this.run || (this.past && run.rows[moment].samples <= last(this.run))) return "";
    return compared(reader, run, this.run, moment);
  }
}

const copy = (run) => ({ ...run, rows: [...run.rows] });

// What differs between a run and the one before it at a moment, in a sentence.
export function compared(reader, run, before, moment) {
  const now = run.rows[moment], then = before.rows[rowBeside(before, now.samples)];
  const held = reader.unlike(heldAt(before, then.samples), heldAt(run, now.samples));
  const settings = held.map(([name, old, one]) => `${name} ${old}, now ${one}`).join("; ");
  const angles = (at) => Array.from(at.angles, (a) => fixed(degrees(a))).join(", ");
  const told = [
    [then.angles.length === 1 ? "angle" : "angles", angles(then), angles(now), " degrees"],
    ["W_perp", fixed(then.perpendicular, 2), fixed(now.perpendicular, 2), ""],
    ["risk", fixed(then.risk, 3), fixed(now.risk, 3), ""],
  ].filter(([, old, one]) => old !== "nan" && one !== "nan")
    .map(([name, old, one, unit]) => `${name} ${old}, now ${one}${unit}`).join("; ");
  return `Before, at t = ${commas(then.samples)} (${settings || "the same settings"}): ${told}.`;
}

function rowBeside(before, samples) {
  const times = before.rows.map((row) => row.samples);
  return Math.max(0, searchsorted(times, samples, "right") - 1);
}

// The settings with which a run came to a moment.
function heldAt(run, samples) {
  return (run.changes.find(([t]) => samples <= t) ?? [0, run.settings])[1];
}
