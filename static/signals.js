// The form for recordings, and the page that waits while one is classified. Both work without this.
"use strict";

const $ = (id) => document.getElementById(id);
const EACH = 700; // ms between two questions
document.documentElement.classList.add("scripted");

function chosen(input) {
  const names = [...input.files].map((file) => file.name);
  $("file-name").textContent = `Chosen: ${names.join(", ")}`;
  for (const sample of document.querySelectorAll("input[name=sample]")) sample.checked = false;
}

function watchForm(form) {
  const input = $("files");
  const hint = $("file-name").textContent;
  input.addEventListener("change", () => chosen(input));
  form.addEventListener("change", (event) => {
    if (event.target.name !== "sample") return;
    input.value = "";
    $("file-name").textContent = hint;
  });
  form.addEventListener("submit", () => {
    $("go").disabled = true;
    $("sending").hidden = false;
  });
  window.addEventListener("pageshow", () => {
    $("go").disabled = false;
    $("sending").hidden = true;
  });
  watchDrops(input);
}

function watchDrops(input) {
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      $("drop").classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) $("drop").classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    $("drop").classList.remove("over");
    input.files = event.dataTransfer.files;
    chosen(input);
  });
}

async function watchProgress(bar) {
  for (;;) {
    const answer = await fetch(bar.dataset.progress).catch(() => null);
    if (answer && !answer.ok) return location.reload(); // the page says why
    if (answer) {
      const told = await answer.json();
      bar.value = told.share;
      $("bar-text").textContent = told.detail;
      if (told.state === "done" || told.state === "failed") return location.reload();
    }
    await new Promise((resolve) => setTimeout(resolve, EACH));
  }
}

if ($("ask")) watchForm($("ask"));
if ($("bar")) watchProgress($("bar"));
