// The address of a page holds what a lab shows: #lab=1&code=...&preset=...&t=...

const LONGEST = 4000; // characters of an address that is read at all

// What an address says of labs: {lab, code, preset, t}, or null where it speaks of none.
export function readAddress(hash) {
  const text = hash.replace(/^#/, "");
  if (!/(^|&)(code|preset|t)=/.test(text)) return null;
  if (text.length > LONGEST) return { lab: 1, wrong: "it is too long" };
  const told = new URLSearchParams(text), lab = Number(told.get("lab") ?? 1);
  if (!(Number.isInteger(lab) && lab >= 1)) return { lab: 1, wrong: "it names no lab" };
  return { lab, code: told.get("code"), preset: told.get("preset"), t: told.get("t") };
}

// The hash that says it; spaces are +, which people can read.
export function writeAddress({ lab, code, preset, t }) {
  const told = new URLSearchParams({ lab, code });
  if (preset) told.set("preset", preset);
  if (t) told.set("t", t);
  return `#${told}`;
}
