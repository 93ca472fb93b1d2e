// Sorts the tables of models on a click or Enter, without a reload. Without it the headings are links.
"use strict";

const tables = document.querySelectorAll("table.sortable");
const UNITS = new Intl.Collator("en");

function compare(left, right) {
  const numbers = [Number(left), Number(right)];
  return numbers.some(Number.isNaN) ? UNITS.compare(left, right) : numbers[0] - numbers[1];
}

function sortBy(head, order) {
  const place = [...head.parentElement.children].indexOf(head);
  const body = head.closest("table").tBodies[0];
  const value = (row) => row.cells[place].dataset.value;
  const sign = order === "asc" ? 1 : -1;
  const rows = [...body.rows];
  const present = rows.filter((row) => value(row) !== "");
  present.sort((a, b) => sign * compare(value(a), value(b)));
  body.append(...present, ...rows.filter((row) => value(row) === ""));
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order === "asc" ? "ascending" : "descending");
}

function address(head, order) {
  return `?${new URLSearchParams({ sort: head.dataset.column, order })}`;
}

function otherOrder(order) {
  return order === "asc" ? "desc" : "asc";
}

function choose(event) {
  const link = event.target.closest("th a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const head = link.closest("th");
  const order = new URLSearchParams(new URL(link.href).search).get("order");
  for (const table of tables) {
    const same = table.tHead.querySelector(`th[data-column="${head.dataset.column}"]`);
    if (same) sortBy(same, order);
  }
  history.replaceState(null, "", address(head, order));
  for (const other of document.querySelectorAll("table.sortable thead th")) {
    const next = other.dataset.column === head.dataset.column ? otherOrder(order) : other.dataset.order;
    other.querySelector("a").setAttribute("href", address(other, next));
  }
}

for (const table of tables) table.tHead.addEventListener("click", choose);
