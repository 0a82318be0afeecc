// A day that cannot be, or that the protocol does not want, is said once it is typed; the server says the same when it is sent.
// <input data-days='[{"from": "2027-09-28", "to": "2028-01-18", "when": "full phone interim", "unless": "next_control_why", "says": "…"}]'>
// in a form of a control. A rule may name `from`, `to`, days that are `known` already, a field it comes `after`, what the
// control counts as (`when`), and a field that is empty (`unless`).
const form = document.querySelector(".control-form");
const DAY = /^(?:(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4})|(\d{4})-(\d{1,2})-(\d{1,2}))$/;

// 18-5-2027 as 2027-05-18; what is no date is not one to speak of yet.
function read(field) {
  const [, d, m, y, year, month, day] = DAY.exec(field.value.trim()) ?? [];
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

function broken(rule, day) {
  if (rule.when && !counting(rule.when)) return false;
  if (rule.unless && form.elements[rule.unless].value.trim()) return false;
  const after = rule.after ? read(form.elements[rule.after]) : "";
  const known = (rule.known ?? "").split(" ").includes(day);
  return known || (after && day <= after) || (rule.from && day < rule.from) || (rule.to && day > rule.to);
}

function tell(field) {
  const day = read(field);
  const rule = day ? JSON.parse(field.dataset.days).find((one) => broken(one, day)) : null;
  const place = document.getElementById(`${field.id}-said`);
  const told = document.getElementById(`${field.id}-error`); // the server says it already
  place.textContent = rule && !told ? rule.says : "";
}

// <p data-when="phone interim">: the date of the protocol, where it hangs on what the control counts as.
function propose() {
  const kind = counts() || "full";
  for (const one of form.querySelectorAll("[data-when]")) one.hidden = !one.dataset.when.split(" ").includes(kind);
}

// What the server said of a day and its reason was said of another text than now stands there.
function outdated(field) {
  const day = field.id.replace(/_why$/, "");
  if (!form.elements[day]?.dataset?.days) return;
  for (const id of [day, `${day}_why`]) {
    document.getElementById(`${id}-error`)?.remove();
    form.elements[id]?.removeAttribute("aria-invalid");
  }
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
    outdated(event.target);
    if (event.target.dataset.days && document.getElementById(`${event.target.id}-said`).textContent) tell(event.target);
  });
  form.addEventListener("change", () => {
    fields.forEach(tell);
    propose();
  });
  propose();
}
