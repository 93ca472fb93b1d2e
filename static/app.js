// Makes the plain form comfortable: preview with the frame that is read, drop, paste, progress.
// Without it the same form works as an ordinary post.
"use strict";

const $ = (id) => document.getElementById(id);
const form = $("ask");
const fileInput = $("file");
const camera = $("camera");
const shown = $("shown");
const frame = $("frame");
const number = $("page-number");
const hint = $("file-name").textContent;
const STATES = { idle: "loads on first use", loading: "loading", ready: "ready", unavailable: "unavailable" };
const PDF = "application/pdf";
let page = null; // a File, or null when a sample is chosen
let asked = 0; // counts previews, so that a late answer doesn't overwrite a newer one
let chosen = 0; // the same of files, which may take a moment to be made smaller

document.documentElement.classList.add("scripted");

function pageFields() {
  const fields = new FormData();
  const sample = form.querySelector("input[name=sample]:checked");
  if (page) fields.set("file", page, "page");
  if (page && page.type === PDF) fields.set("page", number.value);
  else if (sample) fields.set("sample", sample.value);
  return fields;
}

function fail(sentence) {
  $("error").textContent = sentence;
  $("error").hidden = false;
  $("error").scrollIntoView({ block: "center" });
}

async function problemOf(answer) {
  try {
    return (await answer.json()).detail;
  } catch {
    return "The server gave no readable answer; try it again.";
  }
}

async function preview(address) {
  const mine = ++asked;
  $("error").hidden = true;
  if ($("nothing")) $("nothing").hidden = true;
  frame.setAttribute("hidden", "");
  shown.src = address;
  shown.hidden = false;
  const text = $("frame-text");
  try {
    const answer = await fetch("/api/v1/frame", { method: "POST", body: pageFields() });
    if (mine !== asked) return;
    if (!answer.ok) {
      shown.hidden = true;
      fail(await problemOf(answer));
      return;
    }
    const read = await answer.json();
    const [left, top, right, bottom] = read.area;
    frame.setAttribute("viewBox", `0 0 ${read.width} ${read.height}`);
    const corners = read.straightened?.corners ?? [[left, top], [right, top], [right, bottom], [left, bottom]];
    frame.querySelector("polygon").setAttribute("points", corners.join(" "));
    if (!shown.hidden) frame.removeAttribute("hidden");
    suit(read.kind);
    text.textContent = read.straightened
      ? `The green box is what the models read. ${read.notes.join(" ")}`
      : read.kind === "beat"
      ? "This is read as the picture of one beat."
      : read.frame
        ? "The green box is what the models read: what is printed around it gives answers away."
        : "No trace frame was found, so the whole picture is read: answers are uncertain at most.";
  } catch {
    if (mine === asked) text.textContent = "The server can't be reached; the frame is not known yet.";
  }
}

/** Chooses the models that read such a picture, where some are chosen and none of these does. */
function suit(kind) {
  const wanted = kind === "beat" ? "beat_picture" : "page";
  const boxes = [...form.querySelectorAll("input[name=model]:not(:disabled)")];
  const fits = (box) => box.closest(".model").dataset.reads === wanted;
  const chosen = boxes.filter((box) => box.checked);
  if (!chosen.length || chosen.some(fits) || !boxes.some(fits)) return;
  for (const box of boxes) box.checked = fits(box);
}

async function chooseFile(file) {
  if (!file) return;
  const mine = ++chosen;
  const most = Number(fileInput.dataset.most);
  const name = file.name || "a pasted picture";
  page = file; // what is asked about if nobody waits for a smaller one
  for (const sample of form.querySelectorAll("input[name=sample]")) sample.checked = false;
  if (file.size > most) $("file-name").textContent = `Making ${name} smaller, it has ${inMegabytes(file.size)}`;
  const sent = await fitting(file, most);
  if (mine !== chosen) return;
  page = sent;
  $("file-name").textContent = sent === file
    ? `Chosen: ${name}`
    : `Chosen: ${name}, ${inMegabytes(file.size)}, made smaller here: ${inMegabytes(sent.size)} are sent`;
  showNumber();
  preview(URL.createObjectURL(sent));
}

function chooseSample(id) {
  chosen++;
  page = null;
  fileInput.value = camera.value = "";
  $("file-name").textContent = hint;
  showNumber();
  preview(`/pictures/${id}`);
}

/** Asks for the number of a page where a PDF is chosen. */
function showNumber() {
  number.value = 1;
  number.closest("label").hidden = !(page && page.type === PDF);
}

function showStates(models) {
  for (const model of models) {
    const card = form.querySelector(`[data-model="${CSS.escape(model.key)}"]`);
    if (!card) continue;
    card.dataset.state = model.state;
    card.querySelector("[data-state-text]").textContent = STATES[model.state];
    if (model.state === "unavailable") {
      const box = card.querySelector("input");
      box.checked = false;
      box.disabled = true;
      card.title = model.reason;
    }
  }
  const loading = models.filter((model) => model.state === "loading").map((model) => model.title);
  $("progress-text").textContent = loading.length
    ? `Loading ${loading.join(" and ")}: only once, some seconds`
    : "Reading the page";
}

async function refreshStates() {
  const answer = await fetch("/api/v1/models");
  showStates((await answer.json()).models);
}

async function watchStates(until) {
  while (!until.done) {
    await refreshStates().catch(() => {}); // the analysis itself reports that the server is gone
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}

async function saveTraces(button) {
  button.disabled = true;
  try {
    const answer = await fetch("/api/v1/traces", {
      method: "POST",
      body: pageFields(),
      headers: { Accept: "text/csv, application/problem+json" },
    });
    if (answer.ok) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await answer.blob());
      link.download = "traces.csv";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    } else {
      fail(await problemOf(answer));
    }
  } catch {
    fail("The server can't be reached; try it again.");
  }
  button.disabled = false;
}

async function analyse(event) {
  event.preventDefault();
  $("error").hidden = true;
  if (event.submitter && "traces" in event.submitter.dataset) return saveTraces(event.submitter);
  const fields = pageFields();
  for (const box of form.querySelectorAll("input[name=model]:checked")) fields.append("model", box.value);
  const until = { done: false };
  $("go").disabled = true;
  $("progress").hidden = false;
  const watching = watchStates(until);
  try {
    const answer = await fetch("/results", {
      method: "POST",
      body: fields,
      headers: { Accept: "application/problem+json, text/html;q=0.5" },
    });
    if (!answer.ok) {
      fail(await problemOf(answer));
    } else {
      $("answers").innerHTML = await answer.text(); // made by our own template, escaped there
      $("answers").focus({ preventScroll: true });
      $("answers").scrollIntoView({ behavior: "smooth", block: "start" });
    }
  } catch {
    fail("The server can't be reached; try it again.");
  }
  until.done = true;
  await watching;
  $("go").disabled = false;
  $("progress").hidden = true;
  refreshStates().catch(() => {});
}

form.addEventListener("submit", analyse);
for (const input of [fileInput, camera]) input.addEventListener("change", () => chooseFile(input.files[0]));
shown.addEventListener("error", () => { // a PDF, and what this browser can't draw
  shown.hidden = true;
  frame.setAttribute("hidden", "");
});
number.addEventListener("change", () => preview(URL.createObjectURL(page)));
form.addEventListener("change", (event) => {
  if (event.target.name === "sample") chooseSample(event.target.value);
});
const drop = $("drop");
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  chooseFile(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => {
  const picture = [...event.clipboardData.items].find((item) => item.type.startsWith("image/"));
  if (picture) chooseFile(picture.getAsFile());
});
showNumber();
const already = form.querySelector("input[name=sample]:checked");
if (already && !frame.hasAttribute("viewBox")) chooseSample(already.value);
