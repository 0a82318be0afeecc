// What a control still lacks, by name in its bar, so that nobody has to press to find out; the server refuses it without.
// <span data-open='[{"says": "height", "any": ["height_1", "height_not_measured"], "of": "clinic"}]'
//       data-some="still open: {what}" data-none="nothing is open"> in a form of a control; `of`: only of that kind.
const bar = document.querySelector("[data-open]");

function answered(name) {
  return Boolean(bar.closest("form").elements[name]?.value.trim());
}

function look() {
  const kind = bar.closest("form").elements.kind.value || "clinic";
  const lacks = JSON.parse(bar.dataset.open).filter((one) => (one.of ?? kind) === kind && !one.any.some(answered));
  bar.textContent = lacks.length ? bar.dataset.some.replace("{what}", lacks.map((one) => one.says).join(", ")) : bar.dataset.none;
  bar.classList.toggle("is-complete", !lacks.length);
}

if (bar) {
  bar.closest("form").addEventListener("input", look);
  look();
}
