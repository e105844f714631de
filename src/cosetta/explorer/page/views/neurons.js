/**
 * All neurons in a table, and one of them in pictures.
 */
import { shown } from "../colours.js";
import { el, fill } from "../dom.js";
import { number, percent } from "../format.js";
import { note } from "../state.js";
import { table } from "../table.js";
import { neuronDetail } from "./neuron.js";

/** The view. */
export const neurons = {
  id: "neurons",
  title: "Neurons",
  render(root, app, params) {
    const { header, ground } = app.net;
    const irreps = new Map(ground.irreps.map((irrep) => [irrep.name, irrep]));
    const titles = new Map(header.accounts.map((account) => [account.id, account.title]));
    const total = header.accounts.length;
    const base = header.scored.loss;
    const label = (row) => row.labels?.left ?? null;
    const isCovered = (row) => row.covered === true;
    const columns = [
      { id: "neuron", title: "neuron", numeric: true, primary: true, value: (row) => row.neuron },
      {
        id: "strength",
        title: "strength",
        numeric: true,
        hint: "share of the variance of the logits that the neuron alone gives",
        value: (row) => row.strength,
        show: (row) => percent(row.strength),
      },
      {
        id: "irrep",
        title: "irrep",
        hint: "irrep with the most power in left",
        value: (row) => row.irrep,
        show: (row) => named(irreps.get(row.irrep)?.title ?? row.irrep, irreps.get(row.irrep)?.colour),
      },
      {
        id: "subgroup",
        title: "subgroup",
        hint: "left is constant on its right cosets",
        value: (row) => subgroupOf(row),
        show: (row) => shownSubgroup(row),
      },
      {
        id: "p",
        title: "p",
        numeric: true,
        hint: "share of random functions of the same irreps that some subgroup explains as well",
        value: (row) => (isCovered(row) ? label(row).p : null),
        show: (row) => (isCovered(row) ? number(label(row).p, 1) : "–"),
      },
      {
        id: "accounts",
        title: "accounts",
        numeric: true,
        hint: `how many of the ${total} accounts cover it`,
        value: (row) => Object.keys(row.accounts).length,
        show: (row) => `${Object.keys(row.accounts).length}/${total}`,
      },
      {
        id: "rank",
        title: "rank 1",
        numeric: true,
        hint: "share of left’s power in its irrep that the first singular pair holds",
        value: (row) => row.rank.left ?? null,
        show: (row) => percent(row.rank.left, 1),
      },
      {
        id: "mirror",
        title: "mirror",
        numeric: true,
        hint: "Var(right(b) + left(g b⁻¹)) / Var(right): 0 is an exact mirror",
        value: (row) => row.mirror_residual ?? null,
        show: (row) => number(row.mirror_residual, 1),
      },
      {
        id: "without",
        title: "Δ loss",
        numeric: true,
        hint: `rise of the loss, in nats, when it is held at its mean, over ${header.ablation_pairs.toLocaleString("en-US")} pairs`,
        value: (row) => row.without.loss - base,
        show: (row) => signed(row.without.loss - base),
      },
    ];
    const detail = el("div", { class: "neuron-detail" });
    const list = table({
      name: `${header.name}-neurons`,
      label: "neurons",
      rows: header.neurons,
      key: (row) => row.neuron,
      columns,
      sort: "strength",
      filter: matches,
      onChoose: (row) => open(row.neuron, {}),
    });
    const kinds = el("div", { class: "chips", role: "group", "aria-label": "Filter by class" }, classChips());
    fill(
      root,
      el("p", { class: "lede" }, header.summary.headline),
      el("div", { class: "split neuron-split" }, el("div", { class: "sticky-top" }, kinds, list.node), detail),
    );
    if (params.f) list.filter(params.f);
    const first = [...header.neurons].sort((x, y) => y.strength - x.strength)[0];
    open(params.n === undefined || !header.neurons[Number(params.n)] ? first.neuron : Number(params.n), params);

    function open(n, kept) {
      list.show(n);
      note({ n, H: kept.H ?? null, what: kept.what ?? null, net: app.netParam() });
      const picture = neuronDetail(app, header.neurons[n], kept);
      fill(detail, picture.node);
      app.data = () => ({ neuron: header.neurons[n], ...picture.data() });
    }

    function subgroupOf(row) {
      if (row.kind === "dead") return null;
      return isCovered(row) ? `${label(row).name}#${label(row).conjugate}` : null;
    }

    function shownSubgroup(row) {
      if (row.kind === "dead") return el("small", {}, "dead");
      if (!isCovered(row)) return el("small", {}, "not covered");
      const found = label(row);
      const colour = ground.classes.find((cls) => cls.name === found.name)?.colour;
      return named(found.conjugates > 1 ? `${found.title}#${found.conjugate}` : found.title, colour);
    }

    function matches(row, text) {
      const words = [
        String(row.neuron),
        row.irrep,
        irreps.get(row.irrep)?.title ?? "",
        subgroupOf(row) ?? "",
        label(row)?.title ?? "",
        row.kind,
        row.kind === "live" && !isCovered(row) ? "open not covered" : "",
        row.sentence ?? "",
        row.reason ?? "",
        ...Object.keys(row.accounts),
        ...Object.keys(row.accounts).map((id) => titles.get(id) ?? ""),
      ]
        .join(" ")
        .toLowerCase();
      return text
        .toLowerCase()
        .split(/\s+/)
        .every((word) => (/^\d+$/.test(word) ? row.neuron === Number(word) : words.includes(word)));
    }

    function classChips() {
      const counts = new Map();
      for (const row of header.neurons) {
        const name = row.kind === "dead" ? "dead" : isCovered(row) ? label(row).name : "not covered";
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      const chip = (text, shownText, n, colour) =>
        el(
          "button",
          { type: "button", class: "chip", onClick: () => list.filter(text) },
          colour ? el("i", { class: "swatch", style: { background: shown(colour) } }) : null,
          `${shownText} ${n}`,
        );
      return [
        chip("", "all", header.neurons.length, null),
        ...[...counts]
          .sort((x, y) => y[1] - x[1])
          .map(([name, n]) => {
            const cls = ground.classes.find((each) => each.name === name);
            return chip(cls ? `${name}#` : name, cls ? cls.title : name, n, cls?.colour);
          }),
      ];
    }
  },
};

function named(text, colour) {
  return el("span", {}, colour ? el("i", { class: "swatch", style: { background: shown(colour) } }) : null, text);
}

function signed(value) {
  return `${value > 0 ? "+" : ""}${number(value, 1)}`;
}
