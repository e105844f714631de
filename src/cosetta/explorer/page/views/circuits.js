/**
 * Which circuits there are, how often each coset is watched, and which sets of them identify every element.
 */
import { shown } from "../colours.js";
import { el, fill } from "../dom.js";
import { figure } from "../figure.js";
import { number, percent, plural } from "../format.js";
import { fragment, go, note } from "../state.js";
import { table } from "../table.js";
import { correlations } from "./correlations.js";
import { cosetGrid } from "./coset_grid.js";

/** The view. */
export const circuits = {
  id: "circuits",
  title: "Circuits",
  render(root, app, params) {
    const { header, ground } = app.net;
    if (!header.circuits.length) {
      fill(
        root,
        el("p", { class: "lede" }, "Cosets cover no neuron of this network, so it has no circuits."),
        correlations(app).node,
      );
      return;
    }
    const names = [
      ...new Set([...header.circuits].sort((x, y) => y.strength - x.strength).map((circuit) => circuit.name)),
    ];
    const all = header.identification.find((row) => row.name === "all circuits") ?? header.identification[0];
    const smallest = header.identification.at(-1);
    const list = table({
      name: `${header.name}-circuits`,
      label: "circuits",
      rows: header.circuits,
      key: (row) => row.circuit,
      sort: "strength",
      columns: [
        { id: "circuit", title: "circuit", numeric: true, primary: true, value: (row) => row.circuit },
        { id: "words", title: "silent whenever", value: (row) => row.words },
        {
          id: "H",
          title: "H → K",
          hint: "left is constant on cosets of H, right on cosets of K",
          value: (row) => `${ground.subgroupName(row.left)} ${ground.subgroupName(row.right)}`,
          show: (row) => named(ground, row),
        },
        { id: "neurons", title: "neurons", numeric: true, value: (row) => row.neurons.length },
        {
          id: "strength",
          title: "strength",
          numeric: true,
          value: (row) => row.strength,
          show: (row) => percent(row.strength),
        },
        {
          id: "lift",
          title: "lift",
          numeric: true,
          hint: "rise of the mean logit on the coset without the circuit; predicted above 0 and above the control",
          value: (row) => row.ablation?.lift ?? null,
          show: (row) => (row.ablation ? `${number(row.ablation.lift)}` : "–"),
        },
        {
          id: "control",
          title: "control",
          numeric: true,
          hint: "the same rise for the other cosets of H",
          value: (row) => row.ablation?.control_lift ?? null,
          show: (row) => number(row.ablation?.control_lift),
        },
        {
          id: "without",
          title: "acc. without",
          numeric: true,
          value: (row) => row.ablation?.accuracy ?? null,
          show: (row) => percent(row.ablation?.accuracy),
        },
      ],
      onChoose: (row) => choose(row.circuit),
    });
    const chosen = el("div", {});
    const grids = el("div", { class: "figures" });
    const matrix = correlations(app);
    fill(
      root,
      el(
        "p",
        { class: "lede" },
        `${plural(header.circuits.length, "circuit")} watch cosets; a coset watched by several neurons is watched redundantly. All circuits together leave `,
        el(
          "b",
          {},
          all.identified === 1
            ? "one element for every product"
            : all.identified === 0
              ? "no product alone"
              : `one element for ${percent(all.identified)} of the products`,
        ),
        smallest.circuits.length === header.circuits.length
          ? "; none of them can be spared."
          : `; ${smallest.circuits.length} of them, not one of which can be spared, do as much.`,
      ),
      el(
        "div",
        { class: "split circuit-split" },
        el("div", {}, list.node, chosen),
        el("div", {}, grids, identification(header)),
      ),
      matrix.node,
    );
    fill(
      grids,
      names.map((name) => cosetGrid(app.net, name, choose)),
    );
    const first =
      header.circuits.find((circuit) => String(circuit.circuit) === params.c) ??
      [...header.circuits].sort((x, y) => y.strength - x.strength)[0];
    choose(first.circuit);
    app.data = () => ({ circuits: header.circuits, identification: header.identification });

    function choose(id) {
      const circuit = header.circuits.find((each) => each.circuit === id);
      list.show(id);
      note({ c: id, net: app.netParam() });
      for (const cell of root.querySelectorAll("[data-circuits]"))
        cell.classList.toggle("chosen", cell.dataset.circuits.split(" ").includes(String(id)));
      fill(
        chosen,
        el("h3", {}, `Circuit ${id}: silent whenever ${circuit.words}`),
        el(
          "p",
          {},
          el(
            "span",
            { class: "chips" },
            circuit.neurons.map((n) =>
              el("a", { href: fragment("neurons", { n, net: app.netParam() }) }, `neuron ${n}`),
            ),
          ),
        ),
        el(
          "p",
          { class: "note" },
          `Coset of ${plural(circuit.size, "element")}, C = Hg = gK with g = ${ground.labels[circuit.representative]}. `,
          circuit.ablation
            ? `Without it: accuracy ${percent(circuit.ablation.accuracy)}, loss ${number(circuit.ablation.loss)} nats; ${circuit.ablation.verdict}.`
            : "",
        ),
        el("button", { type: "button", onClick: () => off(circuit) }, "switch it off and look"),
      );
    }

    function off(circuit) {
      for (const n of circuit.neurons) app.net.change.off.add(n);
      go("interventions", { net: app.netParam() });
    }
  },
};

function named(ground, { left, right }) {
  const cls = ground.classes[ground.subgroupClass[left]];
  const to = cls.conjugates > 1 ? ` → #${right - cls.first + 1}` : "";
  return el(
    "span",
    {},
    el("i", { class: "swatch", style: { background: shown(cls.colour) } }),
    ground.subgroupName(left),
    to,
  );
}

/** Which sets of circuits tell every product apart. */
function identification(header) {
  const drawn = figure({
    name: `${header.name}-identification`,
    title: "Which circuits identify every element",
    note: "An element is left for a product if no circuit rules it out, each circuit firing exactly when the product is outside its coset. “A smallest set” has no circuit that could be left out; another one might be smaller.",
    rows: () => [
      ["circuits", "how many", "products identified", "elements left, mean", "most"],
      ...header.identification.map((row) => [
        row.name,
        row.circuits.length,
        row.identified,
        row.mean_left,
        row.most_left,
      ]),
    ],
  });
  fill(
    drawn.body,
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ["circuits", "how many", "identified", "left, mean", "left, most"].map((head, i) =>
            el("th", { scope: "col", class: i ? "n" : null }, head),
          ),
        ),
      ),
      el(
        "tbody",
        {},
        header.identification.map((row) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, row.title),
            el("td", { class: "n" }, row.circuits.length),
            el("td", { class: "n" }, percent(row.identified)),
            el("td", { class: "n" }, row.mean_left.toFixed(2)),
            el("td", { class: "n" }, row.most_left),
          ),
        ),
      ),
    ),
  );
  return drawn.node;
}
