// Passkeys: the browser is asked to show or to make one, and its answer goes into the form that waits for it. What is
// about them stays hidden in a browser that knows none, and at another address than the one they are made for.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const words = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const described = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
const PARTS = ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"];

async function shown(place, form) {
  const body = new FormData();
  body.set("csrf_token", form.elements.csrf_token.value);
  const asked = await (await fetch(place.dataset.ask, { method: "POST", body })).json();
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: described(asked.allowCredentials) };
  return navigator.credentials.get({ publicKey });
}

function made(asked) {
  const user = { ...asked.user, id: bytes(asked.user.id) };
  const publicKey = { ...asked, user, challenge: bytes(asked.challenge), excludeCredentials: described(asked.excludeCredentials) };
  return navigator.credentials.create({ publicKey });
}

function answer(credential) {
  const given = PARTS.filter((part) => credential.response[part]).map((part) => [part, words(credential.response[part])]);
  return JSON.stringify({ id: credential.id, rawId: words(credential.rawId), type: credential.type, response: Object.fromEntries(given) });
}

function wire(place) {
  const form = place.closest("form");
  const said = place.querySelector("[role=status]");
  let busy = false;
  form.addEventListener("reset", () => (busy = false)); // what was shown opened nothing: once more
  place.querySelector("button").addEventListener("click", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    said.textContent = "";
    try {
      const credential = await (place.dataset.make ? made(JSON.parse(place.dataset.make)) : shown(place, form));
      form.elements.passkey.value = answer(credential);
      if (place === form) return form.requestSubmit();
      said.textContent = said.dataset.shown;
    } catch {
      said.textContent = said.dataset.failed; // she closed the browser's window, or has none on this device
    }
    busy = false;
  });
}

function offer(within) {
  for (const place of within.querySelectorAll("[data-passkey]")) {
    const here = window.PublicKeyCredential !== undefined && location.origin === place.dataset.passkey;
    place.hidden = !here;
    for (const other of document.querySelectorAll("[data-no-passkey]")) other.hidden = here;
    if (place.dataset.ask || place.dataset.make) wire(place);
  }
}

offer(document);
document.addEventListener("locked", (event) => offer(event.target)); // the lock's forms come when it closes
