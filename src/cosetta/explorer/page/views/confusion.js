/**
 * Which answers come in the place of the right ones, by coset or by conjugacy class.
 */
import { ink, ramp } from "../colours.js";
import { choices, el, fill, select, svg } from "../dom.js";
import { figure } from "../figure.js";
import { count, percent } from "../format.js";

/** Largest number of cosets whose confusion is drawn. */
const MOST = 120;

/**
 * Make the figure and what chooses its parts.
 * @param {{header: object, ground: Ground, network: Network}} net
 * @param {{by?: string, H?: string}} params from the address
 * @param {() => void} onChange when other parts are chosen
 * @returns {{node: HTMLElement, pickers: HTMLElement, draw: (scores: object) => void, chosen: () => object}} `chosen`
 *   gives the parameters of the address
 */
export function confusionFigure({ header, ground, network }, params, onChange) {
  const confusion = figure({ name: `${header.name}-confusion`, title: "Which answers come instead", rows });
  const pickers = el("div", { class: "controls" });
  const allowed = ground.classes.filter((cls) => cls.index > 1 && cls.index <= MOST);
  const isAllowed = (position) => allowed.some((cls) => position >= cls.first && position < cls.first + cls.conjugates);
  const strongest = [...header.circuits].sort((x, y) => y.strength - x.strength)[0]?.left;
  let H = [Number(params.H ?? NaN), strongest, allowed.at(-1)?.first].find(isAllowed);
  let by = params.by === "class" || H === undefined ? "class" : "coset";
  let scores = null;
  drawPickers();
  return {
    node: confusion.node,
    pickers,
    draw,
    chosen: () => ({ by: by === "coset" ? null : by, H: by === "coset" ? H : null }),
  };

  function drawPickers() {
    const options = [...(allowed.length ? [["coset", "by coset"]] : []), ["class", "by conjugacy class"]];
    fill(
      pickers,
      choices("Confusion", options, by, (value) => {
        by = value;
        drawPickers();
        onChange();
      }),
      by === "coset"
        ? select(
            "right cosets of",
            allowed.map((cls) => [cls.first, cls.title]),
            ground.classes[ground.subgroupClass[H]].first,
            (first) => {
              H = Number(first);
              onChange();
            },
          )
        : null,
    );
  }

  /** Part of each element, and names of the parts. */
  function partition() {
    if (by === "class") return { of: ground.elementClass, names: ground.elementClasses.map((cls) => cls.label) };
    const cosets = ground.cosets(H, "right");
    return { of: cosets.of, names: cosets.first.map((g) => `H${ground.labels[g]}`) };
  }

  function table() {
    const { of, names } = partition();
    const counts = new Float64Array(names.length ** 2);
    for (let p = 0; p < network.pairs.length; p++)
      counts[of[ground.table[network.pairs[p]]] * names.length + of[scores.answers[p]]]++;
    return { counts, names };
  }

  function draw(next) {
    scores = next;
    const { counts, names } = table();
    const n = names.length;
    const cell = Math.max(5, Math.min(44, 440 / n));
    const edge = n <= 24 ? 96 : 20;
    const size = edge + n * cell + 4;
    const colours = ramp(true);
    const picture = svg("svg", {
      viewBox: `0 0 ${size} ${size}`,
      class: "own-size",
      width: Math.min(size, 640),
      role: "img",
      "aria-label": `Confusion ${by === "class" ? "by conjugacy class" : "by coset"}`,
    });
    const sums = names.map((_, i) => counts.subarray(i * n, (i + 1) * n).reduce((sum, x) => sum + x, 0));
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const share = sums[i] ? counts[i * n + j] / sums[i] : 0;
        const k = 3 * Math.round(255 * share);
        picture.append(
          svg(
            "g",
            {},
            svg("rect", {
              x: edge + j * cell,
              y: edge + i * cell,
              width: cell - 1,
              height: cell - 1,
              fill: share ? `rgb(${colours[k]},${colours[k + 1]},${colours[k + 2]})` : ink("faint"),
            }),
            cell >= 26 && share
              ? svg(
                  "text",
                  {
                    x: edge + j * cell + cell / 2 - 0.5,
                    y: edge + i * cell + cell / 2 + 3.5,
                    "text-anchor": "middle",
                    "font-size": Math.min(10.5, cell / 3.6),
                    fill: share > 0.5 ? ink("paper") : ink("ink"),
                  },
                  share === 1 ? "100 %" : percent(share, share < 0.1 ? 1 : 0),
                )
              : null,
            svg(
              "title",
              {},
              `product in ${names[i]}, answer in ${names[j]}: ${count(counts[i * n + j])} of ${count(sums[i])} pairs`,
            ),
          ),
        );
      }
    if (n <= 24)
      names.forEach((name, i) => {
        const short = name.length > 13 ? `${name.slice(0, 12)}…` : name;
        picture.append(
          svg(
            "text",
            {
              x: edge - 6,
              y: edge + (i + 0.5) * cell + 3.5,
              "text-anchor": "end",
              "font-size": Math.min(11, cell * 0.75),
              fill: ink("ink"),
            },
            short,
          ),
          svg(
            "text",
            {
              x: edge + (i + 0.5) * cell,
              y: edge - 6,
              "font-size": Math.min(11, cell * 0.75),
              fill: ink("ink"),
              transform: `rotate(-60 ${edge + (i + 0.5) * cell} ${edge - 6})`,
            },
            short,
          ),
        );
      });
    fill(confusion.body, picture);
    const same = counts.reduce((sum, x, at) => sum + (at % (n + 1) === 0 ? x : 0), 0) / network.pairs.length;
    confusion.note(
      `Rows: where the product lies; columns: where the answer lies; shares of each row. ${percent(same)} of the answers lie in the right ${by === "class" ? "class" : "coset"}, ${percent(scores.accuracy)} are right. Scored in ${Math.round(scores.milliseconds)} ms.`,
    );
  }

  function rows() {
    const { counts, names } = table();
    return [
      ["product in \\ answer in", ...names],
      ...names.map((name, i) => [name, ...counts.subarray(i * names.length, (i + 1) * names.length)]),
    ];
  }
}
