// A day that cannot be, or that the protocol does not want, is said once it is typed; the server says the same when it is sent.
// <input data-days='[{"from": "2027-09-28", "to": "2028-01-18", "when": "full phone interim", "unless": "next_control_why", "says": "…"}]'>
// in a form of a control. A rule may name `from`, `to`, days that are `known` already, a field it comes `after` (or has the day
// of, when the control counts as the `same`), what the control counts as (`when`), and a field that is empty (`unless`), which
// is required as long as the rule is broken.
// The form has data-day="2026-11-23", the day of the control by which rules with a `when` were made, and data-months='{"jan": 1, …}'.
const form = document.querySelector(".control-form");
const DAY = /^(?:(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4})|(\d{4})-(\d{1,2})-(\d{1,2}))$/;
const NAMED = /^(\d{1,2})[-./ ]([a-z]{3})[a-z]*\.?[-./ ](\d{4})$/;

// 18-5-2027 and 18 mei 2027 as 2027-05-18; what is no date is not one to speak of yet.
function read(field) {
  const text = field.value.trim().toLowerCase();
  const digits = text.replace(NAMED, (_, d, name, y) => `${d}-${JSON.parse(form.dataset.months)[name]}-${y}`);
  const [, d, m, y, year, month, day] = DAY.exec(digits) ?? [];
  const parts = y ? [y, m, d] : [year, month, day];
  return parts[0] ? parts.map((part) => part.padStart(2, "0")).join("-") : "";
}

function counts() {
  const kind = form.elements.kind.value;
  const full = kind === "clinic" || (kind === "phone" && form.elements.counts_as_full.checked);
  return full ? "full" : kind;
}

// Of a control whose kind is not chosen only what holds of every kind is said.
function counting(when) {
  const kinds = when.split(" ");
  return kinds.length === 3 || kinds.includes(counts());
}

// Whether another day of the control was typed than the page was made for: what the protocol wants after it only the server knows.
function moved() {
  const day = read(form.elements.on);
  return Boolean(day) && day !== form.dataset.day;
}

function broken(rule, day) {
  if (rule.when && (moved() || !counting(rule.when))) return false;
  const after = rule.after ? read(form.elements[rule.after]) : "";
  const same = rule.same && ["", rule.same].includes(counts());
  const early = after && (day < after || (day === after && !same));
  const known = (rule.known ?? "").split(" ").includes(day);
  return known || early || (rule.from && day < rule.from) || (rule.to && day > rule.to);
}

function tell(field) {
  const day = read(field);
  const rules = day ? JSON.parse(field.dataset.days).filter((one) => broken(one, day)) : [];
  const why = form.elements[`${field.name}_why`];
  if (why) why.required = rules.some((one) => one.unless); // js/open.js names it
  const rule = rules.find((one) => !one.unless || !why.value.trim());
  const place = document.getElementById(`${field.id}-said`);
  const told = document.getElementById(`${field.id}-error`); // the server says it already
  place.textContent = rule && !told ? rule.says : "";
}

// <p data-when="phone interim">: the date of the protocol, where it hangs on what the control counts as.
function propose() {
  const kind = counts() || "full";
  for (const one of form.querySelectorAll("[data-when]")) one.hidden = moved() || !one.dataset.when.split(" ").includes(kind);
}

if (form) {
  const fields = [...form.querySelectorAll("[data-days]")];
  for (const field of fields) {
    const place = document.createElement("span");
    place.id = `${field.id}-said`;
    place.className = "more said";
    place.setAttribute("role", "status");
    field.closest(".ask, .form-field").append(place);
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${place.id}`.trim());
    tell(field);
  }
  form.addEventListener("input", (event) => {
    if (event.target.dataset.days && document.getElementById(`${event.target.id}-said`).textContent) tell(event.target);
  });
  form.addEventListener("change", () => {
    fields.forEach(tell);
    propose();
  });
  propose();
}
