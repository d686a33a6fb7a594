// Numbers as text, as Python writes them; tests/site holds the two equal.

// f"{x:.nf}": JavaScript rounds ties up, Python to even.
export function fixed(x, n = 0) {
  if (!Number.isFinite(x)) return x === Infinity ? "inf" : x === -Infinity ? "-inf" : "nan";
  const size = Math.abs(x), sign = x < 0 || Object.is(x, -0) ? "-" : "";
  const shown = size.toFixed(n);
  const exact = size.toFixed(Math.min(100, n + 40)).replace(".", "");
  const tail = exact.slice(exact.length - Math.min(40, 100 - n));
  if (!/^50*$/.test(tail)) return sign + shown;
  const down = BigInt(exact.slice(0, exact.length - tail.length));
  const even = (down % 2n ? down + 1n : down).toString().padStart(n + 1, "0");
  return sign + (n ? `${even.slice(0, -n)}.${even.slice(-n)}` : even);
}

// f"{x:z.nf}": no minus before zero.
export const fixedZ = (x, n = 0) => fixed(x, n).replace(/^-(?=[0.]+$)/, "");

// f"{x:,.nf}" and f"{i:,}".
export function commas(x, n = 0) {
  const [whole, part] = fixed(x, n).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return part === undefined ? grouped : `${grouped}.${part}`;
}

export const percent = (x, n = 0) => `${fixed(100 * x, n)}%`;

const power = (digits, exponent) => {
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits}e${exponent < 0 ? "-" : "+"}${size}`;
};

// f"{x:.pg}".
export function general(x, p = 6) {
  if (!Number.isFinite(x)) return fixed(x);
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const [digits, exponent] = rounded(x, p);
  const bare = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent < -4 || exponent >= p) return power(bare(digits), exponent);
  return bare(fixed(x, p - 1 - exponent));
}

// Digits d.ddd and the power of ten of a number, with ties to even.
function rounded(x, p) {
  const [digits, exponent] = x.toExponential(p - 1).split("e");
  const exact = Math.abs(x).toExponential(Math.min(100, p + 39)).split("e")[0].replace(".", "");
  if (!/^50*$/.test(exact.slice(p))) return [digits, Number(exponent)];
  const down = BigInt(exact.slice(0, p)), even = String(down % 2n ? down + 1n : down);
  const sign = x < 0 ? "-" : "", more = even.length - p; // 999 became 1000
  const point = p > 1 ? `${even[0]}.${even.slice(1, p)}` : even[0];
  return [sign + point, Number(exact === "" ? 0 : x.toExponential(p + 30).split("e")[1]) + more];
}

// f"{x:+.ne}" and f"{x:+.nf}".
export function signed(x, n, form = fixed) {
  const text = form(x, n);
  return text.startsWith("-") ? text : `+${text}`;
}

// f"{x:.ne}".
export function scientific(x, n) {
  return Number.isFinite(x) ? power(...rounded(x, n + 1)) : fixed(x);
}

// repr(x) of a float.
export function repr(x) {
  if (!Number.isFinite(x)) return fixed(x);
  const [digits, exponent] = x.toExponential().split("e"), e = Number(exponent);
  if (e < -4 || e >= 16) return power(digits, e);
  const text = fixedDigits(x);
  return text.includes(".") ? text : `${text}.0`;
}

// A number without a power of ten, with its shortest digits.
function fixedDigits(x) {
  const text = String(x);
  if (!text.includes("e")) return text;
  const [digits, exponent] = text.split("e"), bare = digits.replace("-", "").replace(".", "");
  return `${x < 0 ? "-" : ""}0.${"0".repeat(-Number(exponent) - 1)}${bare}`;
}

// repr(text) of what a person typed.
export function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const shown = [...text].map((c) => {
    if (c === mark || c === "\\") return `\\${c}`;
    if (c === "\n") return "\\n";
    if (c === "\t") return "\\t";
    if (c === "\r") return "\\r";
    const code = c.codePointAt(0);
    if (code < 32 || (code >= 127 && code < 161) || code === 173) {
      return `\\x${code.toString(16).padStart(2, "0")}`;
    }
    if (/[\p{C}\p{Zl}\p{Zp}]|[\p{Zs}]/u.test(c) && c !== " ") {
      return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
    }
    return c;
  });
  return mark + shown.join("") + mark;
}

// A sample count in units of d.
export function inD(samples, d) {
  const ratio = samples / d;
  return ratio >= 100 ? `${commas(ratio)} d` : `${general(ratio, 3)} d`;
}

// '1st', '12th', '22nd'.
export function ordinal(i) {
  const rest = i % 100;
  if (rest > 10 && rest < 14) return `${i}th`;
  return `${i}${{ 1: "st", 2: "nd", 3: "rd" }[i % 10] ?? "th"}`;
}

// Numbers of degrees in radians and back, as NumPy has them.
export const degrees = (radians) => radians * (180 / Math.PI);
