/**
 * The index of many networks: sortable columns, and a small picture of each.
 */
import { ink, isDark, shown } from "./colours.js";
import { el, fill, svg } from "./dom.js";
import { count, number, percent, plural } from "./format.js";
import { save } from "./save.js";
import { table } from "./table.js";
import { unpack } from "./unpack.js";

let header = null;

async function open() {
  const node = document.querySelector("script[type='application/octet-stream']");
  header = (await unpack(node.textContent)).header;
  node.remove();
  document.title = `${header.title} – Cosetta explorer`;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
  document.documentElement.dataset.ready = "yes";
}

function draw() {
  fill(
    document.getElementById("networks"),
    el("span", { class: "network" }, header.title),
    el("span", { class: "about" }, plural(header.runs.length, "network")),
  );
  document.getElementById("tabs").hidden = true;
  document.querySelector(".bar").classList.add("alone");
  const link = (row, text) =>
    row.page ? el("a", { href: row.page.split("/").map(encodeURIComponent).join("/") }, text) : text;
  const list = table({
    name: "networks",
    label: "networks",
    rows: header.runs,
    key: (row) => row.name,
    sort: "name",
    descending: false,
    filter: (row, text) =>
      JSON.stringify([row.name, row.group, row.recipe, row.best, row.problem, Object.keys(row.classes ?? {})])
        .toLowerCase()
        .includes(text.toLowerCase()),
    columns: [
      {
        id: "name",
        title: "network",
        primary: true,
        value: (row) => row.name,
        show: (row) => [link(row, row.name), row.problem ? el("small", { class: "bad why" }, row.problem) : null],
      },
      { id: "group", title: "group", value: (row) => row.group ?? null },
      { id: "width", title: "neurons", numeric: true, value: (row) => row.width ?? null },
      { id: "recipe", title: "recipe", value: (row) => row.recipe ?? null },
      { id: "seed", title: "seed", numeric: true, value: (row) => row.seed ?? null },
      {
        id: "accuracy",
        title: "accuracy",
        numeric: true,
        value: (row) => row.accuracy ?? null,
        show: (row) => percent(row.accuracy),
      },
      {
        id: "loss",
        title: "loss, nats",
        numeric: true,
        value: (row) => row.loss ?? null,
        show: (row) => number(row.loss),
      },
      {
        id: "grok",
        title: "grok step",
        numeric: true,
        value: (row) => row.grok_step ?? null,
        show: (row) => count(row.grok_step),
      },
      {
        id: "covered",
        title: "covered",
        numeric: true,
        hint: "share of the live neurons that cosets cover",
        value: (row) => row.covered_share ?? null,
        show: (row) => percent(row.covered_share, 1),
      },
      { id: "best", title: "best account", value: (row) => row.best ?? null },
      {
        id: "bits",
        title: "bits",
        numeric: true,
        value: (row) => row.bits ?? null,
        show: (row) => (row.bits === null || row.bits === undefined ? "–" : count(Math.round(row.bits))),
      },
      {
        id: "classes",
        title: "strength by class",
        value: (row) => (row.classes ? Math.max(0, ...Object.values(row.classes)) : null),
        show: (row) => (row.classes ? bar(row) : "–"),
      },
    ],
  });
  const known = header.runs.filter((row) => row.classes);
  fill(
    document.getElementById("view"),
    el(
      "p",
      { class: "lede" },
      `${plural(header.runs.length, "network")} with an analysis each, or the reason why not. A name opens its page.`,
    ),
    list.node,
    el("h3", { style: { margin: "2rem 0 0.6rem" } }, "Side by side"),
    el(
      "div",
      { class: "tiles wide" },
      known.map((row) =>
        el(
          row.page ? "a" : "div",
          { class: "tile", href: row.page ? row.page.split("/").map(encodeURIComponent).join("/") : null },
          spark(row),
          bar(row),
          el("span", {}, `${row.name}: ${percent(row.accuracy)}`),
        ),
      ),
    ),
    el(
      "p",
      { class: "note" },
      "Curves: loss on test pairs (solid) and training pairs (dotted), logarithmic, each over its own steps. Bars: share of the logits’ variance by subgroup class. ",
      Object.entries(header.classes).map(([name, cls]) =>
        el(
          "span",
          { class: "key" },
          el("i", { class: "swatch", style: { background: colour(name) } }),
          `${name === "none" ? "not covered" : name === "other" ? "other classes, dead neurons" : cls.title} `,
        ),
      ),
    ),
  );
}

function colour(name) {
  if (name === "none") return ink("soft");
  if (name === "other") return ink("quiet");
  return name === "dead" ? ink("rule") : shown(header.classes[name].colour);
}

/** Strength by class as one bar. */
function bar(row) {
  const parts = Object.entries(row.classes);
  const total = parts.reduce((sum, [, strength]) => sum + strength, 0) || 1;
  let x = 0;
  return svg(
    "svg",
    {
      viewBox: "0 0 150 10",
      class: "strength",
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": parts.map(([name, strength]) => `${header.classes[name].title} ${percent(strength, 0)}`).join(", "),
    },
    parts.map(([name, strength]) => {
      const width = (150 * strength) / total;
      const node = svg(
        "rect",
        { x, width: Math.max(0, width - 0.6), height: 10, fill: colour(name) },
        svg("title", {}, `${header.classes[name].title} ${percent(strength)}`),
      );
      x += width;
      return node;
    }),
  );
}

/** Loss curves, small. */
function spark(row) {
  if (!row.curve)
    return svg(
      "svg",
      { viewBox: "0 0 150 60", "aria-hidden": "true" },
      svg("text", { x: 75, y: 34, "text-anchor": "middle", "font-size": 10, fill: ink("soft") }, "no training record"),
    );
  const { step, train_loss: train, test_loss: test } = row.curve;
  const logs = [...train, ...test].filter((x) => x > 0).map(Math.log10);
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const path = (losses) =>
    losses
      .map(
        (loss, i) =>
          `${i ? "L" : "M"}${((150 * step[i]) / (step.at(-1) || 1)).toFixed(1)} ${(57 - (54 * (Math.log10(Math.max(loss, 1e-30)) - low)) / (high - low || 1)).toFixed(1)}`,
      )
      .join("");
  return svg(
    "svg",
    { viewBox: "0 0 150 60", role: "img", "aria-label": `test loss falls to ${number(test.at(-1))}` },
    svg("path", { d: path(train), fill: "none", stroke: ink("quiet"), "stroke-width": 1.2, "stroke-dasharray": "2 2" }),
    svg("path", { d: path(test), fill: "none", stroke: ink("ink"), "stroke-width": 1.3 }),
  );
}

document
  .getElementById("data")
  .addEventListener("click", () => save("networks.json", JSON.stringify(header.runs, null, 1), "application/json"));
document.getElementById("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  draw();
});
open();
