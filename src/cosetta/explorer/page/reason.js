/**
 * How a network comes to one product, as plain data.
 */
import { random } from "./network.js";
import { FIRES_AT, pushes } from "./parts.js";

/**
 * What the network does with a pair, as steps: the parts that fire, hardest first, what each rules out, and what is left.
 * @param {{network: Network, ground: Ground, change: object}} net
 * @param {Array} parts from `partsOf`
 * @param {number[]} scale the largest push of each part, from `scales`
 */
export function reason({ network, ground, change }, parts, scale, a, b) {
  const run = network.run(a, b, change);
  const model = network.changed(change);
  const right = ground.product(a, b);
  const spoken = model.left ? pushes(parts, run, model, ground.order) : [];
  const entries = parts.map((part, i) => ({
    part,
    ...(spoken[i] ?? { push: 0, post: 0, logits: new Float32Array(ground.order) }),
    fires: spoken[i] ? spoken[i].push > FIRES_AT * scale[i] : false,
    predicted: part.inside ? !part.inside[right] : null,
  }));
  const steps = entries.filter((entry) => entry.fires).sort((x, y) => y.push - x.push);
  const goneAt = new Int32Array(ground.order).fill(steps.length + 1);
  let left = ground.order;
  const rest = silentPart(run, steps, ground.order);
  steps.forEach((entry, i) => {
    entry.fresh = [];
    if (entry.part.inside)
      for (let c = 0; c < ground.order; c++)
        if (entry.part.inside[c] && goneAt[c] > steps.length) {
          goneAt[c] = i + 1;
          entry.fresh.push(c);
        }
    left -= entry.fresh.length;
    entry.left = left;
  });
  const ranked = Array.from(run.logits, (value, c) => [value, c]).sort((x, y) => y[0] - x[0]);
  const answer = ranked[0][1];
  const margin = run.logits[right] - (answer === right ? (ranked[1]?.[0] ?? run.logits[right]) : ranked[0][0]);
  const order = Array.from({ length: ground.order }, (_, c) => c).sort(
    (x, y) => goneAt[x] - goneAt[y] || (x === right) - (y === right) || run.logits[x] - run.logits[y] || x - y,
  );
  return { run, right, answer, margin, entries, steps, goneAt, order, rest };
}

/** Bias, what never fires, and what the parts up to a step have added. */
export function summed(state, step) {
  const sum = Float64Array.from(state.rest);
  for (const entry of state.steps.slice(0, step)) for (let c = 0; c < sum.length; c++) sum[c] += entry.logits[c];
  return sum;
}

/** Logits of what never fires and of the bias, so that the steps end at the network's own. */
function silentPart(run, steps, order) {
  const rest = Float64Array.from(run.logits);
  for (const entry of steps) for (let c = 0; c < order; c++) rest[c] -= entry.logits[c];
  return rest;
}

/** The largest push of each part over sampled pairs. */
export function scales(parts, network, ground) {
  const draw = random(7);
  const largest = parts.map(() => 1e-9);
  const model = network.trained;
  for (let i = 0; i < 96; i++) {
    const run = network.run(Math.floor(draw() * ground.order), Math.floor(draw() * ground.order));
    pushes(parts, run, model, ground.order).forEach(({ push }, k) => (largest[k] = Math.max(largest[k], push)));
  }
  return largest;
}

/** Pairs with the smallest margins among some hundreds. */
export function closestCalls(network) {
  const draw = random(3);
  const found = [];
  for (let i = 0; i < 300; i++) {
    const [a, b] = [Math.floor(draw() * network.order), Math.floor(draw() * network.order)];
    const { logits } = network.run(a, b);
    const right = network.ground.product(a, b);
    let best = -Infinity;
    for (let c = 0; c < network.order; c++) if (c !== right && logits[c] > best) best = logits[c];
    found.push([logits[right] - best, a, b]);
  }
  return found
    .sort((x, y) => x[0] - y[0])
    .slice(0, 12)
    .map(([, a, b]) => [a, b]);
}
