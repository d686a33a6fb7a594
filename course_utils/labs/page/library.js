// plotly.js for the whole page, loaded once: from the server's files where it offers them, or
// else from the kernel.

const SHARED = (globalThis.courseStage ??= { plotly: null, asked: null });
const PATIENCE = 15000; // milliseconds after which a question to a kernel counts as lost

// The address at which the server that made this page offers plotly.js; empty if it does not.
export function serverAddress() {
  const text = document.getElementById("jupyter-config-data")?.textContent;
  try {
    const { courseLibrary, baseUrl = "/" } = JSON.parse(text || "{}");
    return courseLibrary ? new URL(`static/${courseLibrary}`, new URL(baseUrl, location.href)).href
      : "";
  } catch {
    return "";
  }
}

function runScript(address) {
  const before = globalThis.Plotly;
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onerror = () => reject(new Error(`no plotly.js at ${address}`));
    script.onload = () => {
      const mine = globalThis.Plotly;
      if (mine === before) return script.onerror();
      globalThis.Plotly = before; // another program's, if any
      return resolve(mine);
    };
    document.head.append(script);
  });
}

// From its source: as a script of the page, or where the page's policy forbids that, as a function.
async function runSource(source) {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return await runScript(address);
  } catch {
    const module = { exports: {} };
    const run = new Function("module", "exports", "define", new TextDecoder().decode(source));
    run(module, module.exports, undefined);
    return module.exports;
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function load(askKernel) {
  const address = serverAddress();
  if (address) {
    try {
      return await runScript(address);
    } catch (problem) {
      console.info(`${problem.message}: the kernel is asked for it`);
    }
  }
  return runSource(await askKernel());
}

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

// plotly.js; `askKernel` promises its source. A question lost with a restarted kernel is asked
// again.
export async function sharedPlotly(askKernel) {
  while (!SHARED.plotly) {
    SHARED.asked ??= load(askKernel);
    const asked = SHARED.asked;
    try {
      SHARED.plotly ??= (await Promise.race([asked, pause(PATIENCE)])) ?? null;
    } finally {
      if (!SHARED.plotly && SHARED.asked === asked) SHARED.asked = null;
    }
  }
  return SHARED.plotly;
}
