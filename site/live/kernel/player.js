// Who owns time in a lab: play, pause, step, x10, and the look back; labs/player.py once more.

import { checkpointTimes, momentAt } from "./run.js";

const SLICE = 0.05; // seconds of training in one piece where a run is trained at once

// For experiments that follow their knobs: no time goes by.
export class Finisher {
  orders = {};
  playing = false;
  cursor = null;

  open() {}

  begun() {}

  go() {}

  moment() {
    return 0;
  }
}

export class Player {
  // `tell(playing)` is called whenever that changes; `clock` gives seconds.
  constructor(lab, tell, clock = () => performance.now() / 1000) {
    Object.assign(this, { lab, tell, clock, speed: 1, goal: null, stretch: 1, stepped: 0 });
    Object.assign(this, { playing: false, cursor: null, looked: null, ahead: [] });
    this.orders = {
      play: () => this.play(), pause: () => this.pause(), step: () => this.once(),
      x10: () => this.tenTimes(), reset: () => this.reset(), look: (where) => this.look(where),
      speed: (value) => { this.speed = value; },
    };
  }

  setPlaying(on) {
    this.playing = on;
    this.tell(on);
  }

  // Train so many samples at once, in pieces, and rest there; on the way take settings over where
  // `turns`, [samples, settings], say so.
  open(samples, turns = []) {
    const due = turns.filter(([t]) => t <= samples), times = due.map(([t]) => t);
    this.turns = new Map(due);
    const recorded = samples ? checkpointTimes(samples, 160).slice(1) : [];
    this.ahead = [...new Set([...recorded, ...times])].sort((a, b) => a - b);
    if (this.ahead.length) this.setPlaying(true);
  }

  begun() {
    this.ahead = [];
    this.look(null);
  }

  go() {
    this.setPlaying(true);
  }

  play() {
    this.goal = null;
    this.ahead = [];
    this.look(null);
    this.setPlaying(true);
  }

  pause() {
    this.ahead = [];
    this.setPlaying(false);
    this.lab.session.rest();
  }

  once() {
    this.look(null);
    this.lab.session.step(0.25, this.speed);
  }

  tenTimes() {
    const { session } = this.lab;
    this.look(null);
    this.goal = 10 * Math.max(session.samples, Math.floor(session.settings.d / 10), 1);
    this.stretch = 3;
    this.setPlaying(true);
  }

  reset() {
    this.setPlaying(false);
    this.lab.restart(this.lab.session.settings);
  }

  // Look at a recorded moment, or at now.
  look(where) {
    let samples = where;
    if (typeof where === "object" && where !== null) {
      this.looked = { by: where.by, seq: where.seq };
      ({ samples } = where);
    }
    this.cursor = samples ?? null;
  }

  // Train for as long as has passed since the last step, and not beyond the goal.
  step() {
    const now = this.clock(), seconds = now - this.stepped, { session } = this.lab;
    this.stepped = now;
    try {
      if (this.ahead.length) return this.catchUp(now);
      session.step(seconds, this.speed * (this.goal ? this.stretch : 1), this.goal);
    } catch (problem) { // what failed once would fail again
      this.pause();
      throw problem;
    }
    if (this.goal && session.samples >= this.goal) {
      this.goal = null;
      this.setPlaying(false);
    }
    return null;
  }

  catchUp(began) {
    while (this.ahead.length && this.clock() - began < SLICE) {
      const t = this.ahead.shift(), turned = this.turns.get(t);
      if (t) this.lab.session.train(t - this.lab.session.samples);
      if (turned) this.lab.use(turned);
    }
    if (this.ahead.length) return;
    this.setPlaying(false);
    this.lab.session.rest();
  }

  moment(run) {
    return momentAt(run, this.cursor);
  }
}
