// What the server said of a field was said of another text than now stands there: it goes once that field is changed, and
// with a day that is agreed what was said of its reason. What is agreed hangs on the control's own day and kind.
const form = document.querySelector(".control-form");
const COUNT = ["on", "kind", "counts_as_full"];

function outdated(name) {
  const id = `${name}-error`;
  const error = document.getElementById(id);
  error?.closest(".has-error")?.classList.remove("has-error");
  error?.remove();
  for (const told of form.querySelectorAll(`[aria-describedby~="${id}"]`)) {
    told.removeAttribute("aria-invalid");
    const rest = told.getAttribute("aria-describedby").split(" ").filter((one) => one !== id);
    if (rest.length) told.setAttribute("aria-describedby", rest.join(" "));
    else told.removeAttribute("aria-describedby");
  }
}

if (form) {
  const agreed = [...form.elements].map((field) => field.name).filter((name) => name.startsWith("next_"));
  // before the other scripts, which say what the server no longer does
  form.addEventListener("input", ({ target }) => [target.name, `${target.name}_why`, ...(COUNT.includes(target.name) ? agreed : [])].forEach(outdated), true);
}
