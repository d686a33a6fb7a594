// What a lab shows as an address holds it: settings code, preset, moment, what was turned before
// that moment, and the lab's own `links`, {name: {get, set, fits}}.

import { Refused } from "./settings.js";

const refuse = (why) => { throw new Refused(why); };

// A run began with its first settings; texts such as "400 noise 0.2 900 step 0.5 noise 0.1" say how
// it was turned.
function turnsOf({ reader, session: { changes = [], settings } }, t) {
  const each = changes.filter(([at], i) => at <= t && at !== changes[i - 1]?.[0]);
  const told = each.map(([at, before]) => {
    const after = changes.find(([later]) => later > at)?.[1] ?? settings;
    return [at, reader.unlike(before, after).map(([name, , value]) => `${name} ${value}`)];
  });
  return told.filter(([, what]) => what.length).map(([at, what]) => `${at} ${what.join(" ")}`)
    .join(" ");
}

// What a lab uses, and what is not as the lab has it.
function codeOf({ reader, facts: { lab: { code, uses } } }, settings) {
  const usual = code.split(" ");
  return reader.code(settings).split(" ")
    .filter((part) => uses.includes(part.split("=")[0]) || !usual.includes(part)).join(" ");
}

export function linkOf(lab) {
  const { session, player, chosen, parts: { links = {} } } = lab;
  const t = player.cursor ?? session.samples, { changes = [], settings } = session;
  const own = Object.entries(links).map(([name, { get }]) => [name, get()]);
  return { code: codeOf(lab, changes[0]?.[1] ?? settings), now: codeOf(lab, settings),
    preset: chosen, t: t ? Math.round(t) : undefined, turned: turnsOf(lab, t ?? 0),
    ...Object.fromEntries(own) };
}

// What was turned, in order: [samples, {field: value}].
function readTurns({ reader, session }, text) {
  const turns = [], words = text.split(" ").filter(Boolean);
  for (let i = 0; i < words.length; i += 1) {
    if (/^\d{1,9}$/.test(words[i])) turns.push([Number(words[i]), {}]);
    else {
      const name = words[i], value = words[i += 1] ?? "";
      if (!turns.length || !session.live?.includes(name)) refuse(`turned has no place for ${name}`);
      turns.at(-1)[1][name] = reader.parse(name, value);
    }
  }
  if (turns.some(([t], i) => i && t < turns[i - 1][0])) refuse("turned is in no order of time");
  return turns;
}

const read = (text) => (/^-?\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : text);

export function followLink(lab, { code, preset, t, turned, wrong, ...rest }) {
  const { reader, presets, session, parts: { links = {} } } = lab;
  if (wrong) refuse(wrong);
  if (preset && !presets.has(preset)) refuse(`it has no preset '${preset.slice(0, 60)}'`);
  if (!/^\d{0,9}$/.test(t ?? "")) refuse("t is no number of samples from 0 to 999,999,999");
  const own = Object.entries(rest).map(([name, text]) => [name, read(text)]);
  for (const [name, value] of own) {
    if (!Object.hasOwn(links, name) || !links[name].fits(value)) {
      refuse(`it has no ${name.slice(0, 60)} = ${String(value).slice(0, 60)}`);
    }
  }
  const chosen = presets.get(preset)?.settings;
  const usual = reader.fromCode(lab.facts.lab.code);
  const settings = code ? reader.fromCode(code, usual) : chosen ?? session.settings;
  let turns = readTurns(lab, turned ?? ""), held = settings;
  turns = turns.map(([samples, what]) => [samples, held = reader.replace(held, what)]);
  const same = chosen && reader.code(chosen) === reader.code(settings);
  lab.use(settings, { anew: true, chosen: same ? preset : "" });
  lab.based = preset ?? "";
  for (const [name, value] of own) links[name].set(value);
  lab.player.open(Number(t ?? 0), turns);
}
