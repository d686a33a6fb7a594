// Frames: what has changed since the page was last told, as one message and one buffer; frames.py
// of the course once more, which says what a frame holds.

import { searchsorted } from "./run.js";

const isArray = ArrayBuffer.isView;

class Buffer {
  constructor() {
    Object.assign(this, { parts: [], size: 0 });
  }

  add(data) {
    const at = Math.ceil(this.size / 8) * 8;
    this.parts.push([at, data]);
    this.size = at + data.byteLength;
    return at;
  }

  bytes() {
    const all = new Uint8Array(this.size);
    for (const [at, data] of this.parts) {
      all.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    }
    return all.buffer;
  }
}

// The rows of one table that a page holds. A table is {key, rows, columns}: rows have samples,
// columns(rows) gives their columns.
class Sent {
  constructor(key, columns) {
    Object.assign(this, { key, columns, fresh: true, rows: [] });
  }

  catchUp({ rows, columns }, out) {
    const keep = prefix(this.rows, rows), n = keep.length;
    if (n === this.rows.length && n === rows.length && !this.fresh) return null;
    const news = { rows: rows.length - n, columns: [] };
    if (this.fresh || n < this.rows.length) news.keep = keep;
    const made = columns(rows.slice(n));
    for (const name of this.columns) {
      const { kind, shape, data } = made[name];
      news.columns.push([name, out.add(data), kind, shape]);
    }
    Object.assign(this, { rows: [...rows], fresh: false });
    return news;
  }
}

// Places in `old` of the longest beginning of `rows` that is found there, in order.
function prefix(old, rows) {
  const times = old.map(({ samples }) => samples), keep = [];
  for (const row of rows) {
    const at = searchsorted(times, row.samples);
    const follows = !keep.length || at > keep.at(-1);
    if (old[at] !== row || !follows) break;
    keep.push(at);
  }
  return keep;
}

// Which columns of which table views are bound to.
function columnsInUse(thing, used = {}) {
  if (Array.isArray(thing)) thing.forEach((part) => columnsInUse(part, used));
  else if (typeof thing === "object" && thing !== null && !isArray(thing)) {
    if (typeof thing.column === "string") {
      const names = (used[thing.table ?? "record"] ??= new Set(["samples"]));
      for (const name of [thing.column, thing.back]) if (name) names.add(name);
    } else Object.values(thing).forEach((part) => columnsInUse(part, used));
  }
  return used;
}

export class Frames {
  constructor(palette) {
    this.palette = palette;
    this.forget();
  }

  forget() {
    Object.assign(this, { names: null, styles: [], given: new Map(), tables: {}, said: [] });
    this.words = "";
  }

  // `say(row)` gives {sentence, rows, clock}; `held` has lights, note, settings and events. Without
  // tables there is one moment.
  frame({ views, tables, now: held, say, reword }) {
    const names = views.map((view) => view.name), out = new Buffer();
    const whole = String(names) !== String(this.names);
    if (whole) {
      this.forget();
      this.names = names;
    }
    const message = { type: "frame", whole, ...(whole && { palette: this.palette }) };
    message.views = this.tellViews(views, out);
    if (tables) {
      message.tables = this.tellRows(tables, columnsInUse(views.map(({ traces, layout }) =>
        [traces, layout])), out);
      message.said = this.tellWords(message.tables, tables.record.rows.length, say, reword);
    }
    const now = tables ? held : { ...held, ...say(0) };
    const text = JSON.stringify(now);
    if (text !== this.words) {
      this.words = text;
      message.words = now;
    }
    return [message, out.bytes()];
  }

  tellViews(views, out) {
    const given = new Map(), texts = [];
    const told = views.map(({ name, traces, layout, direct, kind = "plot" }, i) => {
      const bare = traces.map((trace) => Object.fromEntries(Object.entries(trace)
        .filter(([, value]) => !isArray(value))));
      const style = { traces: bare, layout, direct, ...(kind !== "plot" && { kind }) };
      const text = JSON.stringify(style), anew = text !== this.styles[i];
      texts.push(text);
      const entry = { name, arrays: [], ...(anew && style) };
      traces.forEach((trace, t) => {
        for (const [key, value] of Object.entries(trace)) {
          if (!isArray(value)) continue;
          const place = `${i} ${t} ${key}`, digits = value.join();
          given.set(place, digits);
          if (!anew && this.given.get(place) === digits) continue;
          entry.arrays.push([t, key, out.add(value), value.length]);
        }
      });
      return entry;
    });
    [this.styles, this.given] = [texts, given];
    return told;
  }

  tellRows(tables, used, out) {
    const told = {};
    for (const [name, table] of Object.entries(tables)) {
      const columns = [...(used[name] ?? ["samples"])].sort(), sent = this.tables[name];
      if (sent?.key !== table.key || String(sent.columns) !== String(columns)) {
        this.tables[name] = new Sent(table.key, columns);
      }
      const news = this.tables[name].catchUp(table, out);
      if (news) told[name] = news;
    }
    return told;
  }

  tellWords({ record = {} }, count, say, reword) {
    if (record.keep) this.said = record.keep.map((row) => this.said[row]);
    const told = [];
    for (let i = reword ? 0 : this.said.length; i < count; i++) {
      const { sentence, rows, clock } = say(i), said = [sentence, rows, clock];
      const text = JSON.stringify(said);
      if (text === this.said[i]) continue;
      this.said[i] = text;
      told.push([i, ...said]);
    }
    return told;
  }
}
