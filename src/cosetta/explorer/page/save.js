/**
 * Figures and tables as files: SVG, PNG, CSV and JSON, made here and handed to the browser.
 */

const KEPT = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "opacity",
  "fill-opacity",
  "stroke-opacity",
  "font-family",
  "font-size",
  "font-weight",
  "font-style",
  "text-anchor",
  "dominant-baseline",
  "stroke-linejoin",
];

/** Hand a file to the browser. */
export function save(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Rows of cells as CSV; text that a spreadsheet would run is led by an apostrophe. */
export function csv(rows) {
  const cell = (value) => {
    let text = value === null || value === undefined ? "" : String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

/** Everything drawn inside a node, canvases and SVG, as one SVG text that stands alone. */
export function svgOf(body) {
  const outer = body.getBoundingClientRect();
  const root = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const [width, height] = [Math.ceil(body.scrollWidth), Math.ceil(body.scrollHeight)];
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
    root.setAttribute(name, value);
  const paper = document.createElementNS(root.namespaceURI, "rect");
  paper.setAttribute("width", "100%");
  paper.setAttribute("height", "100%");
  paper.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  root.append(paper);
  for (const drawn of body.querySelectorAll("canvas, svg")) {
    const box = drawn.getBoundingClientRect();
    if (!box.width) continue;
    const at = {
      x: box.left - outer.left + body.scrollLeft,
      y: box.top - outer.top + body.scrollTop,
      width: box.width,
      height: box.height,
    };
    const copy = drawn.tagName === "CANVAS" ? imageOf(drawn) : copyOf(drawn);
    for (const [name, value] of Object.entries(at)) copy.setAttribute(name, value.toFixed(1));
    root.append(copy);
  }
  return new XMLSerializer().serializeToString(root);
}

function imageOf(canvas) {
  const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
  image.setAttribute("href", canvas.toDataURL("image/png"));
  image.setAttribute("preserveAspectRatio", "none");
  image.setAttribute("image-rendering", "pixelated");
  return image;
}

/** A copy whose look does not depend on the page's style sheet. */
function copyOf(drawn) {
  const copy = drawn.cloneNode(true);
  const originals = [drawn, ...drawn.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, i) => {
    const style = getComputedStyle(originals[i]);
    for (const name of KEPT) if (style.getPropertyValue(name)) node.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "style", "tabindex", "role", "aria-label"]) node.removeAttribute(name);
  });
  return copy;
}

/** An SVG text as a PNG of twice its size. */
export async function pngOf(text) {
  const image = new Image();
  image.src = `data:image/svg+xml;base64,${btoa(bytesOfText(text))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const scale = Math.min(2, 8000 / Math.max(image.width, image.height));
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** The text as a string of bytes in UTF-8, which is what `btoa` takes. */
function bytesOfText(text) {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}
