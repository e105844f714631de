/**
 * Who fires on a product, and how hard; and who is silent.
 */
import { shown } from "../colours.js";
import { el, fill, svg } from "../dom.js";
import { figure } from "../figure.js";
import { number, percent } from "../format.js";
import { FIRES_AT } from "../parts.js";
import { go } from "../state.js";

/**
 * Make the list.
 * @param {boolean} empty whether no part of the network has a coset
 * @param {number|null} net number of the network for links
 * @param {(step: number) => void} onStep when a part that fires is chosen
 */
export function firingFigure(empty, net, onStep) {
  const firing = figure({ name: "circuits-firing", title: "Who fires", rows });
  let state = null;
  return { node: firing.node, lay, mark };

  function lay(next) {
    state = next;
    const entries = [...state.steps, ...state.entries.filter((entry) => !entry.fires).sort((x, y) => y.push - x.push)];
    const most = Math.max(...entries.map((entry) => entry.push), 1e-9);
    const [holding, others] = [false, true].map((fires) => entries.filter((entry) => entry.predicted === fires));
    const kept = holding.filter((entry) => !entry.fires).length;
    const rows = entries.map((entry, i) => {
      const { part } = entry;
      const at = entry.fires ? i + 1 : null;
      const state_ = entry.fires
        ? entry.predicted === false
          ? "fires, and should not"
          : ""
        : entry.predicted === false
          ? "silent: ab is in its coset"
          : "silent";
      const bar = svg(
        "svg",
        { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "bar", "aria-hidden": "true" },
        svg("rect", { width: Math.max(0, (100 * entry.push) / most), height: 10, fill: shown(part.colour) }),
      );
      return el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            class: `fire ${entry.fires ? "" : "silent"}`,
            "data-step": at,
            onClick: at ? () => onStep(at) : () => go("circuits", { c: part.circuit?.circuit, net }),
          },
          el(
            "span",
            { class: "fire-name" },
            el("i", { class: "swatch", style: { background: shown(part.colour) } }),
            part.title,
            state_ ? el("small", { class: entry.fires ? "bad" : null }, ` ${state_}`) : null,
          ),
          bar,
          el("span", { class: "fire-push" }, number(entry.push, 1)),
        ),
      );
    });
    fill(firing.body, el("ol", { class: "fires" }, rows));
    firing.note(
      empty
        ? "Push: how far apart the logits are that a part gives."
        : [
            "Push: how far a circuit’s logits on its own coset are below those elsewhere; silent is under ",
            percent(FIRES_AT, 0),
            " of its largest. ",
            `${kept} of ${holding.length} circuits whose coset holds ab are silent, as predicted; ${others.filter((entry) => entry.fires).length} of the other ${others.length} fire (one that has no neuron of the opposite sign can fire on half of the pairs only).`,
          ],
    );
  }

  function mark(step) {
    for (const row of firing.body.querySelectorAll("[data-step]"))
      row.classList.toggle("now", Number(row.dataset.step) === step);
  }

  function rows() {
    return [
      ["part", "coset", "neurons", "push", "fires", "predicted to fire"],
      ...state.entries.map((entry) => [
        entry.part.id,
        entry.part.words,
        entry.part.neurons.join(" "),
        entry.push,
        entry.fires,
        entry.predicted,
      ]),
    ];
  }
}
