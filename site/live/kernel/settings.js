// Every knob of an experiment, and the line of text that writes it: Settings of the course, whose
// fields, limits and names come from Python at build time (`facts`).

import { general, quoted, repr } from "./texts.js";

export class Refused extends Error {}

const refuse = (text) => { throw new Refused(text); };

const NUMBER = "[0-9]{1,20}(\\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?";
const isNumber = (text) => new RegExp(`^${NUMBER}$`).test(text);

// What people and programs put around a code is dropped.
export function tidied(text) {
  const bare = text.replace(/[`'"\u2018-\u201f\u2039\u203a\u00ab\u00bb\u200b\ufeff]/g, "");
  return bare.replace(/[,;]/g, " ").replace(/\s*=\s*/g, "=");
}

const shortest = (value) => repr(value).replace(/\.0$/, "");
const usage = ([name, parameters]) => [name, ...parameters.map((p) => p.name)].join(":");
const example = (name, parameters) =>
  [name, ...parameters.map((p) => shortest(p.example))].join(":");

// A known name and the numbers behind it, such as 'spiked:20:0.5'.
function nameWithNumbers(field, text, known) {
  const forms = Object.entries(known).map(usage).join(", ");
  const shown = quoted(text.length <= 60 ? text : `${text.slice(0, 60)}...`);
  const [name, ...parts] = text.split(":"), parameters = known[name];
  if (!Object.hasOwn(known, name)) {
    refuse(`${field} = ${shown} is unknown: it must be one of ${forms}`);
  }
  const one = example(name, parameters);
  if (parts.length !== parameters.length) {
    const takes = parameters.length ? `is written ${usage([name, parameters])}` : "takes no number";
    refuse(`${field} = ${shown} does not fit: ${name} ${takes}; try ${one}`);
  }
  const values = parameters.map((parameter, i) => {
    const problem = notWithin(parameter, parts[i]);
    if (problem) {
      refuse(`${field} = ${shown} has ${parameter.name} ${problem}; try ${one}. `
        + `All that ${field} can be: ${forms}`);
    }
    return Number(parts[i]) + 0;
  });
  return [name, values];
}

function notWithin({ low, high, whole }, part) {
  const form = whole ? "[0-9]{1,19}" : `-?${NUMBER}`, kind = whole ? "whole number" : "number";
  if (!new RegExp(`^${form}$`).test(part)) {
    return `= ${quoted(part.slice(0, 20))}, which is no ${kind} written in digits`;
  }
  const value = Number(part);
  if (low <= value && value <= high) return "";
  const ends = `from ${shortest(low)} to ${shortest(high)}`;
  return `= ${part.slice(0, 20)}, but it must be a ${kind} ${ends}`;
}

// Reads, checks and writes settings; an object of settings is a plain frozen one.
export class SettingsReader {
  constructor(facts) {
    this.facts = facts;
    this.links = { ...facts.links, ...facts.functions };
    this.names = facts.fields.map(({ name }) => name);
    this.defaults = Object.fromEntries(facts.fields.map(({ name, value }) => [name, value]));
  }

  // Settings checked as Settings(...) does; k left out or null is the link's own.
  make(values) {
    const { facts } = this, s = { ...this.defaults, ...values };
    for (const [name, ends] of Object.entries(facts.whole)) {
      if (!(name === "k" && s.k === null)) checkWhole(name, s[name], ends);
    }
    for (const [name, ends] of Object.entries(facts.real)) s[name] = real(name, s[name], ends);
    for (const [name, allowed] of Object.entries(facts.choices)) {
      s[name] = this.chosen(name, s[name], allowed);
    }
    this.checkLink(s);
    const law = this.law(s.inputs);
    if (law.stretch && law.values[1] ** 2 !== 1 && s.k === s.d) {
      refuse(`inputs = ${quoted(law.text)} is impossible with k = d = ${s.d}: v has a part outside `
        + "the subspace, which is the whole space; raise d, or try COS = 1");
    }
    s.inputs = law.text;
    s.directions = this.checkDirections(s);
    return Object.freeze(s);
  }

  chosen(name, value, allowed) {
    if (name === "bias" && typeof value === "number") {
      if (value === 0) {
        refuse("bias = 0 is written bias='none'; as a number it is the size of biases");
      }
      return real(name, value, this.facts.bias);
    }
    const [low, high] = this.facts.bias;
    const extra = name === "bias" ? `, or a number from ${general(low)} to ${general(high)}` : "";
    if (!allowed.includes(value)) {
      const names = allowed.join(", ");
      refuse(`${name} = ${quoted(value)} is unknown: it must be one of ${names}${extra}`);
    }
    return value;
  }

  checkLink(s) {
    const { links } = this.facts, link = this.links[s.link];
    if (!Object.hasOwn(this.links, s.link)) {
      refuse(`link = ${quoted(s.link)} is unknown: it must be one of `
        + `${Object.keys(links).join(", ")}, or a function (n, k) -> (n,)`);
    }
    s.k ??= Math.min(link.defaultK, s.d);
    if (s.k > s.d) {
      refuse(`k = ${s.k} is impossible with d = ${s.d}: ${s.k} orthogonal directions do not fit `
        + `into ${s.d} dimensions. Allowed: 1 <= k <= d. Lower k or raise d.`);
    }
    if (fits(link, s.k)) return;
    const [low, high] = link.kRange;
    const allowed = low === high ? `k = ${low}` : `${low} <= k <= ${high}`;
    const many = Object.keys(links).filter((name) => fits(links[name], s.k)).join(", ");
    refuse(`k = ${s.k} does not fit the link ${quoted(s.link)}, which allows ${allowed}. `
      + `Links for k = ${s.k}: ${many}.`);
  }

  law(text) {
    const { laws } = this.facts;
    const known = Object.fromEntries(Object.entries(laws).map(([n, l]) => [n, l.parameters]));
    const [name, values] = nameWithNumbers("inputs", text, known), law = laws[name];
    const stretch = law.spiked ? values[0] : 0;
    return { ...law, name, values, stretch, text: [name, ...values.map(shortest)].join(":"),
      standard: !law.shaped && stretch === 0 };
  }

  checkDirections({ directions, k, d }) {
    const [name, values] = nameWithNumbers("directions", directions, this.facts.directions);
    if (name === "sparse" && k * values[0] > d) {
      const [entries] = values;
      refuse(`directions = 'sparse:${entries}' do not fit: ${k} rows of ${entries} entries need d `
        + `of ${k * entries} or more, and d is ${d}; lower K or k, or raise d`);
    }
    return [name, ...values.map(shortest)].join(":");
  }

  // A copy with some fields changed; k follows a new link that does not allow the old k.
  replace(settings, changes) {
    const link = changes.link !== undefined && this.links[changes.link];
    const lost = link && changes.k === undefined && !fits(link, settings.k);
    return this.make({ ...settings, ...changes, ...(lost && { k: null }) });
  }

  // k follows where a smaller d does not allow the old one.
  adapted(settings, changes) {
    const follows = changes.d !== undefined && changes.k === undefined;
    const k = follows ? { k: Math.min(settings.k, Math.max(changes.d, 1)) } : {};
    return this.replace(settings, { ...k, ...changes });
  }

  // A settings code; what it leaves out is as in `base`, or the default.
  fromCode(text, base = null) {
    if (text.length > 1000) {
      refuse(`a settings code has at most 1000 characters, this text has ${text.length}`);
    }
    const values = {};
    for (const part of tidied(text).split(/\s+/).filter(Boolean)) {
      const at = part.indexOf("="), name = part.slice(0, at < 0 ? part.length : at);
      if (at < 0 || !this.names.includes(name)) {
        refuse(`cannot read ${quoted(part)} in the settings code: expected name=value with a name `
          + `among ${this.names.join(", ")}`);
      }
      if (Object.hasOwn(values, name)) {
        refuse(`${name} appears twice in the settings code; keep one`);
      }
      values[name] = this.parse(name, part.slice(at + 1));
    }
    const { unsaid } = this.facts;
    if (!base || this.names.every((n) => unsaid.includes(n) || Object.hasOwn(values, n))) {
      return this.make({ k: null, ...values });
    }
    if ((values.link ?? base.link) !== base.link) values.k ??= null;
    return this.replace(base, values);
  }

  parse(name, value) {
    if (Object.hasOwn(this.facts.whole, name)) {
      if (!/^[0-9]{1,19}$/.test(value)) {
        refuse(`${name}=${quoted(value)} in the settings code is not a whole number written in `
          + "digits, such as 1000");
      }
      return Number.isSafeInteger(Number(value)) ? Number(value) : BigInt(value);
    }
    if (Object.hasOwn(this.facts.real, name)) {
      if (!isNumber(value)) {
        refuse(`${name}=${quoted(value)} in the settings code is not a number such as 0.05 or `
          + "1e-3");
      }
      return Number(value);
    }
    return name === "bias" && isNumber(value) ? Number(value) : value;
  }

  // A value as a code writes it.
  text(name, value) {
    const written = typeof value === "number" && !Object.hasOwn(this.facts.whole, name);
    return written ? repr(value) : String(value);
  }

  // Settings as one line of text; of some fields alone, where `uses` names them.
  code(settings, uses = this.names) {
    const said = this.names.filter((name) => uses.includes(name)).filter((name) =>
      !this.facts.unsaid.includes(name) || settings[name] !== this.defaults[name]);
    return said.map((name) => `${name}=${this.text(name, settings[name])}`).join(" ");
  }

  // What differs between two settings, as text.
  turned(before, after) {
    const names = this.names.filter((name) => before[name] !== after[name]).sort();
    return names.map((name) =>
      `${name} ${this.text(name, before[name])} to ${this.text(name, after[name])}`).join(", ");
  }

  // The products of z_i that a link sums, each as the numbers of its directions.
  products({ link, k }) {
    const { all, each } = this.links[link].products ?? {};
    return all ? all.filter((product) => Math.max(...product) <= k) : each?.[k] ?? [];
  }

  // The fields in which two settings differ: [name, value before, value now].
  unlike(before, now) {
    const names = this.names.filter((name) => before[name] !== now[name]);
    return names.map((name) =>
      [name, this.text(name, before[name]), this.text(name, now[name])]);
  }
}

// Refuse inputs that are not N(0, I), with a sentence that has {inputs} in it.
export function mustBeStandard(reader, { inputs }, sentence) {
  const law = reader.law(inputs);
  if (!law.standard) refuse(sentence.replace("{inputs}", quoted(law.text)));
}

export const fits = ({ kRange: [low, high] }, k) => low <= k && k <= high;

// Limits are text where they are beyond what JavaScript counts to, and so are large values.
function checkWhole(name, value, [low, high]) {
  const exact = BigInt(value);
  if (!(BigInt(low) <= exact && exact <= BigInt(high))) {
    const shown = exact >= 10n ** 30n ? "a number of more than 30 digits" : exact;
    refuse(`${name} = ${shown} is not possible: it must be a whole number from ${low} to ${high}`);
  }
  if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) return;
  refuse(`${name} = ${exact} is beyond ${Number.MAX_SAFE_INTEGER}, to which a page counts: take a `
    + "smaller one, or use Jupyter");
}

function real(name, value, [low, high]) {
  if (low <= value && value <= high) return value + 0;
  refuse(`${name} = ${repr(value)} is out of range: it must be a number from ${general(low)} to `
    + general(high));
  return NaN;
}
