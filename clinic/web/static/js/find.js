// The search while typing: posts the form to data-live and shows the fragment; without it Enter posts as before.
// Nothing that was typed stands in an address. Arrows choose, Enter opens, Ctrl Enter starts a control, Escape closes.
const form = document.querySelector("form.find[data-live]");
const input = form?.querySelector("input[type=search]");
let timer = 0;
let asked = 0;
let at = -1;

function close() {
  form.querySelector(".found")?.remove();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
  at = -1;
}

async function ask() {
  const turn = ++asked;
  if (input.value.trim().length === 1) return close();
  const reply = await fetch(form.dataset.live, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (turn !== asked || !reply?.ok || reply.redirected) return;
  close();
  const found = document.createElement("div");
  found.className = "found";
  found.id = "found";
  found.innerHTML = await reply.text();
  form.append(found);
  input.setAttribute("aria-expanded", "true");
}

function choose(step) {
  const options = [...form.querySelectorAll("[role=option]")];
  if (!options.length) return;
  options[at]?.setAttribute("aria-selected", "false");
  at = (at + step + options.length) % options.length;
  options[at].id ||= `found-${at}`;
  options[at].setAttribute("aria-selected", "true");
  options[at].scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", options[at].id);
}

if (form) {
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", "found"], ["aria-autocomplete", "list"]]) {
    input.setAttribute(name, value);
  }
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 180);
  });
  input.addEventListener("focus", () => {
    if (!input.value) ask(); // whom one opened last
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    }
    const link = event.key === "Enter" && at >= 0 && form.querySelectorAll("a[role=option]")[at];
    if (!link) return;
    event.preventDefault();
    if (event.ctrlKey && link.closest("[data-control]")) location.assign(`${link.href}/controls/new`);
    else link.click();
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) close();
  });
}
