/**
 * The largest logits at a step of a product.
 */
import { ink } from "../colours.js";
import { fill, svg } from "../dom.js";
import { figure } from "../figure.js";
import { number } from "../format.js";
import { summed } from "../reason.js";

/** Make the bars; `draw` takes a pair's state and a step. */
export function logitsFigure(ground) {
  const logits = figure({ name: "logits", title: "The ten largest logits at this step", rows });
  let [state, sum] = [null, null];
  return { node: logits.node, draw };

  function draw(next, step) {
    state = next;
    sum = summed(state, step);
    const top = Array.from(sum, (value, c) => [value, c])
      .sort((x, y) => y[0] - x[0])
      .slice(0, 10);
    const low = Math.min(...state.run.logits);
    const span = Math.max(Math.max(...state.run.logits) - low, 1e-9);
    const long = (value) => 230 * Math.max(0, Math.min(1.25, (value - low) / span));
    const picture = svg("svg", {
      viewBox: `0 0 420 ${top.length * 22 + 20}`,
      role: "img",
      style: { "max-width": "560px" },
      "aria-label": `Largest logit at this step: ${ground.labels[top[0][1]]}`,
    });
    top.forEach(([value, c], i) => {
      const y = i * 22 + 2;
      picture.append(
        svg(
          "text",
          {
            x: 118,
            y: y + 14,
            "text-anchor": "end",
            "font-size": 12,
            fill: ink("ink"),
            "font-weight": c === state.right ? 700 : 400,
          },
          ground.labels[c].slice(0, 18),
        ),
        svg("rect", {
          x: 126,
          y: y + 3,
          width: long(value),
          height: 15,
          fill: c === state.right ? ink("ink") : ink("quiet"),
        }),
        svg("text", { x: 132 + long(value), y: y + 14.5, "font-size": 11, fill: ink("soft") }, number(value, 2)),
      );
    });
    picture.append(
      svg(
        "text",
        { x: 126, y: top.length * 22 + 15, "font-size": 11, fill: ink("soft") },
        "logit, from the smallest of the network’s own",
      ),
    );
    fill(logits.body, picture);
    logits.note(
      step === state.steps.length
        ? "The network’s own logits."
        : `Bias and the parts that have spoken so far. In black, the product ${ground.labels[state.right]}.`,
    );
  }

  function rows() {
    return [
      ["element", "logit at this step", "logit of the network"],
      ...Array.from(sum, (value, c) => [ground.labels[c], value, state.run.logits[c]]),
    ];
  }
}
