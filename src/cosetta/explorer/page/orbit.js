/**
 * The vectors b and b' of a neuron among the points of their orbit, turned by hand.
 */
import { ink, shown } from "./colours.js";
import { el, fill, svg } from "./dom.js";
import { figure } from "./figure.js";
import { number, plural } from "./format.js";
import { inFrames } from "./frames.js";

/** Draw the orbit of a set, with the vectors of neuron `n` and, faintly, of the others. */
export function orbitFigure(set, n, app) {
  const { ground } = app.net;
  const irrep = ground.irreps.find((each) => each.name === set.irrep);
  const colour = irrep.colour;
  const mine = set.neurons.find((each) => each.neuron === n);
  const turn = { yaw: 0.55, pitch: 0.42 };
  const picture = svg("svg", {
    viewBox: "0 0 320 290",
    class: "orbit",
    tabindex: "0",
    role: "img",
    "aria-label": `Orbit of ${set.points.length} points; b of neuron ${n} is at point ${mine.point + 1}, b′ at point ${mine.point_prime + 1}. Arrow keys turn it.`,
  });
  const drawn = figure({
    name: `neuron-${n}-orbit`,
    title: "Its vectors in the orbit",
    rows: () => [
      ["point", "x", "y", "z"],
      ...set.points.map((point, i) => [i + 1, ...point]),
      ["b", ...mine.b],
      ["b'", ...mine.b_prime],
    ],
  });
  fill(drawn.body, picture);
  drawn.note(
    `Irrep ${irrep.title}: the ${plural(set.points.length, "point")} of the orbit of a vector that ${set.subgroup_title} fixes${set.dim > 3 ? `, seen along 3 of ${set.dim} dimensions` : ""}. `,
    `b (left) is at point ${mine.point + 1}, off by ${number(mine.off[0], 1)} (1 − cosine); b′ (right) at point ${mine.point_prime + 1}, off by ${number(mine.off[1], 1)}. Grey crosses: the other neurons of the set. ${set.pairs} of ${set.all_pairs} pairs of points have a neuron. Drag or use the arrow keys to turn.`,
  );
  let from = null;
  picture.addEventListener("pointerdown", (event) => {
    from = [event.clientX, event.clientY];
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    if (!from) return;
    turn.yaw += (event.clientX - from[0]) / 120;
    turn.pitch += (event.clientY - from[1]) / 120;
    from = [event.clientX, event.clientY];
    draw();
  });
  picture.addEventListener("pointerup", () => (from = null));
  picture.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    turn.yaw += step[0];
    turn.pitch += step[1];
    draw();
  });
  inFrames(picture, drawnLater());
  return drawn;

  function* drawnLater() {
    draw();
  }

  function seen([x, y = 0, z = 0]) {
    const [c, s] = [Math.cos(turn.yaw), Math.sin(turn.yaw)];
    const [p, q] = [Math.cos(turn.pitch), Math.sin(turn.pitch)];
    const [x1, z1] = [c * x + s * z, c * z - s * x];
    return { x: 160 + 112 * x1, y: 145 - 112 * (p * y - q * z1), z: q * y + p * z1 };
  }

  function draw() {
    const points = set.points.map(seen);
    const depth = (z) => 0.35 + 0.65 * Math.min(1, Math.max(0, (z + 1) / 2));
    const edges = set.edges
      .map(([i, j]) => ({
        z: (points[i].z + points[j].z) / 2,
        node: svg("line", {
          x1: points[i].x,
          y1: points[i].y,
          x2: points[j].x,
          y2: points[j].y,
          stroke: ink("quiet"),
          "stroke-width": 1,
          opacity: depth((points[i].z + points[j].z) / 2),
        }),
      }))
      .sort((x, y) => x.z - y.z)
      .map(({ node }) => node);
    const crosses = set.neurons
      .filter((each) => each !== mine)
      .flatMap((each) => [each.b, each.b_prime].map(seen))
      .map(({ x, y }) =>
        svg("path", { d: `M${x - 3} ${y - 3}l6 6m0 -6l-6 6`, stroke: ink("quiet"), "stroke-width": 1, opacity: 0.8 }),
      );
    const dots = points
      .map((point, i) => ({
        z: point.z,
        node: svg(
          "g",
          {},
          svg("circle", {
            cx: point.x,
            cy: point.y,
            r: 5.5,
            fill: ink("paper"),
            stroke: ink("soft"),
            opacity: depth(point.z),
          }),
          svg(
            "text",
            { x: point.x, y: point.y - 9, "text-anchor": "middle", "font-size": 11, fill: ink("soft") },
            i + 1,
          ),
        ),
      }))
      .sort((x, y) => x.z - y.z)
      .map(({ node }) => node);
    const arrow = (vector, name, dash) => {
      const end = seen(vector);
      return svg(
        "g",
        {},
        svg("line", {
          x1: 160,
          y1: 145,
          x2: end.x,
          y2: end.y,
          stroke: shown(colour),
          "stroke-width": 3,
          "stroke-dasharray": dash,
        }),
        svg("circle", { cx: end.x, cy: end.y, r: 4, fill: shown(colour) }),
        svg("text", { x: end.x + 9, y: end.y + 13, "font-size": 13, "font-weight": 700, fill: ink("ink") }, name),
      );
    };
    fill(picture, edges, dots, crosses, arrow(mine.b, "b", null), arrow(mine.b_prime, "b′", "5 4"));
  }
}
