/**
 * A figure: a title that says what is seen, the drawing, and its files.
 */
import { el, fill, tell } from "./dom.js";
import { settled } from "./frames.js";
import { csv, pngOf, save, svgOf } from "./save.js";

/**
 * Make a figure.
 * @param {{name: string, title: string, note?: string, rows?: () => Array<Array>, className?: string}} options
 *   `name` is the name of its files, `rows` gives its numbers for CSV, the first row being the heads
 * @returns {{node: HTMLElement, body: HTMLElement, title: (text: string) => void, note: (text: string) => void}}
 */
export function figure({ name, title, note = "", rows = null, className = "" }) {
  const head = el("h3", {}, title);
  const caption = el("figcaption", {}, note);
  const body = el("div", { class: "drawing" });
  const button = (kind, run) =>
    el(
      "button",
      {
        type: "button",
        "aria-label": `Save ${title} as ${kind}`,
        onClick: async () => {
          await settled();
          await run();
          tell(`${name}.${kind.toLowerCase()} saved`);
        },
      },
      kind,
    );
  const files = el(
    "div",
    { class: "files" },
    button("SVG", () => save(`${name}.svg`, svgOf(body), "image/svg+xml")),
    button("PNG", async () => save(`${name}.png`, await pngOf(svgOf(body)), "image/png")),
    rows && button("CSV", () => save(`${name}.csv`, csv(rows()), "text/csv")),
  );
  const node = el(
    "figure",
    { class: `figure ${className}` },
    el("div", { class: "figure-head" }, head, files),
    body,
    caption,
  );
  return { node, body, title: (text) => fill(head, text), note: (...text) => fill(caption, ...text) };
}
