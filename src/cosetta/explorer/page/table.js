/**
 * A table that sorts and filters, and whose rows can be chosen with mouse or keyboard.
 */
import { el, fill } from "./dom.js";
import { csv, save } from "./save.js";

/**
 * Make a table.
 * @param {{
 *   name: string, label: string, rows: Array, key: (row) => string|number,
 *   columns: Array<{id: string, title: string, hint?: string, value: (row) => (number|string|null), show?: (row) => any,
 *     numeric?: boolean, primary?: boolean}>,
 *   sort?: string, descending?: boolean, filter?: (row, text: string) => boolean, onChoose?: (row) => void
 * }} options columns give a value to sort and save by, and what is shown for it
 */
export function table({ name, label, rows, key, columns, sort, descending = true, filter = null, onChoose = null }) {
  const state = { sort: sort ?? columns[0].id, descending, text: "", chosen: null };
  const body = el("tbody");
  const heads = columns.map((column) => {
    const button = el(
      "button",
      { type: "button", title: column.hint ?? null, onClick: () => sortBy(column) },
      column.title,
    );
    return el("th", { scope: "col", class: column.numeric ? "n" : null }, button);
  });
  const known = new Map();
  let [marked, entered] = [null, null];
  const counted = el("span", { class: "counted", role: "status" });

  function rowOf(row) {
    const id = String(key(row));
    if (!known.has(id)) {
      const cells = columns.map((column) =>
        el(
          column.primary ? "th" : "td",
          { class: column.numeric ? "n" : null, scope: column.primary ? "row" : null },
          content(column, row),
        ),
      );
      const node = el(
        "tr",
        {
          "data-key": id,
          tabindex: onChoose ? "-1" : null,
          "aria-selected": onChoose ? "false" : null,
          onClick: () => onChoose && choose(id, row),
        },
        cells,
      );
      known.set(id, { node, row });
    }
    return known.get(id).node;
  }

  function content(column, row) {
    const shown = column.show ? column.show(row) : column.value(row);
    return shown === null || shown === undefined || shown === "" ? "–" : shown;
  }

  function sorted() {
    const column = columns.find((c) => c.id === state.sort);
    const sign = state.descending ? -1 : 1;
    return rows
      .filter((row) => !filter || !state.text || filter(row, state.text))
      .map((row) => [column.value(row), row])
      .sort(([x], [y]) => {
        if (x === y) return 0;
        if (x === null || x === undefined) return 1;
        if (y === null || y === undefined) return -1;
        return (x < y ? -1 : 1) * sign;
      })
      .map(([, row]) => row);
  }

  function draw() {
    const shown = sorted();
    heads.forEach((head, i) => {
      if (columns[i].id === state.sort) head.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    fill(body, shown.map(rowOf));
    fill(counted, shown.length === rows.length ? `${rows.length} rows` : `${shown.length} of ${rows.length} rows`);
    mark();
  }

  /** Mark the chosen row; the others are as they were, but for the one that was chosen before. */
  function mark() {
    const chosen = known.get(state.chosen)?.node ?? null;
    if (marked !== chosen) {
      if (marked) is(marked, false);
      if (chosen) is(chosen, true);
      marked = chosen;
    }
    const stop = chosen?.parentNode === body ? chosen : body.querySelector("tr");
    if (stop === entered || !onChoose) return;
    if (entered) entered.tabIndex = -1;
    if (stop) stop.tabIndex = 0;
    entered = stop;
  }

  function is(node, chosen) {
    node.classList.toggle("chosen", chosen);
    if (onChoose) node.setAttribute("aria-selected", String(chosen));
  }

  /** Scroll the table, and not the page, until a row is seen. */
  function reveal(row) {
    if (!row || !frame.isConnected) return;
    const [outer, inner, head] = [frame, row, grid.tHead].map((node) => node.getBoundingClientRect());
    if (inner.top < outer.top + head.height) frame.scrollTop -= outer.top + head.height - inner.top;
    else if (inner.bottom > outer.bottom) frame.scrollTop += inner.bottom - outer.bottom;
  }

  function choose(id, row) {
    state.chosen = String(id);
    mark();
    onChoose(row);
  }

  function sortBy(column) {
    state.descending = state.sort === column.id ? !state.descending : Boolean(column.numeric);
    state.sort = column.id;
    draw();
  }

  function onKey(event) {
    const row = event.target.closest("tr[data-key]");
    if (!row || !onChoose) return;
    const step = {
      ArrowDown: row.nextElementSibling,
      ArrowUp: row.previousElementSibling,
      Home: body.firstElementChild,
      End: body.lastElementChild,
    };
    if (event.key in step) {
      event.preventDefault();
      const next = step[event.key];
      if (!next) return;
      choose(next.dataset.key, known.get(next.dataset.key).row);
      next.focus({ preventScroll: true });
      reveal(next);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(row.dataset.key, known.get(row.dataset.key).row);
    }
  }

  const grid = el(
    "table",
    { role: onChoose ? "grid" : null, "aria-label": label, onKeydown: onKey },
    el("thead", {}, el("tr", {}, heads)),
    body,
  );
  const asCsv = () => csv([columns.map((c) => c.title), ...sorted().map((row) => columns.map((c) => c.value(row)))]);
  const search =
    filter &&
    el("input", {
      type: "search",
      placeholder: "filter",
      "aria-label": `Filter ${label}`,
      onInput: () => ((state.text = search.value.trim()), draw()),
    });
  const bar = el(
    "div",
    { class: "table-bar" },
    search,
    counted,
    el(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-label": `Save ${label} as CSV`,
        onClick: () => save(`${name}.csv`, asCsv(), "text/csv"),
      },
      "CSV",
    ),
  );
  const frame = el(
    "div",
    { class: "table-frame", tabindex: onChoose ? null : "0", role: "region", "aria-label": label },
    grid,
  );
  draw();
  return {
    node: el("div", { class: "table" }, bar, frame),
    bar,
    show(id) {
      state.chosen = id === null ? null : String(id);
      mark();
      reveal(body.querySelector("tr.chosen"));
    },
    filter(text) {
      if (search) search.value = text;
      state.text = text;
      draw();
    },
  };
}
