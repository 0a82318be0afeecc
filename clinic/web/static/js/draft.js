// A draft on the server within 2 seconds of the last key. The form names where in data-draft; the reply is the sentence to show.
// Ctrl S saves the draft, Ctrl Enter presses [data-finish]. What could not be saved is said, and asked about before leaving.
const form = document.querySelector("form[data-draft]");
const state = document.querySelector("[data-draft-state]");
const PAUSE = 1000; // after the last key; the other second is for the way to the server
const AGAIN = 15000;
const AWAY = [502, 503, 504]; // a proxy answers in the server's place
let timer = 0;
let typed = 0; // how often something was typed, and up to which time the server has it
let kept = 0;
let leaving = false;
let there = false;

// Keep what stands in the form now; whether the server answered at all.
async function save() {
  clearTimeout(timer);
  const upTo = typed;
  const body = new FormData(form);
  body.delete("password"); // what signs is no part of a draft
  const reply = await fetch(form.dataset.draft, { method: "POST", body }).catch(() => null);
  const good = Boolean(reply?.ok && !reply.redirected);
  const taken = reply?.status === 409; // a colleague goes on with it, or it was sent before; the reply says so
  if (good) kept = upTo;
  if (state) state.textContent = good || taken ? await reply.text() : state.dataset.failed;
  if (!good && !taken) timer = setTimeout(save, AGAIN);
  return Boolean(reply) && !AWAY.includes(reply.status);
}

// A form that is sent while the network is gone is lost with its page: first see that the server is there.
async function leave(event) {
  if (there || (!leaving && kept === typed && navigator.onLine)) {
    clearTimeout(timer);
    there = false;
    kept = typed;
    return;
  }
  event.preventDefault();
  if (leaving) return; // pressed twice
  leaving = true;
  there = await save();
  leaving = false;
  if (there) form.requestSubmit(event.submitter ?? undefined);
  else if (state) state.textContent = state.dataset.away;
}

if (form) {
  form.addEventListener("input", () => {
    typed++;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", leave);
  window.addEventListener("online", () => {
    if (kept !== typed) save();
  });
  document.addEventListener("keydown", (event) => {
    const elsewhere = event.target.form && event.target.form !== form;
    if (!event.ctrlKey || elsewhere) return;
    if (event.key === "s") {
      event.preventDefault();
      save();
    } else if (event.key === "Enter") {
      const finish = [...document.querySelectorAll("[data-finish]")].find((button) => button.form === form);
      if (!finish) return;
      event.preventDefault();
      form.requestSubmit(finish);
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (kept !== typed) event.preventDefault();
  });
}
