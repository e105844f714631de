/**
 * All steps of a product at once: a staircase that ends at the answer.
 */
import { ink, shown } from "../colours.js";
import { el, fill } from "../dom.js";
import { figure } from "../figure.js";

const CURTAIN_ROW = 9;

/**
 * Make the curtain.
 * @param {Ground} ground
 * @param {boolean} empty whether no part of the network has a coset; it is then not shown
 * @param {(step: number) => void} onStep when a row is chosen
 */
export function curtainFigure(ground, empty, onStep) {
  const curtain = figure({ name: "ruled-out", title: "All steps at once", rows });
  let state = null;
  return { node: curtain.node, lay, mark, rows };

  function lay(next) {
    state = next;
    const { steps, order, goneAt, right } = state;
    curtain.node.hidden = empty || !steps.length;
    if (curtain.node.hidden) return;
    const height = Math.max(steps.length * CURTAIN_ROW, 20);
    const canvas = el("canvas", {
      width: ground.order,
      height: steps.length,
      class: "pixelated",
      "aria-hidden": "true",
      style: { width: "100%", height: `${height}px` },
    });
    const pen = canvas.getContext("2d");
    const colours = { again: ink("rule"), gone: ink("faint"), left: ink("left") };
    steps.forEach((entry, i) => {
      const now = shown(entry.part.colour);
      order.forEach((c, x) => {
        pen.fillStyle =
          goneAt[c] === i + 1
            ? now
            : goneAt[c] > i
              ? colours.left
              : entry.part.inside?.[c]
                ? colours.again
                : colours.gone;
        pen.fillRect(x, i, 1, 1);
      });
    });
    const rowsOf = steps.map((entry, i) =>
      el("button", {
        type: "button",
        class: "curtain-row",
        "data-step": i + 1,
        tabindex: "-1",
        style: { height: `${CURTAIN_ROW}px` },
        title: `Step ${i + 1}: ${entry.part.title}`,
        "aria-label": `Step ${i + 1}: ${entry.part.title}`,
        onClick: () => onStep(i + 1),
      }),
    );
    fill(
      curtain.body,
      el(
        "div",
        { class: "curtain", style: { height: `${height}px` } },
        canvas,
        el("div", { class: "curtain-rows", "aria-hidden": "true" }, rowsOf),
      ),
    );
    curtain.note(
      `One row a step, one column an element, the product ${ground.labels[right]} at the right end. A colour marks the class of the circuit that rules an element out first.`,
    );
  }

  function mark(step) {
    for (const row of curtain.body.querySelectorAll("[data-step]"))
      row.classList.toggle("now", Number(row.dataset.step) === step);
  }

  function rows() {
    return [
      ["step", "part", "coset", "push", "ruled out anew", "left"],
      ...state.steps.map((entry, i) => [
        i + 1,
        entry.part.id,
        entry.part.words,
        entry.push,
        entry.fresh.length,
        entry.left,
      ]),
    ];
  }
}
