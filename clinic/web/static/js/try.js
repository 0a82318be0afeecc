// Words that are typed are tried on the letters beside them; without it the button "Try" does the same.
const form = document.querySelector("form[data-try]");
const shown = document.getElementById("tried");
let timer = 0;
let asked = 0;

async function attempt() {
  const turn = ++asked;
  const reply = await fetch(form.dataset.try, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (turn === asked && reply?.ok && !reply.redirected) shown.innerHTML = await reply.text();
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(attempt, 300);
});
