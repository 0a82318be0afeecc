// A draft on the server 2 seconds after the last key. The form names where in data-draft; the reply is the sentence to show.
// Ctrl S saves the draft, Ctrl Enter presses [data-finish]. What could not be saved is said, and asked about before leaving.
const form = document.querySelector("form[data-draft]");
const state = document.querySelector("[data-draft-state]");
let timer = 0;
let saved = true;

async function save() {
  clearTimeout(timer);
  const body = new FormData(form);
  saved = true;
  const reply = await fetch(form.dataset.draft, { method: "POST", body }).catch(() => null);
  const good = Boolean(reply?.ok && !reply.redirected);
  const taken = reply?.status === 409; // a colleague goes on with it; the reply says who
  if (!good) saved = false;
  if (state) state.textContent = good || taken ? await reply.text() : state.dataset.failed;
  if (!good && !taken) timer = setTimeout(save, 15000);
}

if (form) {
  form.addEventListener("input", () => {
    saved = false;
    clearTimeout(timer);
    timer = setTimeout(save, 2000);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    saved = true;
  });
  document.addEventListener("keydown", (event) => {
    if (!event.ctrlKey) return;
    if (event.key === "s") {
      event.preventDefault();
      save();
    } else if (event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-finish]") ?? document.querySelector("[data-finish]") ?? undefined);
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (!saved) event.preventDefault();
  });
}
