// A list by keyboard: J and K move the row, Enter opens it, N starts a control of its patient, X ticks it, a digit presses the row's button of that digit; the tick above all rows and the count follow.
const off = document.documentElement.dataset.singleKeys === "off";
const list = document.querySelector("[data-rows]");
const rows = list ? [...list.querySelectorAll("tbody > tr:has(a[href])")] : [];
const ticks = list ? [...list.querySelectorAll("tbody input[type=checkbox]")] : [];
const all = list?.querySelector("[data-all]");
const counts = document.querySelectorAll("[data-count]");
let at = -1;

function move(step) {
  rows[at]?.classList.remove("row-cursor");
  at = Math.max(0, Math.min(rows.length - 1, at + step));
  rows[at].classList.add("row-cursor");
  rows[at].scrollIntoView({ block: "nearest" });
  (rows[at].querySelector("a[data-open]") ?? rows[at].querySelector("a[href]")).focus({ preventScroll: true });
}

// The record that the row is about: a patient with several items has her name in the first of her rows.
function record() {
  for (let row = at; row >= 0; row--) {
    const link = rows[row].querySelector("a[data-open]");
    if (link) return link.pathname;
  }
  return "";
}

function count() {
  const n = ticks.filter((tick) => tick.checked).length;
  for (const place of counts) place.textContent = String(n);
  if (all) {
    all.checked = n > 0 && n === ticks.length;
    all.indeterminate = n > 0 && n < ticks.length;
  }
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("textarea, select, [contenteditable], input:not([type=checkbox])");
  if (off || typing || !rows.length || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  const tick = rows[at]?.querySelector("input[type=checkbox]");
  if (key === "j" || key === "k") {
    event.preventDefault();
    move(key === "j" ? 1 : -1);
  } else if (key === "x" && tick) {
    event.preventDefault();
    tick.click();
  } else if (key === "n" && record() && "control" in list.dataset) {
    event.preventDefault();
    location.assign(`${record()}/controls/new`);
  } else if (/^[1-9]$/.test(key)) {
    rows[at]?.querySelector(`[data-digit="${key}"]`)?.click();
  }
});

list?.addEventListener("change", (event) => {
  if (event.target === all) for (const tick of ticks) tick.checked = all.checked;
  count();
});
if (all) all.hidden = false;
if (ticks.length) count();
