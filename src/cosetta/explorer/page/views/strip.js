/**
 * The strip of all elements that empties down to the answer; without cosets, the logits of all elements.
 */
import { ink, ramp, shown, textOn } from "../colours.js";
import { el, fill, svg } from "../dom.js";
import { figure } from "../figure.js";
import { count } from "../format.js";
import { summed } from "../reason.js";

/**
 * Make the strip.
 * @param {Ground} ground
 * @param {boolean} empty whether no part of the network has a coset
 * @returns {{node: HTMLElement, lay: (state: object) => void, draw: (step: number) => void}} `lay` takes a new pair,
 *   `draw` a step of it
 */
export function stripFigure(ground, empty) {
  const strip = figure({ name: "what-is-left", title: "What is left", rows });
  let [state, laid] = [null, null];
  return { node: strip.node, lay, draw };

  /** The strip's cells, once a pair; a step only fills those anew that it changes. */
  function lay(next) {
    state = next;
    const n = ground.order;
    const columns = n <= 24 ? n : n <= 200 ? 24 : 60;
    const cell = 720 / columns;
    const high = n <= 24 ? Math.min(cell, 44) : cell;
    const marks = { ink: ink("ink"), bad: ink("bad") };
    const cells = state.order.map((c, i) => {
      const [x, y] = [(i % columns) * cell, Math.floor(i / columns) * high + 1];
      const stroke = c === state.right ? marks.ink : c === state.answer ? marks.bad : "none";
      const title = svg(
        "title",
        {},
        `${ground.labels[c]}${c === state.right ? ", the product" : ""}${state.goneAt[c] > state.steps.length ? ", never ruled out" : `, ruled out at step ${state.goneAt[c]}`}`,
      );
      return {
        c,
        x,
        y,
        fill: "",
        node: svg(
          "rect",
          {
            x: x + 1,
            y: y + 1,
            width: cell - 2,
            height: high - 2,
            rx: Math.min(3, cell / 5),
            stroke,
            "stroke-width": 2.4,
          },
          title,
        ),
      };
    });
    const labels = svg("g", { "aria-hidden": "true" });
    const picture = svg(
      "svg",
      { viewBox: `0 0 720 ${Math.ceil(n / columns) * high + 2}`, role: "img" },
      cells.map(({ node }) => node),
      labels,
    );
    fill(strip.body, picture);
    laid = { cells, labels, picture, cell, high };
  }

  function draw(step) {
    const { cells, labels, picture, cell, high } = laid;
    const n = ground.order;
    const left = step ? state.steps[step - 1].left : ground.order;
    const now = step > 0 ? shown(state.steps[step - 1].part.colour) : "";
    const colours = { gone: ink("faint"), left: ink("left"), soft: ink("soft") };
    const sum = empty ? summed(state, step) : null;
    const [lowest, highest] = empty ? [Math.min(...state.run.logits), Math.max(...state.run.logits)] : [0, 1];
    const shades = empty ? ramp(true) : null;
    const shade = (c) => {
      const k = 3 * Math.round(255 * Math.max(0.03, Math.min(1, (sum[c] - lowest) / (highest - lowest || 1))));
      return `rgb(${shades[k]},${shades[k + 1]},${shades[k + 2]})`;
    };
    const colourOf = (c) =>
      empty
        ? shade(c)
        : step > 0 && state.goneAt[c] === step
          ? now
          : state.goneAt[c] <= step
            ? colours.gone
            : colours.left;
    for (const each of cells) {
      const wanted = colourOf(each.c);
      if (each.fill !== wanted) each.node.setAttribute("fill", (each.fill = wanted));
    }
    const written = n <= 24 ? cells : cell > 26 && left <= 12 ? cells.filter(({ c }) => state.goneAt[c] > step) : [];
    fill(
      labels,
      written.map(({ c, x, y, fill: colour }) =>
        svg(
          "text",
          {
            x: x + cell / 2,
            y: y + high / 2 + 3.5,
            "text-anchor": "middle",
            "font-size": Math.min(11, cell / (0.62 * ground.labels[c].length)),
            fill: colour === colours.gone ? colours.soft : textOn(colour.startsWith("#") ? colour : colours.left),
          },
          ground.labels[c],
        ),
      ),
    );
    picture.setAttribute("aria-label", `${left} of ${n} elements are left after step ${step}`);
    if (empty) {
      strip.title("Logits so far");
      strip.note(
        `The darker, the larger the sum of what has spoken; outlined, the product ${ground.labels[state.right]}. Elements stand in the order of the network’s own logits.`,
      );
      return;
    }
    strip.title(`What is left: ${count(left)} of ${count(n)}`);
    strip.note(
      el(
        "span",
        { class: "key" },
        swatch("left"),
        "possible ",
        step > 0 && state.steps[step - 1].part.inside ? [swatch(null, now), "ruled out now "] : null,
        swatch("faint"),
        "ruled out before ",
        el("span", { class: "swatch ring" }),
        `the product ${ground.labels[state.right]}`,
      ),
      " Elements stand in the order in which they go.",
    );
  }

  function rows() {
    return [
      ["element", "number", "ruled out at step", "logit"],
      ...state.order.map((c) => [
        ground.labels[c],
        c,
        state.goneAt[c] > state.steps.length ? null : state.goneAt[c],
        state.run.logits[c],
      ]),
    ];
  }
}

function swatch(name, colour = null) {
  return el("i", { class: "swatch", style: { background: colour ?? ink(name) } });
}
