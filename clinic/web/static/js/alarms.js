// A first page that stays open asks each minute whether an alarm symptom came; the place of the alarms says it aloud.
// What it asks counts as nobody's work: a screen left alone still ends its session.
const place = document.querySelector("[data-alarms]");
const EVERY = 60000;

async function look() {
  if (document.hidden) return;
  const reply = await fetch(`${place.dataset.alarms}?shown=${place.dataset.shown}`).catch(() => null);
  const shown = reply?.status === 200 && reply.headers.get("X-Shown"); // a page of another kind has none
  if (!shown) return;
  place.innerHTML = await reply.text();
  place.dataset.shown = shown;
}

setInterval(look, EVERY); // also while the screen is locked, so that it goes on once it is opened
document.addEventListener("visibilitychange", look);
