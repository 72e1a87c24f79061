// The pages of runs: while a run is written, a page asks for itself every few seconds and takes
// over the parts that changed. It rests while nobody sees it. Without it the pages are the same,
// only still.
"use strict";

const EVERY_MS = 3000;
const SHARE = 20; // At most a twentieth of the time is spent on asking.

const page = document.getElementById("page");
const stale = document.getElementById("stale");
const compare = document.getElementById("compare");
let timer = null;

const isLive = () => page.dataset.live === "yes";

// What a reader did to a part goes over to the new one: unfolded, ticked, chosen.
function carryOver(old, fresh) {
  for (const details of old.querySelectorAll("details[open]")) {
    const all = [...old.querySelectorAll("details")];
    fresh.querySelectorAll("details")[all.indexOf(details)]?.setAttribute("open", "");
  }
  for (const box of old.querySelectorAll("input:checked")) {
    for (const other of fresh.querySelectorAll("input")) {
      if (other.value === box.value) other.checked = true;
    }
  }
}

// Whether somebody is marking text in it, which a new part would undo.
function isMarked(part) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(part, true);
}

function replace(old, fresh) {
  carryOver(old, fresh);
  if (old.isEqualNode(fresh) || isMarked(old)) return;
  const can = "a, button, input, select, summary";
  const place = [...old.querySelectorAll(can)].indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (place >= 0) fresh.querySelectorAll(can)[place]?.focus({ preventScroll: true });
}

function take(other) {
  for (const part of other.querySelectorAll("[data-part]")) {
    const old = document.getElementById(part.id);
    if (old) replace(old, document.adoptNode(part));
  }
  document.title = other.title;
  page.dataset.live = other.getElementById("page").dataset.live;
}

async function refresh() {
  timer = null;
  if (document.hidden || !isLive()) return;
  const start = performance.now();
  try {
    const response = await fetch(location.href);
    if (!response.ok) return location.reload(); // The server's own words say why.
    take(new DOMParser().parseFromString(await response.text(), "text/html"));
    stale.hidden = true;
  } catch {
    stale.hidden = false;
  }
  wait(Math.max(EVERY_MS, SHARE * (performance.now() - start)));
}

function wait(ms) {
  if (timer === null && isLive()) timer = setTimeout(refresh, ms);
}

function showCompare() {
  const n = document.querySelectorAll("input[name=run]:checked").length;
  compare.disabled = n < 2 || n > Number(compare.dataset.most);
}

if (compare) {
  document.addEventListener("change", showCompare);
  addEventListener("pageshow", showCompare);
  showCompare();
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    clearTimeout(timer);
    timer = null;
  } else {
    wait(0);
  }
});
wait(EVERY_MS);
