/**
 * Sets of neurons as text that is short enough for an address, such as 0-4,7.
 */

/** A set as text. */
export function spelled(set) {
  const sorted = [...set].sort((x, y) => x - y);
  const runs = [];
  for (const n of sorted) {
    const last = runs.at(-1);
    if (last && last[1] === n - 1) last[1] = n;
    else runs.push([n, n]);
  }
  return runs.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(",");
}

/** The numbers that a text names; what is no range is passed over. */
export function numbers(text) {
  return text
    .split(",")
    .filter(Boolean)
    .flatMap((part) => {
      const [low, high = low] = part.split("-").map(Number);
      return Number.isInteger(low) && Number.isInteger(high) && low <= high && high - low < 1e4
        ? Array.from({ length: high - low + 1 }, (_, i) => low + i)
        : [];
    });
}
