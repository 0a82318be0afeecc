// Single keys: "/" to the search, "?" to the keys, a letter or digit to what names it in data-key. Off inside fields, and per user.
const off = document.documentElement.dataset.singleKeys === "off";

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (off || typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const find = document.getElementById("find-q");
  if (event.key === "/" && find) {
    event.preventDefault();
    find.focus();
    return;
  }
  if (event.key === "?") {
    event.preventDefault();
    showKeys();
    return;
  }
  if (!/^[a-z1-9]$/i.test(event.key)) return;
  const act = document.querySelector(`main [data-key="${event.key.toLowerCase()}"], .idband [data-key="${event.key.toLowerCase()}"]`);
  if (act) {
    event.preventDefault();
    act.click();
  }
});

// Ctrl Enter finishes the form whose field has the focus by its filled button, outside fields the page's [data-finish];
// a form with a draft does so itself (draft.js).
document.addEventListener("keydown", (event) => {
  if (!event.ctrlKey || event.key !== "Enter" || event.defaultPrevented) return;
  const form = event.target.form;
  const buttons = form ? [...form.elements] : document.querySelectorAll("[data-finish]");
  const finish = [...buttons].find((one) => one.matches("[data-finish], button.btn-primary"));
  if (!finish || finish.closest("[data-draft]")) return;
  event.preventDefault();
  finish.click();
});

// In a form whose first button is off Enter presses none (macros/ui.html, no_enter). A browser holds to that in a field for
// text; on a choice or a tick it goes on to the next button, which may be one that throws away.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || !event.target.matches("input[type=radio], input[type=checkbox]")) return;
  const first = [...(event.target.form?.elements ?? [])].find((one) => one.type === "submit");
  if (first?.disabled) event.preventDefault();
});

// "?" and its link show the page of keys over this one, so that nothing typed is left behind.
const link = document.querySelector("a[data-keys]");
async function showKeys() {
  const reply = await fetch(link.href).catch(() => null);
  const page = reply?.ok && !reply.redirected && new DOMParser().parseFromString(await reply.text(), "text/html");
  const list = page && page.getElementById("keys");
  if (!list) return;
  document.querySelector("dialog.keys-shown")?.remove();
  const dialog = document.createElement("dialog");
  dialog.className = "keys-shown";
  dialog.append(list);
  dialog.addEventListener("click", () => dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}
link?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  showKeys();
});

// After a failed post the list of mistakes has the focus; a link "as a table" opens what it points at.
document.getElementById("errors")?.focus();
const open = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
};
window.addEventListener("hashchange", open);
open();
