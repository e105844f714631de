"use strict";
(() => {
  const table = document.getElementById("neurons");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const text = document.getElementById("filter-text");
  const status = document.getElementById("filter-status");
  const cls = document.getElementById("filter-class");
  const shown = document.getElementById("filter-count");
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  function filter() {
    const wanted = text.value.trim().toLowerCase();
    let number = 0;
    for (const row of rows) {
      const keep =
        (!wanted || words.get(row).includes(wanted) || row.dataset.class.toLowerCase().includes(wanted)) &&
        (!status.value || row.dataset.status === status.value) &&
        (!cls.value || row.dataset.class === cls.value);
      row.hidden = !keep;
      number += keep;
    }
    shown.textContent = number + " of " + rows.length + " neurons";
  }

  function sort(header) {
    const column = header.cellIndex;
    const before = header.getAttribute("aria-sort");
    const ascending = before ? before === "descending" : !header.classList.contains("n") || column === 0; // numbers: largest first
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const value = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent.trim();
    const order = ascending ? 1 : -1;
    rows.sort((a, b) => {
      const x = value(a), y = value(b);
      if (x === "" || y === "") return (x === "") - (y === ""); // rows without a value stay last
      const difference = Number(x) - Number(y);
      return order * (Number.isNaN(difference) ? x.localeCompare(y) : difference);
    });
    body.append(...rows);
  }

  for (const header of table.tHead.rows[0].cells) {
    const button = header.querySelector("button");
    if (button) button.addEventListener("click", () => sort(header));
  }
  for (const control of [text, status, cls]) control.addEventListener("input", filter);
  // A link to a row that is filtered away shows all rows again.
  function reveal() {
    const row = document.getElementById(location.hash.slice(1));
    if (!row || !row.hidden) return;
    text.value = status.value = cls.value = "";
    filter();
    row.scrollIntoView();
  }

  addEventListener("hashchange", reveal);
  document.getElementById("controls").hidden = false;
  filter();
})();
