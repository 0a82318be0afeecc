// A screen that is left alone locks itself: what stands on it is hidden and kept, and its owner's password shows it again.
// Only what a person does keeps her session. The server locks by itself; it hears at most twice a minute that she works.
const lock = document.getElementById("lock");
const soon = document.getElementById("lock-soon");
const asked = lock.querySelector("template"); // its form stands on the page only while it is locked
const token = asked.content.querySelector("[name=csrf_token]").value;
const IDLE = Number(lock.dataset.idle) * 1000;
const WARN = Math.min(60000, IDLE / 2);
const TELL = 30000;
const windows = new BroadcastChannel("botwacht"); // all windows of this browser are one session; nothing is kept in it
let told = Date.now();
let active = Date.now();

const left = () => active + IDLE - Date.now();

function act() {
  active = Date.now();
  windows.postMessage(lock.dataset.person);
}

async function isStillHers() {
  told = Date.now();
  const body = new FormData();
  body.set("csrf_token", token);
  const reply = await fetch(lock.dataset.still, { method: "POST", body }).catch(() => null);
  if (!reply) return !lock.open; // no connection: as it was
  const person = reply.ok && (await reply.text());
  if (person && person !== lock.dataset.person) location.reload(); // a colleague signed in; this page is not hers
  return person === lock.dataset.person;
}

function close() {
  if (lock.open) return;
  soon.hidden = true;
  document.documentElement.classList.add("is-locked");
  lock.append(asked.content.cloneNode(true));
  for (const form of lock.querySelectorAll("form")) form.addEventListener("submit", unlock);
  lock.showModal();
  lock.dispatchEvent(new Event("locked", { bubbles: true }));
}

function open() {
  act();
  document.documentElement.classList.remove("is-locked");
  lock.querySelector(".panel").remove();
  lock.close();
}

async function worked() {
  if (lock.open || left() <= 0) return;
  act();
  soon.hidden = true;
  if (Date.now() - told > TELL && !(await isStillHers())) close();
}

async function look() {
  if (lock.open) {
    if (left() > 0 && (await isStillHers())) open(); // unlocked in another window
  } else if (left() <= 0) close();
  else soon.hidden = left() > WARN;
}

// what the page says at the password, else of the passkey above it
const wrong = (page) => page.querySelector(".form-field .error") ?? page.querySelector("#errors li");

async function unlock(event) {
  event.preventDefault();
  const form = event.target;
  const said = lock.querySelector("#lock-said");
  const reply = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
  if (reply?.type === "opaqueredirect") return open();
  if (reply?.status === 410) said.textContent = said.dataset.over;
  else if (reply) said.textContent = wrong(new DOMParser().parseFromString(await reply.text(), "text/html"))?.textContent;
  if (form.elements.password) form.elements.password.select();
  else form.reset();
}

act();
windows.addEventListener("message", () => {
  active = Date.now();
});
for (const kind of ["keydown", "pointerdown", "input", "wheel"]) document.addEventListener(kind, worked, { passive: true });
lock.addEventListener("cancel", (event) => event.preventDefault());
lock.addEventListener("close", () => document.documentElement.classList.contains("is-locked") && lock.showModal());
document.addEventListener("visibilitychange", look); // a laptop that slept
setInterval(look, 5000);
