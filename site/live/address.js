// The address of a page holds what a lab shows: #lab=1&code=...&preset=...&t=..., what was turned
// before t, and what a lab has beside its settings, such as &rank=2.

const LONGEST = 4000; // characters of an address that is read at all

// What an address says of labs: {lab, code, preset, t, turned, ...}, or null where it speaks of
// none.
export function readAddress(hash) {
  const text = hash.replace(/^#/, "");
  if (!/(^|&)(code|preset|t)=/.test(text)) return null;
  if (text.length > LONGEST) return { lab: 1, wrong: "it is too long" };
  const told = Object.fromEntries(new URLSearchParams(text)), lab = Number(told.lab ?? 1);
  if (!(Number.isInteger(lab) && lab >= 1)) return { lab: 1, wrong: "it names no lab" };
  return { ...told, lab };
}

// The hash that says it, without what is empty; spaces are +, which people can read. A run that was
// turned too often to be told begins anew with what holds now.
export function writeAddress(link) {
  const { turned, now, ...short } = link;
  const write = (told) => `#${new URLSearchParams(Object.entries(told)
    .filter(([, value]) => value !== "" && value !== undefined))}`;
  const whole = turned ? write({ ...short, turned }) : write(short);
  return whole.length <= LONGEST ? whole : write({ ...short, code: now });
}
