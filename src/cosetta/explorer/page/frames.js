/**
 * Work that is longer than a frame, done a few milliseconds a frame, so that the frame of a choice stays short.
 */

/** Milliseconds of a frame that such work takes; the rest of 16.7 is the browser's. */
const SHARE = 6;

const waiting = [];
let [running, finished] = [null, null];

/**
 * Do work in the frames to come, after what is already waiting.
 * @param {HTMLElement} node what the work draws into, `aria-busy` until it is done; once it has left the document, as when
 *   another choice was made, the work is dropped
 * @param {Iterator} work a generator, which yields where it may be interrupted
 */
export function inFrames(node, work) {
  node.setAttribute("aria-busy", "true");
  waiting.push({ node, work });
  if (running) return;
  running = new Promise((done) => (finished = done));
  requestAnimationFrame(frame);
}

/** Wait until all that was begun is drawn, so that nothing is saved half drawn. */
export function settled() {
  return running ?? Promise.resolve();
}

function frame() {
  const until = performance.now() + SHARE;
  try {
    while (waiting.length && performance.now() < until) advance();
  } finally {
    if (waiting.length) requestAnimationFrame(frame);
    else {
      running = null;
      finished();
    }
  }
}

function advance() {
  const { node, work } = waiting[0];
  let isDone = true; // what throws is not tried again
  try {
    isDone = !node.isConnected || work.next().done;
  } finally {
    if (isDone) {
      waiting.shift();
      node.removeAttribute("aria-busy");
    }
  }
}
