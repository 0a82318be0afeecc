// Which required fields of a control are still empty, by name in its bar, so that nobody has to press to find out; the server
// refuses it without.
// <span data-open='[{"says": "height", "any": ["height_1", "height_not_measured"], "of": {"kind": ["", "clinic"]}}]'
//       data-some="still required: {what}" data-none="required fields filled in"> in a form of a control. Asked only with one of
// these choices in a field (`of`), when one of these fields is filled in (`with`), while js/days.js holds it for `required`.
const bar = document.querySelector("[data-open]");
const fields = bar?.closest("form").elements;

function answered(name) {
  return Boolean(fields[name]?.value.trim());
}

function asked(one) {
  const chosen = Object.entries(one.of ?? {}).every(([name, choices]) => choices.includes(fields[name].value));
  return chosen && (!one.with || one.with.some(answered)) && (!one.required || fields[one.any[0]].required);
}

function look() {
  const lacks = JSON.parse(bar.dataset.open).filter((one) => asked(one) && !one.any.some(answered));
  bar.textContent = lacks.length ? bar.dataset.some.replace("{what}", lacks.map((one) => one.says).join("; ")) : bar.dataset.none;
  bar.classList.toggle("is-complete", !lacks.length);
}

if (bar) {
  for (const when of ["input", "change"]) bar.closest("form").addEventListener(when, look);
  look();
}
