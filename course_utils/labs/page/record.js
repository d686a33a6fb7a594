// The rows that a lab has recorded, as the page holds them, and what figures read from them.
// A binding stands in a trace or a layout in place of values: {column, table, at, item, back, ...}.

const TYPES = { f8: Float64Array, f4: Float32Array };
const NOTHING = new Float64Array(0);

class Column {
  constructor(kind, shape) {
    this.kind = kind;
    this.shape = shape;
    this.width = shape.reduce((product, n) => product * n, 1); // numbers in one row
    this.store = new TYPES[kind](0);
  }

  keep(rows) { // in place: rows ascend
    const { store, width } = this;
    rows.forEach((row, i) => {
      if (row !== i) store.copyWithin(i * width, row * width, (row + 1) * width);
    });
  }

  append(used, buffer, offset, rows) {
    const start = used * this.width, end = start + rows * this.width;
    if (end > this.store.length) {
      const grown = new TYPES[this.kind](Math.max(end, 2 * this.store.length));
      grown.set(this.store.subarray(0, start));
      this.store = grown;
    }
    this.store.set(new TYPES[this.kind](buffer, offset, rows * this.width), start);
  }
}

export class Table {
  constructor() {
    this.columns = new Map();
    this.changes = 0; // how often rows have come or gone
    this.order = 0; // the change by which rows have last moved up
    this.born = []; // of each row the change by which it came
  }

  get rows() {
    return this.born.length;
  }

  take({ keep, rows, columns }, buffer) {
    if (keep && keep.length < this.rows) this.keep(keep);
    const fits = columns.length === this.columns.size && columns.every(([name, , kind, shape]) => {
      const column = this.columns.get(name);
      return column?.kind === kind && String(column.shape) === String(shape ?? []);
    });
    if (!fits) this.renew(columns);
    for (const [name, offset] of columns) {
      this.columns.get(name).append(this.rows, buffer, offset, rows);
    }
    this.changes += 1;
    for (let i = 0; i < rows; i++) this.born.push(this.changes);
  }

  keep(rows) {
    this.changes += 1;
    if (rows.some((row, i) => row !== i)) {
      for (const column of this.columns.values()) column.keep(rows);
      this.order = this.changes;
    }
    this.born = rows.map((row) => this.born[row]);
  }

  renew(columns) {
    if (this.rows) throw new Error("a table got other columns while it holds rows");
    this.order = this.changes += 1;
    this.columns.clear();
    for (const [name, , kind, shape] of columns) {
      this.columns.set(name, new Column(kind, shape ?? []));
    }
  }

  column(name) {
    const column = this.columns.get(name);
    if (!column) throw new Error(`no column ${name}: there are ${[...this.columns.keys()]}`);
    return column;
  }

  // How many of the first rows are as they were after a change.
  since(change, rows) {
    if (this.order > change) return 0;
    let same = Math.min(rows, this.rows);
    while (same > 0 && this.born[same - 1] > change) same -= 1;
    return same;
  }

  // The last row that is not after a moment; the first where all are.
  rowAt(samples) {
    const times = this.column("samples").store;
    let low = 0, high = this.rows; // rows before low are not after it, from high on they are
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= samples) low = middle + 1;
      else high = middle;
    }
    return Math.max(low - 1, 0);
  }
}

// Where in a row of this shape the picked numbers are, and whether they are an array or one number.
function picked(shape, item) {
  const picks = item === undefined || item === null ? [] : [item].flat();
  let places = [0];
  shape.forEach((n, axis) => {
    const pick = picks[axis] ?? null;
    const along = pick === null ? [...Array(n).keys()] : [pick];
    if (pick !== null && !(pick >= 0 && pick < n)) throw new Error(`no item ${item} in (${shape})`);
    places = places.flatMap((place) => along.map((i) => place * n + i));
  });
  return { places, single: shape.every((_, axis) => (picks[axis] ?? null) !== null) };
}

// One binding's values, kept until its table changes.
class Reader {
  constructor(binding, table) {
    this.binding = binding;
    this.table = table;
    this.read = -1; // the table's change after which the values were read
    this.row = this.number = this.picked = null;
    this.values = NOTHING;
    this.sides = null; // of a whole column: itself and, for a band, the way back
  }

  value(number) {
    const { times = 1, log } = this.binding;
    return log ? Math.log10(times * number) : times * number;
  }

  plain() {
    return (this.binding.times ?? 1) === 1 && !this.binding.log;
  }

  // Which numbers of a row are meant; columns of one binding are alike.
  pick(column) {
    if (this.picked?.of !== column.shape) {
      this.picked = { of: column.shape, ...picked(column.shape, this.binding.item) };
    }
    return this.picked;
  }

  // The values at one row: an array, or for a single number twice that number, the two ends of a
  // line.
  atRow(row) {
    const { table, binding } = this;
    if (this.row === row && table.since(this.read, row + 1) > row) return this.values;
    const column = table.column(binding.column), start = row * column.width;
    const { places, single } = this.pick(column);
    if (single) {
      const number = table.rows ? this.value(column.store[start + places[0]]) : NaN;
      if (!Object.is(number, this.number)) this.values = Float64Array.of(number, number);
      this.number = number;
    } else if (!table.rows) {
      this.values = NOTHING;
    } else if (places.length === column.width && this.plain()) {
      this.values = column.store.subarray(start, start + column.width);
    } else {
      this.values = Float64Array.from(places, (place) => this.value(column.store[start + place]));
    }
    this.read = table.changes;
    this.row = row;
    return this.values;
  }

  // The whole column; of one row a short stroke; with a way back the outline of a band.
  whole() {
    const { table, binding } = this;
    if (this.read === table.changes) return this.values;
    this.sides ??= [new Side(this, binding.column), binding.back && new Side(this, binding.back)];
    const [there, back] = this.sides.map((side) => side && side.read());
    this.values = back ? outline(there, back) : there;
    this.read = table.changes;
    return this.values;
  }
}

// One item of a column over all rows. New rows are added to what was read before.
class Side {
  constructor(reader, name) {
    Object.assign(this, { reader, name, change: -1, done: 0, store: new Float64Array(0) });
  }

  read() {
    const { reader } = this, { rows } = reader.table;
    const column = reader.table.column(this.name);
    const { places: [place], single } = reader.pick(column);
    if (!single) throw new Error(`a curve needs one item of ${this.name} (${column.shape})`);
    if (rows === 1) {
      const first = reader.value(column.store[place]);
      return Float64Array.of(first, first * (reader.binding.stroke ?? 1));
    }
    if (column.width === 1 && reader.plain()) return column.store.subarray(0, rows);
    return this.gather(column, place, rows);
  }

  gather({ store, width }, place, rows) {
    const { reader } = this;
    this.done = reader.table.since(this.change, this.done);
    if (rows > this.store.length) {
      const grown = new Float64Array(Math.max(rows, 2 * this.store.length));
      grown.set(this.store.subarray(0, this.done));
      this.store = grown;
    }
    for (let i = this.done; i < rows; i++) this.store[i] = reader.value(store[i * width + place]);
    this.done = rows;
    this.change = reader.table.changes;
    return this.store.subarray(0, rows);
  }
}

function outline(there, back) {
  const n = there.length, both = new Float64Array(2 * n);
  both.set(there);
  for (let i = 0; i < n; i++) both[n + i] = back[n - 1 - i];
  return both;
}

export class Record {
  constructor() {
    this.clear();
  }

  clear() {
    this.tables = new Map();
    this.said = []; // of each row of the table "record": {sentence, rows, clock}
    this.readers = new Map();
    this.known = new WeakMap(); // binding -> its reader
  }

  take({ tables = {}, said = [] }, buffer) {
    for (const [name, part] of Object.entries(tables)) {
      if (!this.tables.has(name)) this.tables.set(name, new Table());
      if (name === "record" && part.keep) this.said = part.keep.map((row) => this.said[row]);
      this.tables.get(name).take(part, buffer);
    }
    for (const [row, sentence, rows, clock] of said) this.said[row] = { sentence, rows, clock };
  }

  get rows() {
    return this.tables.get("record")?.rows ?? 0;
  }

  // Samples of every row.
  get times() {
    return this.rows ? this.tables.get("record").column("samples").store.subarray(0, this.rows)
      : NOTHING;
  }

  reader(binding) {
    let reader = this.known.get(binding);
    if (reader) return reader;
    const name = binding.table ?? "record", table = this.tables.get(name);
    if (!table) throw new Error(`no table ${name}: there are ${[...this.tables.keys()]}`);
    const key = JSON.stringify(binding);
    if (!this.readers.has(key)) this.readers.set(key, new Reader(binding, table));
    reader = this.readers.get(key);
    this.known.set(binding, reader);
    return reader;
  }

  // A binding's values while a row is shown; the same array as before where nothing has changed.
  // Of a text that changes in the course of a run, what it says then.
  read(binding, shown) {
    if (binding.says) return textAt(binding.says, this.times[shown] ?? 0);
    const reader = this.reader(binding);
    if (binding.at === "first") return reader.atRow(0);
    if (binding.at !== "now") return reader.whole();
    const record = (binding.table ?? "record") === "record";
    return reader.atRow(record || !this.rows ? shown : reader.table.rowAt(this.times[shown]));
  }

  // The same for a layout, where a single number stands for itself.
  readScalar(binding, shown) {
    if (binding.says) return this.read(binding, shown);
    const values = this.read(binding, shown), { picked: where } = this.reader(binding);
    return where?.single && binding.at ? values[0] : values;
  }
}

// The last of [since, text] that holds at a sample count.
const textAt = (says, samples) => says.filter(([since]) => since <= samples).at(-1)[1];

const isObject = (thing) =>
  typeof thing === "object" && thing !== null && !ArrayBuffer.isView(thing);

export const isBinding = (thing) => isObject(thing) && typeof thing.column === "string";

// Every binding inside a trace or a layout: [{path, binding}].
export function bindingsIn(thing, path = []) {
  if (isBinding(thing)) return [{ path, binding: thing }];
  if (!isObject(thing) || (Array.isArray(thing) && !isObject(thing[0]))) return [];
  return Object.entries(thing).flatMap(([key, part]) => bindingsIn(part, [...path, key]));
}

// A copy of a trace or a layout with values where bindings stood.
export function filled(thing, bound, read) {
  if (!bound.length) return thing;
  const copy = { ...thing }, own = new Set([copy]);
  for (const { path, binding } of bound) {
    let at = copy;
    for (const key of path.slice(0, -1)) {
      if (!own.has(at[key])) {
        at[key] = Array.isArray(at[key]) ? [...at[key]] : { ...at[key] };
        own.add(at[key]);
      }
      at = at[key];
    }
    at[path.at(-1)] = read(binding);
  }
  return copy;
}
