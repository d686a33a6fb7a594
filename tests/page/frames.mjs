// Frames as the kernel sends them, made by hand: rows as plain numbers, packed into one buffer.

const TYPES = { f8: Float64Array, f4: Float32Array };

// A buffer that parts are put into, each at a multiple of eight bytes.
export class Packer {
  bytes = [];

  put(values, kind = "f8") {
    while (this.bytes.length % 8) this.bytes.push(0);
    const offset = this.bytes.length;
    this.bytes.push(...new Uint8Array(TYPES[kind].from(values).buffer));
    return offset;
  }

  get buffer() {
    return Uint8Array.from(this.bytes).buffer;
  }
}

// A table's part of a frame. `columns`: {name: {kind, shape, rows: one flat list a row}}.
export function part(packer, columns, keep) {
  const entries = Object.entries(columns);
  return {
    ...(keep && { keep }),
    rows: entries[0][1].rows.length,
    columns: entries.map(([name, { kind = "f8", shape = [], rows }]) =>
      [name, packer.put(rows.flat(), kind), kind, shape]),
  };
}

// Numbers that look random and are the same in every run.
export function randoms(seed) {
  let state = seed;
  return () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
