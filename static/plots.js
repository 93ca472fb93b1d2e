// Draws the figures of a model's card with plotly.js. Colours of text and lines come from the style
// sheet, so that they follow light and dark. Without this file the tables say the same.
"use strict";

const COLOURS = ["#3a86c8", "#d1495b", "#c2851b", "#2f9e74", "#8f6bc9", "#7d8794"];
const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
const GREY = "#8b93a1";
const PAPER = 680; // px, a printed page's width
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

function axis(title, more = {}) {
  return { title: { text: title }, fixedrange: true, automargin: true, zeroline: false, ...more };
}

function share(title, more = {}) {
  return axis(title, { range: [-0.02, 1.02], tickformat: ".0%", ...more });
}

function layout(more) {
  return {
    height: 400,
    margin: { l: 56, r: 16, t: 16, b: 56 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 13 },
    hoverlabel: { bgcolor: "#1c2330", bordercolor: "#1c2330", font: { color: "#ffffff" } },
    dragmode: false,
    ...more,
  };
}

function straight(text) {
  const line = { color: GREY, width: 1, dash: "dot" };
  return { x: [0, 1], y: [0, 1], mode: "lines", name: text, line, hoverinfo: "skip" };
}

function nameOf(figures, label) {
  return figures.label_titles[label] ?? label;
}

function drawRoc(figures) {
  const held = figures.cross_validation;
  const traces = Object.entries(held.roc).map(([label, curve], place) => {
    const auc = held.per_class[label]?.auc;
    const told = auc == null ? "" : `, AUC ${auc.toFixed(3)}`;
    return {
      x: curve.fpr,
      y: curve.tpr,
      mode: "lines",
      name: nameOf(figures, label) + told,
      line: { color: COLOURS[place % COLOURS.length], dash: DASHES[place % DASHES.length], width: 2 },
      hovertemplate: "false alarms %{x:.1%}, found %{y:.1%}",
    };
  });
  const legend = { orientation: "h", y: -0.22, x: 0, xanchor: "left", yanchor: "top" };
  const axes = { xaxis: share("False alarms (1 - specificity)"), yaxis: share("Found (recall)") };
  return [[...traces, straight("a coin")], layout({ ...axes, legend, height: 480 })];
}

function broken(words) {
  const lines = [""];
  for (const word of words.split(" ")) {
    const last = lines.length - 1;
    if (lines[last] && lines[last].length + word.length > 12) lines.push(word);
    else lines[last] = `${lines[last]} ${word}`.trim();
  }
  return lines.join("<br>");
}

function drawConfusion(figures, width) {
  const { labels, confusion } = figures.cross_validation;
  const names = labels.map((label) => broken(nameOf(figures, label)));
  const shares = confusion.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((count) => (sum ? count / sum : 0));
  });
  const text = confusion.map((row, i) => row.map((n, j) => `${n}<br>${(100 * shares[i][j]).toFixed(0)} %`));
  const trace = {
    type: "heatmap",
    x: names,
    y: names,
    z: shares,
    zmin: 0,
    zmax: 1,
    text,
    texttemplate: "%{text}",
    colorscale: [[0, "rgba(179,36,59,0.03)"], [1, "rgba(209,73,91,0.6)"]],
    showscale: false,
    xgap: 2, // without gaps plotly sets a style attribute, which the page's policy refuses
    ygap: 2,
    hoverinfo: "skip",
  };
  const plain = { showgrid: false, ticks: "" };
  const tickfont = { size: width < 480 ? 10 : 13 };
  const xaxis = axis("Answer", { ...plain, tickfont, side: "bottom", tickangle: 0 });
  const yaxis = axis("Truth", { ...plain, tickfont, autorange: "reversed" });
  return [[trace], layout({ xaxis, yaxis })];
}

function drawCalibration(figures) {
  const bins = figures.cross_validation.calibration_curve.filter((bin) => bin.n > 0);
  const points = {
    x: bins.map((bin) => bin.confidence),
    y: bins.map((bin) => bin.accuracy),
    customdata: bins.map((bin) => bin.n),
    mode: "lines+markers",
    name: "right",
    line: { color: COLOURS[0], width: 2 },
    marker: { size: 9 },
    hovertemplate: "stated %{x:.1%}, right %{y:.1%}, %{customdata} pages",
  };
  const counts = {
    type: "bar",
    x: bins.map((bin) => (bin.from + bin.to) / 2),
    y: bins.map((bin) => bin.n),
    width: bins.map((bin) => 0.9 * (bin.to - bin.from)),
    text: bins.map((bin) => String(bin.n)),
    textposition: "outside",
    cliponaxis: false,
    name: "count",
    yaxis: "y2",
    marker: { color: GREY },
    hoverinfo: "skip",
  };
  const yaxis = share("Share that was right", { domain: [0.32, 1] });
  const yaxis2 = axis("Count", { domain: [0, 0.2], showgrid: false });
  const xaxis = share("Probability that the model stated", { anchor: "y2" });
  const traces = [points, counts, straight("as stated")];
  return [traces, layout({ xaxis, yaxis, yaxis2, showlegend: false, height: 480 })];
}

function bars(name, values, colour) {
  const x = values.map(([, value]) => value);
  const y = values.map(([words]) => words);
  const text = x.map((value) => (value == null ? "not measured" : value.toFixed(2)));
  const hover = { hovertemplate: "%{x:.1%}" };
  const marker = { color: colour };
  return { type: "bar", orientation: "h", name, x, y, text, textposition: "outside", cliponaxis: false, marker, ...hover };
}

function chanceLine(at, colour) {
  const line = { color: colour, width: 2, dash: "dash" };
  return { type: "line", x0: at, x1: at, y0: 0, y1: 1, yref: "paper", line };
}

function drawShortcuts(figures) {
  const rows = Object.entries(figures.shortcuts).map(([name, one]) => [broken(name), one]);
  const of = (field) => rows.map(([words, one]) => [words, one[field]]);
  const traces = [
    bars("Accuracy", of("accuracy"), COLOURS[0]),
    bars("Balanced accuracy", of("balanced_accuracy"), COLOURS[2]),
  ];
  const { chance } = figures;
  const shapes = chance
    ? [chanceLine(chance.accuracy, COLOURS[0]), chanceLine(chance.balanced_accuracy, COLOURS[2])]
    : [];
  const legend = { orientation: "h", y: 1.02, x: 0, yanchor: "bottom" };
  const room = { range: [0, 1.12], tickvals: [0, 0.25, 0.5, 0.75, 1] }; // for the figure of a full bar
  const xaxis = share(chance ? "Share right; dashed: chance" : "Share right", room);
  const yaxis = axis("", { autorange: "reversed" });
  return [traces, layout({ xaxis, yaxis, shapes, legend, height: 120 + 64 * rows.length })];
}

const DRAW = { roc: drawRoc, confusion: drawConfusion, calibration: drawCalibration, shortcuts: drawShortcuts };
const places = [...document.querySelectorAll("[data-plot]")];

async function drawAll() {
  const answer = await fetch(document.querySelector("[data-figures]").dataset.figures);
  if (!answer.ok) return; // the tables stay
  const figures = await answer.json();
  for (const place of places) {
    place.hidden = false;
    const [traces, look] = DRAW[place.dataset.plot](figures, place.clientWidth);
    await Plotly.newPlot(place, traces, look, CONFIG);
  }
}

function resizeFor(width) {
  for (const place of places) {
    if (place.layout) Plotly.relayout(place, width ? { width, autosize: false } : { width: null, autosize: true });
  }
}

window.addEventListener("beforeprint", () => resizeFor(PAPER));
window.addEventListener("afterprint", () => resizeFor(null));
drawAll();
