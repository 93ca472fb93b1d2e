// Draws the trace and the RR intervals of a whole recording with plotly.js. The server sends the lowest
// and highest values of what is visible and of as much beside it, so that moving stays smooth.
"use strict";

const EPOCH = Date.UTC(2000, 0, 1); // plotly takes small numbers for years
const SYMBOLS = ["circle", "triangle-up", "square", "diamond", "cross", "star"];
const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: true, doubleClick: false };
const STILL = { ...CONFIG, scrollZoom: false };
const GREY = "#8b93a1";
const SHADE = {
  type: "rect", xref: "x", yref: "paper", y0: 0, y1: 1, fillcolor: GREY, opacity: 0.25, line: { width: 1, color: GREY },
};
const LEAST = 0.4; // s that are shown at least
const WAIT = 90; // ms without a move before the server is asked
const MARKED = 300; // beats that are marked on the trace at most
const DOTS = 2500; // RR intervals that are drawn at most
const GRID = 16; // s up to which there are lines each 0.2 s
const AROUND = 5; // s on each side of a beat that is gone to

const trace = $("trace-plot");
const rr = $("rr-plot");
const seconds = Number(viewer.dataset.seconds);
const styles = getComputedStyle(document.documentElement);
const colours = boxes.map((box) => styles.getPropertyValue(`--k${box.dataset.colour}`).trim());
let range = [0, Math.min(seconds, 2 * AROUND)]; // s that are shown
let loaded = null; // {from, to, width}: what of the trace is here
let asked = 0; // counts questions, so that a late answer doesn't overwrite a newer one
let timer = 0;

function look(more) {
  return {
    margin: { l: 48, r: 12, t: 8, b: 32 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 12 },
    hoverlabel: { bgcolor: "#1c2330", bordercolor: "#1c2330", font: { color: "#ffffff" } },
    showlegend: false,
    hovermode: "closest",
    ...more,
  };
}

/** A time axis: a day of dates, so that plotly writes them as a clock. */
function times(more) {
  return {
    type: "date",
    zeroline: false,
    automargin: false,
    minallowed: toDate(0),
    maxallowed: toDate(seconds),
    hoverformat: "%H:%M:%S.%L",
    tickformatstops: [
      { dtickrange: [null, 999], value: "%H:%M:%S.%L" },
      { dtickrange: [1000, 59999], value: "%H:%M:%S" },
      { dtickrange: [60000, null], value: "%H:%M" },
    ],
    ...more,
  };
}

const toDate = (time) => EPOCH + 1000 * time;
const toSeconds = (date) =>
  ((typeof date === "number" ? date : Date.parse(`${date.replace(" ", "T")}Z`)) - EPOCH) / 1000;

function clamp([from, to]) {
  const width = Math.min(Math.max(to - from, LEAST), seconds);
  const begin = Math.min(Math.max((from + to - width) / 2, 0), seconds - width);
  return [begin, begin + width];
}

function lineOf(read) {
  const x = [];
  const y = [];
  read.low.forEach((low, place) => {
    const time = read.start + place * read.step;
    x.push(toDate(time));
    y.push(low);
    if (read.high.length) {
      x.push(toDate(time + read.step / 2));
      y.push(read.high[place]);
    }
  });
  return { x, y };
}

function hover(beat) {
  const interval = beats.rr[beat] === null ? "" : `<br>RR ${beats.rr[beat].toFixed(3)} s`;
  const sure = beats.reasons[beat]?.replaceAll("_", " ") ?? beats.confidence[beat].toFixed(3);
  return `${titleOf(beat)}, ${sure}<br>${clock(beats.times[beat])}${interval}`;
}

function marks(some, height) {
  return boxes.map((box, label) => {
    const own = some.filter((beat) => beats.classes[beat] === label);
    return {
      x: own.map((beat) => toDate(beats.times[beat])),
      y: own.map(height),
      text: own.map(hover),
      mode: "markers",
      name: box.dataset.title,
      marker: { color: colours[label], symbol: SYMBOLS[box.dataset.colour % SYMBOLS.length], size: 9 },
      hovertemplate: "%{text}<extra></extra>",
    };
  });
}

/** Beats of the lane below the trace: of each class at most one a pixel. */
function thinned(first, last) {
  const width = (range[1] - range[0]) / Math.max(trace.clientWidth, 100);
  const until = boxes.map(() => -Infinity);
  const kept = [];
  for (let beat = first; beat < last; beat += 1) {
    const label = beats.classes[beat];
    if (!isShown(beat) || beats.times[beat] < until[label] + width) continue;
    until[label] = beats.times[beat];
    kept.push(beat);
  }
  return kept;
}

function lanes(some) {
  return marks(some, (beat) => (isAbnormal(beat) ? 1 : 0)).map((one) => ({
    ...one,
    yaxis: "y2",
    marker: { ...one.marker, symbol: "line-ns-open", size: 11, line: { width: 2 } },
  }));
}

function tracesOf(line) {
  const width = range[1] - range[0];
  const [first, last] = [firstFrom(range[0] - width), firstFrom(range[1] + width)];
  const inside = firstFrom(range[1]) - firstFrom(range[0]);
  const near = [];
  if (inside <= MARKED) for (let beat = first; beat < last; beat += 1) if (isShown(beat)) near.push(beat);
  const signal = { ...line, mode: "lines", line: { width: width < 60 ? 1.3 : 0.8, color: GREY }, hoverinfo: "skip" };
  return [signal, ...marks(near, (beat) => beats.heights[beat]), ...lanes(thinned(first, last))];
}

/** Rectangles over what can't be read, of the range that is shown and as much beside it. */
function unreadNear() {
  const width = range[1] - range[0];
  return JSON.parse(viewer.dataset.stretches)
    .filter(([from, to]) => to > range[0] - width && from < range[1] + width)
    .map(([from, to]) => ({ ...SHADE, x0: toDate(from), x1: toDate(to) }));
}

function layoutOf() {
  const fine = range[1] - range[0] <= GRID;
  return look({
    height: trace.clientWidth < 600 ? 300 : 380,
    dragmode: "pan",
    xaxis: times({
      range: range.map(toDate),
      anchor: "y2",
      minor: { dtick: 200, showgrid: fine },
    }),
    yaxis: {
      domain: [0.12, 1],
      range: [Number(viewer.dataset.low), Number(viewer.dataset.high)],
      fixedrange: true,
      zeroline: false,
      title: { text: "mV" },
      minor: { dtick: 0.5, showgrid: true },
    },
    yaxis2: { domain: [0, 0.1], range: [-0.7, 1.7], fixedrange: true, visible: false },
    shapes: unreadNear(),
  });
}

async function drawTrace() {
  const mine = (asked += 1);
  const width = range[1] - range[0];
  const [from, to] = [Math.max(0, range[0] - width), Math.min(seconds, range[1] + width)];
  const points = Math.round(Math.min(4000, 1.5 * trace.clientWidth * ((to - from) / width)));
  const address = `${viewer.dataset.trace}?from=${from.toFixed(3)}&to=${to.toFixed(3)}&points=${points}`;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || mine !== asked) return;
  const line = lineOf(await answer.json());
  if (mine !== asked) return;
  loaded = { from, to, width, line };
  await Plotly.react(trace, tracesOf(line), layoutOf(), CONFIG);
}

function tell() {
  trace.dataset.shown = range.map((time) => time.toFixed(3)).join(" ");
  const inside = firstFrom(range[1]) - firstFrom(range[0]);
  $("where").textContent =
    `${clock(range[0], 1)} to ${clock(range[1], 1)}, ${inside.toLocaleString("en")} beats`;
}

function shadeRange() {
  if (!rr.layout) return;
  const [x0, x1] = range.map(toDate);
  Plotly.relayout(rr, { "shapes[0].x0": x0, "shapes[0].x1": x1 });
}

/** Asks the server where what is here is not enough for the range that is shown. */
function refresh() {
  const width = range[1] - range[0];
  const far = !loaded || range[0] < Math.max(0, loaded.from) - 1e-3 || range[1] > loaded.to + 1e-3;
  const near = loaded && Math.min(range[0] - loaded.from, loaded.to - range[1]) < width / 3;
  const other = loaded && Math.abs(Math.log(width / loaded.width)) > 0.05;
  if (far || near || other) drawTrace();
}

function moved() {
  tell();
  shadeRange();
  clearTimeout(timer);
  timer = setTimeout(refresh, WAIT);
}

function show(next) {
  range = clamp(next);
  if (trace.layout) Plotly.relayout(trace, { "xaxis.range": range.map(toDate) });
  moved();
}

function followed(event) {
  const from = event["xaxis.range[0]"] ?? event["xaxis.range"]?.[0];
  const to = event["xaxis.range[1]"] ?? event["xaxis.range"]?.[1];
  if (from === undefined || to === undefined) return;
  const given = [toSeconds(from), toSeconds(to)];
  const next = clamp(given);
  if (Math.abs(next[0] - range[0]) + Math.abs(next[1] - range[1]) < 1e-6) return;
  range = next;
  moved();
}

function goTo(beat) {
  const half = Math.min(AROUND, seconds / 2);
  const width = Math.min(Math.max((range[1] - range[0]) / 2, LEAST / 2), half);
  turnTo(beat);
  show([beats.times[beat] - width, beats.times[beat] + width]);
  $("where").textContent = `${hover(beat).split("<br>").join(", ")}`;
}

/** From the beat that was gone to last, if it is still in sight, else from the middle. */
function step(direction) {
  const middle = (range[0] + range[1]) / 2;
  const seen = at >= 0 && beats.times[at] >= range[0] && beats.times[at] <= range[1];
  const from = seen ? at : direction > 0 ? firstFrom(middle) - 1 : firstFrom(middle);
  const found = nextBeat(from, direction);
  if (found >= 0) goTo(found);
  else $("where").textContent = direction > 0 ? "No abnormal beat after this." : "No abnormal beat before this.";
}

function zoom(factor) {
  const [middle, half] = [(range[0] + range[1]) / 2, ((range[1] - range[0]) / 2) * factor];
  show([middle - half, middle + half]);
}

function pan(share) {
  const by = (range[1] - range[0]) * share;
  show([range[0] + by, range[1] + by]);
}

const DO = {
  next: () => step(1),
  previous: () => step(-1),
  closer: () => zoom(0.5),
  wider: () => zoom(2),
  whole: () => show([0, seconds]),
  ten: () => zoom((2 * AROUND) / (range[1] - range[0])),
};
const KEYS = { n: DO.next, p: DO.previous };
const TRACE_KEYS = {
  "+": DO.closer,
  "=": DO.closer,
  "-": DO.wider,
  ArrowLeft: () => pan(-0.25),
  ArrowRight: () => pan(0.25),
  Home: () => show([0, range[1] - range[0]]),
  End: () => show([seconds - (range[1] - range[0]), seconds]),
};

function pressed(event) {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const found = KEYS[event.key.toLowerCase()] ?? (event.target === trace && TRACE_KEYS[event.key]);
  if (!found) return;
  event.preventDefault();
  found();
}

function drawIntervals() {
  const shown = beats.times.map((_, beat) => beat).filter((beat) => isShown(beat) && beats.rr[beat] !== null);
  const each = Math.max(1, Math.ceil(shown.length / DOTS));
  const some = shown.filter((beat, place) => place % each === 0 || (isAbnormal(beat) && shown.length < 4 * DOTS));
  const all = marks(some, (beat) => beats.rr[beat]).map((one) => ({ ...one, marker: { ...one.marker, size: 5 } }));
  const layout = look({
    height: 180,
    dragmode: false,
    xaxis: times({ range: [0, seconds].map(toDate), fixedrange: true }),
    yaxis: { fixedrange: true, zeroline: false, title: { text: "s" }, rangemode: "tozero" },
    shapes: [{ ...SHADE, x0: toDate(range[0]), x1: toDate(range[1]) }],
  });
  return Plotly.react(rr, all, layout, STILL);
}

function wentTo(event) {
  const axis = rr._fullLayout?.xaxis;
  if (!axis) return;
  const time = toSeconds(axis.p2c(event.clientX - rr.getBoundingClientRect().left - axis._offset));
  const half = (range[1] - range[0]) / 2;
  if (time >= 0 && time <= seconds) show([time - half, time + half]);
}

async function begin() {
  if (!(await readBeats())) return; // the table stays
  range = clamp(range);
  tell();
  await drawTrace();
  await drawIntervals();
  trace.on("plotly_relayout", followed);
  rr.addEventListener("click", wentTo);
  document.addEventListener("keydown", pressed);
  viewer.addEventListener("click", (event) => DO[event.target.closest("[data-do]")?.dataset.do]?.());
  $("go-surest")?.addEventListener("click", () => {
    goTo(Number(viewer.dataset.surest));
    viewer.scrollIntoView({ block: "start" });
  });
  listeners.push(() => {
    Plotly.react(trace, tracesOf(loaded.line), layoutOf(), CONFIG);
    drawIntervals();
  });
}

begin();
