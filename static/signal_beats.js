// All beats of a recording: which classes are shown, the table, and the way from one abnormal beat to
// the next. `signal_viewer.js` draws them.
"use strict";

const $ = (id) => document.getElementById(id);
const ROWS = 15;
const viewer = $("viewer");
const boxes = [...document.querySelectorAll("#classes input")];
const listeners = []; // called when the shown classes change
let beats = null; // columns, as the server sends them
let at = -1; // the beat that was gone to last
let page = 0;

document.documentElement.classList.add("scripted");

function clock(seconds, digits = 3) {
  const whole = Math.floor(seconds / 60);
  const rest = (seconds - 60 * whole).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}:${rest}`;
}

const isShown = (beat) => boxes[beats.classes[beat]].checked;
const isAbnormal = (beat) => "abnormal" in boxes[beats.classes[beat]].dataset;
const titleOf = (beat) => boxes[beats.classes[beat]].dataset.title;

/** The place of the first beat at or after a time. */
function firstFrom(time) {
  let low = 0;
  let high = beats.times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beats.times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The next shown abnormal beat after a beat (step 1) or before it (-1); of all shown ones where none
 * of the shown classes is abnormal; -1 where there is none. */
function nextBeat(from, step) {
  const any = !boxes.some((box) => box.checked && "abnormal" in box.dataset);
  for (let beat = from + step; beat >= 0 && beat < beats.times.length; beat += step) {
    if (isShown(beat) && (any || isAbnormal(beat))) return beat;
  }
  return -1;
}

function cell(row, text) {
  const made = document.createElement("td");
  made.textContent = text;
  row.append(made);
  return made;
}

function rowOf(beat) {
  const row = document.createElement("tr");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = clock(beats.times[beat]);
  button.addEventListener("click", () => goTo(beat));
  cell(row, "").append(button);
  cell(row, beats.rr[beat] === null ? "–" : beats.rr[beat].toFixed(3));
  const named = cell(row, ` ${titleOf(beat)}`);
  const swatch = document.createElement("span");
  swatch.className = `swatch k${boxes[beats.classes[beat]].dataset.colour}`;
  named.prepend(swatch);
  const why = beats.reasons[beat];
  const told = cell(row, why ? why.replaceAll("_", " ") : beats.confidence[beat].toFixed(3));
  if (!why && !beats.accepted[beat]) {
    const small = document.createElement("small");
    small.textContent = " uncertain";
    told.append(small);
  }
  if (beat === at) row.setAttribute("aria-current", "true");
  return row;
}

function drawTable() {
  const shown = beats.times.map((_, beat) => beat).filter(isShown);
  const last = Math.max(1, Math.ceil(shown.length / ROWS));
  page = Math.min(Math.max(page, 0), last - 1);
  $("beats").tBodies[0].replaceChildren(...shown.slice(page * ROWS, (page + 1) * ROWS).map(rowOf));
  $("table-count").textContent = `${shown.length.toLocaleString("en")} beats, page ${page + 1} of ${last}`;
  for (const button of $("pager").children) {
    const to = page + Number(button.dataset.turn);
    button.disabled = to < 0 || to >= last;
  }
}

/** Turns the table to the page of a beat. */
function turnTo(beat) {
  at = beat;
  let before = 0;
  for (let other = 0; other < beat; other += 1) before += isShown(other);
  page = Math.floor(before / ROWS);
  drawTable();
}

async function readBeats() {
  const answer = await fetch(viewer.dataset.beats);
  if (!answer.ok) return false;
  beats = await answer.json();
  for (const box of boxes) {
    box.addEventListener("change", () => {
      page = 0;
      drawTable();
      for (const listener of listeners) listener();
    });
  }
  $("pager").addEventListener("click", (event) => {
    page += Number(event.target.dataset.turn ?? 0);
    drawTable();
  });
  drawTable();
  return true;
}
