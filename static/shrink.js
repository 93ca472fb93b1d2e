// Makes a picture that is too large to send smaller before it is sent: drawn upright, as JPEG.
"use strict";

const DRAWN = 16e6; // pixels: more, some browsers draw nothing
const QUALITIES = [0.92, 0.85, 0.75];
const PNG_DEPTH = 24; // the byte of a PNG that tells how many bits a value has

/** Whether a PNG has 16 bits a value: the server reads these by their range, which a canvas does not. */
async function isDeep(file) {
  const head = new Uint8Array(await file.slice(0, PNG_DEPTH + 1).arrayBuffer());
  return head[1] === 0x50 && head[2] === 0x4e && head[PNG_DEPTH] === 16;
}

function drawSmaller(bitmap, quality) {
  const factor = Math.min(1, Math.sqrt(DRAWN / (bitmap.width * bitmap.height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * factor);
  canvas.height = Math.round(bitmap.height * factor);
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "white"; // what is transparent stands on paper
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
}

/** The file, or a smaller picture of it where it has more than `most` bytes and the browser can draw it. */
async function fitting(file, most) {
  if (file.size <= most || (await isDeep(file))) return file;
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    for (const quality of QUALITIES) {
      const drawn = await drawSmaller(bitmap, quality);
      if (drawn && drawn.size <= most) return drawn;
    }
  } catch {
    // no picture that this browser knows: the server says what to do
  }
  return file;
}

/** Bytes in MB, for people. */
const inMegabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
