/**
 * The subgroups of the group up to conjugacy, layered by order, sized by the strength of the neurons that use each.
 */
import { ink, shown, textOn } from "../colours.js";
import { el, fill, svg } from "../dom.js";
import { figure } from "../figure.js";
import { count, percent, plural } from "../format.js";
import { fragment, note } from "../state.js";

const ROW = 60;
const COLUMN = 92;

/** The view. */
export const lattice = {
  id: "lattice",
  title: "Lattice",
  render(root, app, params) {
    const { header, ground } = app.net;
    const { classes, covers } = ground;
    if (!classes.length) {
      fill(root, el("p", { class: "lede" }, `The subgroups of ${ground.title} are out of reach: ${header.no_lattice}`));
      return;
    }
    const users = classes.map(() => []);
    for (const row of header.neurons) {
      const label = row.covered ? row.labels.left : null;
      const i = label ? classes.findIndex((cls) => cls.name === label.name) : -1;
      if (i >= 0) users[i].push(row);
    }
    const strength = users.map((rows) => rows.reduce((sum, row) => sum + row.strength, 0));
    const drawn = figure({
      name: `${ground.name}-lattice`,
      title: `${plural(header.lattice.subgroups, "subgroup")} of ${ground.title} in ${plural(classes.length, "class").replace("classs", "classes")}`,
      note: "A line leads from a class to the classes in which its subgroups are maximal; layers are orders. Filled circles: classes that neurons use, their area the share of the logits’ variance.",
      rows: () => [
        ["class", "order", "index", "conjugates", "neurons", "strength"],
        ...classes.map((cls, i) => [cls.name, cls.order, cls.index, cls.conjugates, users[i].length, strength[i]]),
      ],
      className: "lattice",
    });
    const panel = el("div", { class: classes.length > 30 ? "lattice-panel" : "sticky" });
    const used = users.filter((rows) => rows.length).length;
    fill(
      root,
      el(
        "p",
        { class: "lede" },
        used
          ? [
              `Of the ${classes.length} classes of subgroups of ${ground.title}, neurons of this network use ${used}. Choose a class to see its conjugates, the irreps of its cosets and its neurons.`,
            ]
          : `No neuron of this network is constant on the cosets of a proper subgroup of ${ground.title}.`,
      ),
      el("div", { class: classes.length > 30 ? "split" : "split lattice-split" }, drawn.node, panel),
    );
    const nodes = draw();
    const strongest = strength.indexOf(Math.max(...strength));
    const wanted = classes.findIndex((cls) => cls.name === params.class);
    open(wanted >= 0 ? wanted : used ? strongest : classes.length - 1);

    function draw() {
      const layers = Math.max(...classes.map((cls) => cls.layer)) + 1;
      const places = [...classes.map((cls) => cls.across), ...ground.bends.flat()];
      const low = Math.min(...places);
      const high = Math.max(...places);
      const width = Math.max(460, (high - low) * COLUMN + 210);
      const height = layers * ROW + 30;
      const x = (across) => (width + 40) / 2 + (across - (low + high) / 2) * COLUMN;
      const y = (layer) => height - 50 - layer * ROW;
      const place = (cls) => [x(cls.across), y(cls.layer)];
      const picture = svg("svg", {
        viewBox: `0 0 ${width} ${height}`,
        role: "group",
        "aria-label": `Hasse diagram of the classes of subgroups of ${ground.title}`,
      });
      const orders = [...new Map(classes.map((cls) => [cls.layer, cls.order]))];
      picture.append(
        ...orders.map(([layer, order]) =>
          svg("text", { x: 8, y: height - 40 - layer * ROW, "font-size": 11, fill: ink("soft") }, count(order)),
        ),
      );
      picture.append(svg("text", { x: 8, y: height - 8, "font-size": 11, fill: ink("soft") }, "order"));
      const lines = covers.map(([i, j], k) => {
        const bends = ground.bends[k].map((across, step) => [x(across), y(classes[i].layer + step + 1)]);
        const node = svg("path", {
          d: curve([place(classes[i]), ...bends, place(classes[j])]),
          fill: "none",
          stroke: ink("rule"),
          "stroke-width": 1.1,
        });
        picture.append(node);
        return { i, j, node };
      });
      const circles = classes.map((cls, i) => {
        const [cx, cy] = place(cls);
        const r = users[i].length ? 7 + 19 * Math.sqrt(strength[i]) : 5;
        const colour = shown(cls.colour);
        const name = `${cls.title}, order ${cls.order}, ${plural(cls.conjugates, "conjugate")}, ${plural(users[i].length, "neuron")}, ${percent(strength[i])} of the variance`;
        const node = svg(
          "g",
          {
            class: "node",
            tabindex: "-1",
            role: "button",
            "aria-label": name,
            onClick: () => open(i),
            onKeydown: (event) => onKey(event, i),
          },
          svg("circle", {
            class: "halo",
            cx,
            cy,
            r: r + 4,
            fill: "transparent",
            stroke: "transparent",
            "stroke-width": 2,
          }),
          svg("circle", {
            cx,
            cy,
            r,
            fill: users[i].length ? colour : ink("paper"),
            stroke: users[i].length ? colour : ink("quiet"),
            "stroke-width": 1.4,
          }),
          label(cls, cx, cy + r + 16, users[i].length ? 700 : 400),
          cls.conjugates > 1
            ? svg(
                "text",
                {
                  x: cx + r + 4,
                  y: cy + 4,
                  "font-size": 10,
                  fill: ink("soft"),
                  stroke: ink("paper"),
                  "stroke-width": 3,
                  "paint-order": "stroke",
                },
                `×${cls.conjugates}`,
              )
            : null,
          svg("title", {}, name),
        );
        picture.append(node);
        return node;
      });
      picture.style.setProperty("max-width", `${width * 1.1}px`);
      picture.style.setProperty("min-width", `${Math.min(width, classes.length > 30 ? 1240 : 620)}px`);
      fill(drawn.body, picture);
      return { circles, lines };
    }

    /** The name; what tells it from others of its kind on a second line. */
    function label(cls, x, y, weight) {
      const [first, ...rest] = cls.title.split(" ");
      const halo = {
        "text-anchor": "middle",
        stroke: ink("paper"),
        "stroke-width": 3.5,
        "stroke-linejoin": "round",
        "paint-order": "stroke",
      };
      return svg(
        "g",
        {},
        svg("text", { x, y, "font-size": 12.5, "font-weight": weight, fill: ink("ink"), ...halo }, first),
        rest.length ? svg("text", { x, y: y + 12, "font-size": 10, fill: ink("soft"), ...halo }, rest.join(" ")) : null,
      );
    }

    function onKey(event, i) {
      if (event.key === "Enter" || event.key === " ") open(i);
      else if (event.key.startsWith("Arrow")) step(i, event.key);
      else return;
      event.preventDefault();
    }

    /** To the neighbour in the direction of an arrow key. */
    function step(i, key) {
      const here = classes[i];
      const score = (cls) => {
        const [dx, dy] = [cls.across - here.across, cls.layer - here.layer];
        if (key === "ArrowUp") return dy > 0 ? dy * 3 + Math.abs(dx) : Infinity;
        if (key === "ArrowDown") return dy < 0 ? -dy * 3 + Math.abs(dx) : Infinity;
        const ahead = key === "ArrowRight" ? dx : -dx;
        return dy === 0 && ahead > 0 ? ahead : Infinity;
      };
      const best = classes.map((cls, k) => [score(cls), k]).sort((x, y) => x[0] - y[0])[0];
      if (best[0] === Infinity) return;
      open(best[1]);
      nodes.circles[best[1]].focus();
    }

    function open(i) {
      const cls = classes[i];
      note({ class: cls.name, net: app.netParam() });
      nodes.circles.forEach((node, k) => {
        node.classList.toggle("chosen", k === i);
        node.setAttribute("tabindex", k === i ? "0" : "-1");
      });
      for (const { i: below, j: above, node } of nodes.lines) {
        const is = below === i || above === i;
        node.setAttribute("stroke", ink(is ? "soft" : "rule"));
        node.setAttribute("stroke-width", is ? "1.8" : "1.1");
      }
      const conjugates = Array.from({ length: cls.conjugates }, (_, k) => {
        const rows = users[i].filter((row) => row.labels.left.conjugate === k + 1);
        return el(
          "tr",
          {},
          el("th", { scope: "row" }, cls.conjugates > 1 ? `${cls.title}#${k + 1}` : cls.title),
          el("td", {}, cls.generators[k] ? `⟨${cls.generators[k]}⟩` : "–"),
          el(
            "td",
            {},
            rows
              .slice(0, 12)
              .flatMap((row, at) => [
                at ? ", " : "",
                el("a", { href: fragment("neurons", { n: row.neuron, net: app.netParam() }) }, row.neuron),
              ]),
            rows.length > 12 ? ", …" : "",
          ),
        );
      });
      const links = (list) =>
        el(
          "span",
          { class: "chips" },
          list.length
            ? list.map((k) => el("button", { type: "button", class: "chip", onClick: () => open(k) }, classes[k].title))
            : "none",
        );
      fill(
        panel,
        el("h3", { class: "big" }, cls.title),
        el(
          "p",
          { class: "note" },
          `order ${cls.order}, index ${cls.index}, ${plural(cls.conjugates, "conjugate")}, normaliser ${classes[cls.normaliser].title}`,
        ),
        el(
          "dl",
          { class: "facts" },
          [
            ["neurons", users[i].length],
            ["strength", percent(strength[i])],
            ["circuits", header.circuits.filter((circuit) => circuit.name === cls.name).length],
          ].map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
        ),
        el("h4", {}, `Irreps of the functions on G/${cls.title}`),
        content(cls),
        el("h4", {}, "Maximal subgroups"),
        links(covers.filter(([, above]) => above === i).map(([below]) => below)),
        el("h4", {}, "Maximal in"),
        links(covers.filter(([below]) => below === i).map(([, above]) => above)),
        el("h4", {}, "Conjugates and the neurons on them"),
        el(
          "div",
          {
            class: "table-frame",
            tabindex: "0",
            role: "region",
            "aria-label": "conjugates",
            style: { "max-height": "18rem" },
          },
          el(
            "table",
            {},
            el(
              "thead",
              {},
              el(
                "tr",
                {},
                ["subgroup", "generators", "neurons"].map((head) => el("th", { scope: "col" }, head)),
              ),
            ),
            el("tbody", {}, conjugates),
          ),
        ),
        users[i].length
          ? el(
              "p",
              {},
              el(
                "a",
                { href: fragment("neurons", { f: `${cls.name}#`, n: users[i][0].neuron, net: app.netParam() }) },
                "all its neurons in the table",
              ),
            )
          : null,
      );
      app.data = () => ({ class: cls, neurons: users[i].map((row) => row.neuron), strength: strength[i] });
    }

    function content(cls) {
      const parts = ground.irreps
        .filter((irrep) => cls.content[irrep.name])
        .map((irrep) => ({ irrep, size: irrep.dim * cls.content[irrep.name] }));
      let x = 0;
      const bar = svg("svg", {
        viewBox: "0 0 300 26",
        role: "img",
        "aria-label": parts.map(({ irrep }) => `${irrep.title} ${cls.content[irrep.name]} times`).join(", "),
      });
      for (const { irrep, size } of parts) {
        const width = (300 * size) / cls.index;
        const colour = shown(irrep.colour);
        bar.append(
          svg(
            "g",
            {},
            svg("rect", { x, width: Math.max(0, width - 1), height: 26, fill: colour }),
            width > 44
              ? svg(
                  "text",
                  { x: x + width / 2, y: 17, "text-anchor": "middle", "font-size": 11, fill: textOn(colour) },
                  irrep.title,
                )
              : null,
            svg("title", {}, `${irrep.title}: dimension ${irrep.dim}, ${cls.content[irrep.name]} times`),
          ),
        );
        x += width;
      }
      return el(
        "div",
        {},
        bar,
        el(
          "p",
          { class: "note" },
          parts.map(({ irrep }, i) => [
            i ? " + " : "",
            cls.content[irrep.name] === 1 ? "" : `${cls.content[irrep.name]}·`,
            irrep.title,
          ]),
          `, dimension ${cls.index} in all`,
        ),
      );
    }
  },
};

/** A smooth path through points, in each along the line between its neighbours (Catmull and Rom). */
function curve(points) {
  const at = (i) => points[Math.max(0, Math.min(points.length - 1, i))];
  return points
    .map(([x, y], i) => {
      if (!i) return `M${x.toFixed(1)} ${y}`;
      const ends = [
        [at(i - 2), at(i - 1), at(i), 1],
        [at(i - 1), at(i), at(i + 1), -1],
      ];
      const controls = ends.map(([before, here, after, sign]) =>
        sign > 0
          ? [here[0] + (after[0] - before[0]) / 6, here[1] + (after[1] - before[1]) / 6]
          : [here[0] - (after[0] - before[0]) / 6, here[1] - (after[1] - before[1]) / 6],
      );
      return `C${controls.map(([cx, cy]) => `${cx.toFixed(1)} ${cy.toFixed(1)}`).join(" ")} ${x.toFixed(1)} ${y}`;
    })
    .join("");
}
