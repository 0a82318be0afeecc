// Copy a text field with one button: <button data-copy="#id" data-copied="copied" hidden>. Without script the text is selected by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.querySelector(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard?.writeText(field.value).catch(() => document.execCommand("copy"));
    button.querySelector("span").textContent = button.dataset.copied;
  });
}
