/**
 * The network as three functions on G for each neuron, changed as a reader asks, and its scores.
 *
 *   pre[a, b, n] = left[n, a] + right[n, b]    post = activation(pre)    logits[a, b, c] = Σ post out[n, c] + bias[c]
 */

const ACTIVATIONS = {
  relu: (x) => (x > 0 ? x : 0),
  abs: Math.abs,
  square: (x) => x * x,
  tanh: Math.tanh,
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
};

/** Error function to 1.2e-7 (Numerical Recipes, section 6.2). */
function erf(x) {
  const t = 1 / (1 + Math.abs(x) / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const rest = t * Math.exp(-x * x + terms.reduceRight((sum, term) => sum * t + term, 0));
  return x >= 0 ? 1 - rest : rest - 1;
}

/** Nothing changed. `off` and `flipped` are neurons; the rest is of the whole network. */
export const UNTOUCHED = Object.freeze({
  off: new Set(),
  at: "mean",
  flipLeft: false,
  flipRight: false,
  noise: 0,
  shift: 0,
  ideal: "",
  mode: "kept",
});

/** A network from a sidecar. */
export class Network {
  constructor({ header, arrays }, ground) {
    this.ground = ground;
    this.order = ground.order;
    this.width = header.summary.width;
    this.activation = header.summary.activation;
    this.act = ACTIVATIONS[this.activation];
    this.ideals = header.ideals;
    this.arrays = arrays;
    this.pairs = arrays.scored?.values ?? Uint32Array.from({ length: this.order ** 2 }, (_, i) => i);
    this.isSample = this.pairs.length < this.order ** 2;
    this.trained = this.model({
      left: arrays.left.values,
      right: arrays.right.values,
      out: arrays.out.values,
      bias: arrays.bias.values,
      means: arrays.means.values,
    });
    this.base = null;
    this.logits = new Float32Array(this.pairs.length * this.order);
    this.answers = new Uint16Array(this.pairs.length);
  }

  model(parts) {
    const { direct_left: directLeft, direct_right: directRight } = this.arrays;
    return { directLeft: directLeft?.values, directRight: directRight?.values, act: this.act, ...parts };
  }

  /** Pre-activation of a neuron of the trained network. */
  pre(n, a, b) {
    return this.trained.left[n * this.order + a] + this.trained.right[n * this.order + b];
  }

  /** The model that a change leaves, without what is switched off. */
  changed(change) {
    const key = JSON.stringify([change.ideal, change.mode, change.flipLeft, change.flipRight]);
    if (this.changedKey !== key) {
      this.changedKey = key;
      this.changedModel = flipped(change.ideal ? this.idealised(change) : this.trained, change);
      this.base = null;
    }
    return this.changedModel;
  }

  /** The network with an account's ideal in the place of the covered neurons; `alone` holds the others at their mean. */
  idealised({ ideal: id, mode }) {
    const ideal = this.ideals[id];
    const array = (name) => this.arrays[ideal.arrays[name]].values;
    const { left, right, out, bias, means } = this.trained;
    const alone = mode === "alone";
    if (ideal.kind === "product") return this.model({ byProduct: array("by_product"), ids: [] });
    const covered = new Set(ideal.neurons);
    const others = Array.from({ length: this.width }, (_, n) => n).filter((n) => !covered.has(n));
    const shifted = Float32Array.from(ideal.kind === "network" ? array(`bias_${mode}`) : bias);
    if (alone && ideal.kind === "neurons") for (const n of others) add(shifted, out, n * this.order, means[n]);
    const kept = alone ? [] : others;
    const width = ideal.kind === "network" ? ideal.width : ideal.neurons.length;
    const joined = (name, own) => {
      const values = new Float32Array((width + kept.length) * this.order);
      if (ideal.arrays[name]) values.set(array(name));
      else
        ideal.neurons.forEach((n, i) => values.set(own.subarray(n * this.order, (n + 1) * this.order), i * this.order));
      kept.forEach((n, i) => values.set(own.subarray(n * this.order, (n + 1) * this.order), (width + i) * this.order));
      return values;
    };
    const standIns = ideal.kind === "network" ? new Array(width).fill(-1) : ideal.neurons;
    const model = this.model({
      left: joined("left", left),
      right: joined("right", right),
      out: joined("out", out),
      bias: shifted,
      ids: [...standIns, ...kept],
    });
    model.means = Float32Array.from(model.ids, (_, i) => this.meanOf(model, i));
    return model;
  }

  /** Mean post-activation of a column over all pairs. */
  meanOf(model, i) {
    const at = i * this.order;
    let sum = 0;
    for (let a = 0; a < this.order; a++)
      for (let b = 0; b < this.order; b++) sum += this.act(model.left[at + a] + model.right[at + b]);
    return sum / this.order ** 2;
  }

  /** Columns of a model that stand for the neurons that are off. */
  columnsOff(model, off) {
    if (!model.left) return [];
    const width = model.left.length / this.order;
    const ids = model.ids ?? Array.from({ length: width }, (_, n) => n);
    return ids.map((n, i) => (off.has(n) ? i : -1)).filter((i) => i >= 0);
  }

  /** Logits of one pair under a change, and the post-activations behind them. */
  run(a, b, change = UNTOUCHED) {
    const model = this.changed(change);
    const row = new Float32Array(this.order);
    const off = new Set(this.columnsOff(model, change.off));
    start(row, model, a, b, this.order, this.ground.product(a, b));
    const width = model.left ? model.left.length / this.order : 0;
    const post = new Float32Array(width);
    for (let i = 0; i < width; i++) {
      const own = this.act(model.left[i * this.order + a] + model.right[i * this.order + b]);
      post[i] = off.has(i) ? (change.at === "mean" ? model.means[i] : 0) : own;
      add(row, model.out, i * this.order, post[i]);
    }
    return { logits: row, post, ids: model.ids ?? Array.from({ length: width }, (_, n) => n) };
  }

  /**
   * Score the changed network on the page's pairs: all of them, or the sample.
   * @returns {{accuracy: number, loss: number, pairs: number, answers: Uint16Array, milliseconds: number}}
   */
  score(change) {
    const began = performance.now();
    const model = this.changed(change);
    const off = this.columnsOff(model, change.off);
    const width = model.left ? model.left.length / this.order : 0;
    if (change.noise > 0 || change.shift !== 0) this.fillLogits(this.logits, model, off, change);
    else if (2 * off.length > width) this.fillLogits(this.logits, model, off, change);
    else {
      if (!this.base) this.fillLogits((this.base = new Float32Array(this.logits.length)), model, [], change);
      this.logits.set(this.base);
      if (off.length) this.takeOff(model, off, change);
    }
    return { ...this.measure(), milliseconds: performance.now() - began };
  }

  /** All logits anew. */
  fillLogits(logits, model, off, change) {
    const { order, pairs } = this;
    const width = model.left ? model.left.length / order : 0;
    const isOff = new Uint8Array(width);
    for (const i of off) isOff[i] = 1;
    const held = Float32Array.from(model.bias ?? []);
    if (change.at === "mean") for (const i of off) add(held, model.out, i * order, model.means[i]);
    const changed = { ...model, bias: held };
    for (let p = 0, row = 0; p < pairs.length; p++, row += order) {
      const a = Math.floor(pairs[p] / order);
      start(logits, changed, a, pairs[p] - a * order, order, this.ground.table[pairs[p]], row);
    }
    const on = Array.from({ length: width }, (_, i) => i).filter((i) => !isOff[i]);
    this.addColumns(logits, model, on, 1, change);
  }

  /** The base logits without some columns. */
  takeOff(model, off, { at }) {
    const { order, logits } = this;
    if (at === "mean") {
      const held = new Float32Array(order);
      for (const i of off) add(held, model.out, i * order, model.means[i]);
      for (let row = 0; row < logits.length; row += order) for (let c = 0; c < order; c++) logits[row + c] += held[c];
    }
    this.addColumns(logits, model, off, -1, { noise: 0, shift: 0 });
  }

  /** Add what columns give to the logits, `sign` times: four columns at a time, and only those that fire. */
  addColumns(logits, model, columns, sign, { noise, shift }) {
    const { order, pairs, act } = this;
    const left = transposed(model.left, columns, order);
    const right = transposed(model.right, columns, order);
    const out = gathered(model.out, columns, order);
    const size = columns.length;
    const firing = new Int32Array(size + 4);
    const post = new Float32Array(size + 4);
    const random = normal(1);
    const isRelu = this.activation === "relu" && !noise && !shift;
    for (let p = 0, row = 0; p < pairs.length; p++, row += order) {
      const a = Math.floor(pairs[p] / order);
      let fires = 0;
      const atLeft = a * size;
      const atRight = (pairs[p] - a * order) * size;
      for (let i = 0; i < size; i++) {
        let pre = left[atLeft + i] + right[atRight + i];
        if (!isRelu) pre = act(noise || shift ? pre + shift + noise * random() : pre);
        if (isRelu ? pre > 0 : pre !== 0) {
          firing[fires] = i * order;
          post[fires++] = sign * pre;
        }
      }
      while (fires % 4) {
        firing[fires] = 0;
        post[fires++] = 0;
      }
      for (let k = 0; k < fires; k += 4) {
        let [i0, i1, i2, i3] = [firing[k], firing[k + 1], firing[k + 2], firing[k + 3]];
        const p0 = post[k];
        const p1 = post[k + 1];
        const p2 = post[k + 2];
        const p3 = post[k + 3];
        for (let c = row, end = row + order; c < end; c++)
          logits[c] += p0 * out[i0++] + p1 * out[i1++] + p2 * out[i2++] + p3 * out[i3++];
      }
    }
  }

  /** Accuracy (a tie for the largest is wrong), mean cross-entropy without cancellation, and the answers. */
  measure() {
    const { order, pairs, logits, answers, ground } = this;
    let right = 0;
    let loss = 0;
    for (let p = 0, row = 0; p < pairs.length; p++, row += order) {
      const product = ground.table[pairs[p]];
      const own = logits[row + product];
      let best = -Infinity;
      let answer = product;
      for (let c = 0; c < order; c++) {
        const value = logits[row + c];
        if (c !== product && value > best) {
          best = value;
          answer = c;
        }
      }
      if (own > best) {
        answer = product;
        right++;
      }
      answers[p] = answer;
      let sum = 0;
      for (let c = 0; c < order; c++) {
        const below = logits[row + c] - best;
        if (below > -34 && c !== product) sum += Math.exp(below); // what is smaller adds less than 2e-15 of the sum
      }
      const x = order === 1 ? -Infinity : best - own + Math.log(sum);
      loss += x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
    }
    return { accuracy: right / pairs.length, loss: loss / pairs.length, pairs: pairs.length, answers };
  }
}

function flipped(model, { flipLeft, flipRight }) {
  if (!model.left || !(flipLeft || flipRight)) return model;
  const turn = (values, is) => (is ? values.map((v) => -v) : values);
  return { ...model, left: turn(model.left, flipLeft), right: turn(model.right, flipRight) };
}

function add(row, values, from, factor) {
  for (let c = 0; c < row.length; c++) row[c] += factor * values[from + c];
}

function start(logits, model, a, b, order, product, row = 0) {
  const { bias, directLeft, directRight, byProduct } = model;
  if (byProduct) {
    for (let c = 0; c < order; c++) logits[row + c] = byProduct[product * order + c];
    return;
  }
  for (let c = 0; c < order; c++) logits[row + c] = bias[c];
  if (directLeft) for (let c = 0; c < order; c++) logits[row + c] += directLeft[a * order + c];
  if (directRight) for (let c = 0; c < order; c++) logits[row + c] += directRight[b * order + c];
}

/** Chosen columns with the elements first: [g, column]. */
function transposed(values, columns, order) {
  const found = new Float32Array(columns.length * order);
  columns.forEach((n, i) => {
    for (let g = 0; g < order; g++) found[g * columns.length + i] = values[n * order + g];
  });
  return found;
}

function gathered(values, columns, order) {
  const found = new Float32Array(columns.length * order);
  columns.forEach((n, i) => found.set(values.subarray(n * order, (n + 1) * order), i * order));
  return found;
}

/** Normal random numbers from a seed (mulberry32, Box and Muller). */
export function normal(seed) {
  const uniform = random(seed);
  let kept = null;
  return () => {
    if (kept !== null) {
      const value = kept;
      kept = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** Random numbers in [0, 1) from a seed. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
