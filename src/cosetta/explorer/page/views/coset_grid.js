/**
 * Which cosets of a class of subgroups are watched, and by how many neurons.
 */
import { ink, shown, textOn } from "../colours.js";
import { el, fill, svg } from "../dom.js";
import { figure } from "../figure.js";
import { plural } from "../format.js";

/**
 * Neurons by the pair (H, K) of conjugates of one class.
 * @param {{header: object, ground: Ground}} net
 * @param {string} name of the class
 * @param {(circuit: number) => void} onChoose when a cell with a circuit is chosen
 */
export function cosetGrid({ header, ground }, name, onChoose) {
  const cls = ground.classes.find((each) => each.name === name);
  const members = header.circuits.filter((circuit) => circuit.name === name);
  const n = cls.conjugates;
  const perPair = cls.index / n;
  const drawn = figure({
    name: `${header.name}-cosets-${name}`.replace(/[^\w.-]+/g, "_"),
    title: `${cls.title}: ${members.length} of ${cls.index * n} cosets watched`,
    note: `Rows are H, columns K = g⁻¹Hg; the number of neurons on their ${perPair === 1 ? "coset" : `${perPair} cosets, separated by dots`}. Empty: no circuit.`,
    rows: () => [
      ["H", "K", "coset", "neurons"],
      ...members.map((circuit) => [
        ground.subgroupName(circuit.left),
        ground.subgroupName(circuit.right),
        circuit.words,
        circuit.neurons.join(" "),
      ]),
    ],
  });
  if (n > 40) {
    fill(drawn.body, el("p", { class: "note" }, `${n} conjugates; see the table.`));
    return drawn.node;
  }
  const cell = n <= 6 ? 40 : n <= 10 ? 26 : n <= 20 ? 17 : 12;
  const edge = 34;
  const size = n * cell + edge + 4;
  const picture = svg("svg", {
    viewBox: `0 0 ${size} ${size}`,
    class: "own-size",
    role: "img",
    "aria-label": `${members.length} of ${cls.index * n} cosets of ${cls.title} have a circuit`,
    width: Math.min(size, 460),
  });
  const most = Math.max(...members.map((circuit) => circuit.neurons.length));
  const colour = shown(cls.colour);
  for (let k = 0; k < n; k++)
    picture.append(
      svg(
        "text",
        {
          x: edge + k * cell + cell / 2,
          y: edge - 7,
          "text-anchor": "middle",
          "font-size": Math.min(11, cell * 0.6),
          fill: ink("soft"),
        },
        k + 1,
      ),
      svg(
        "text",
        {
          x: edge - 7,
          y: edge + k * cell + cell / 2 + 4,
          "text-anchor": "end",
          "font-size": Math.min(11, cell * 0.6),
          fill: ink("soft"),
        },
        k + 1,
      ),
    );
  picture.append(
    svg("text", { x: edge - 7, y: edge - 7, "text-anchor": "end", "font-size": 10, fill: ink("soft") }, "H\\K"),
  );
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const here = members.filter((circuit) => circuit.left === cls.first + i && circuit.right === cls.first + j);
      const neurons = here.reduce((sum, circuit) => sum + circuit.neurons.length, 0);
      const strength = neurons / Math.max(1, most);
      picture.append(
        svg(
          "g",
          {
            "data-circuits": here.map((circuit) => circuit.circuit).join(" "),
            class: "cell",
            onClick: () => here.length && onChoose(here[0].circuit),
            style: { cursor: here.length ? "pointer" : "default" },
          },
          svg("rect", {
            x: edge + j * cell + 1,
            y: edge + i * cell + 1,
            width: cell - 2,
            height: cell - 2,
            rx: 2,
            fill: neurons ? colour : ink("faint"),
            "fill-opacity": neurons ? 0.35 + 0.65 * Math.min(1, strength) : 1,
          }),
          neurons && cell >= 17
            ? svg(
                "text",
                {
                  x: edge + j * cell + cell / 2,
                  y: edge + i * cell + cell / 2 + 4,
                  "text-anchor": "middle",
                  "font-size": 11,
                  "font-weight": 600,
                  fill: 0.35 + 0.65 * strength > 0.62 ? textOn(colour) : ink("ink"),
                },
                here.map((circuit) => circuit.neurons.length).join("·"),
              )
            : null,
          svg(
            "title",
            {},
            here.length
              ? here.map((circuit) => `${circuit.words}: ${plural(circuit.neurons.length, "neuron")}`).join("; ")
              : `no circuit for H = ${cls.title}#${i + 1}, K = ${cls.title}#${j + 1}`,
          ),
        ),
      );
    }
  fill(drawn.body, picture);
  return drawn.node;
}
