// Figures and tables as files, drawn for paper.

import { dress, paperLook } from "./look.js";
import { annotations } from "./labels.js";
import { content, frameOf } from "./plot.js";
import { isPicture, pictureFile } from "./scene.js";

const SIZE = { width: 900, height: 600 };

export async function download(page, { format, name, text }) {
  if (format === "csv") return save(new Blob([text], { type: "text/csv" }), name);
  const options = { format, ...SIZE, scale: format === "png" ? 2 : 1 };
  for (const view of page.views) {
    const url = isPicture(view) ? await pictureUrl(page, view, format)
      : await page.plotly.toImage(paperCopy(page, view), options);
    save(await (await fetch(url)).blob(), `${name}-${view.name}.${format}`);
  }
}

// What the page draws by itself, as the address of an image.
async function pictureUrl(page, view, format) {
  const text = pictureFile(page, view, SIZE);
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  if (format === "svg") return address;
  const image = new Image(), canvas = document.createElement("canvas");
  image.src = address;
  await image.decode();
  Object.assign(canvas, { width: 2 * SIZE.width, height: 2 * SIZE.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

export function paperCopy(page, view) {
  const now = paperLook();
  const [data, layout] = dress(...content(page, view), now, page.palette);
  const frame = view.direct && frameOf(view);
  if (frame) layout.annotations.push(...annotations(data, onPaper(frame, layout.margin), now));
  return { data, layout: { ...layout, ...SIZE, paper_bgcolor: "#fff", plot_bgcolor: "#fff" } };
}

// A plot's axes at the size that they have on paper.
function onPaper({ px, py, width, height }, { l, r, t, b }) {
  const wide = SIZE.width - l - r, high = SIZE.height - t - b;
  const scaled = ({ first, slope, log }, s) => ({ first: first * s, slope: slope * s, log });
  return {
    width: wide, height: high, px: scaled(px, wide / width), py: scaled(py, high / height),
  };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
