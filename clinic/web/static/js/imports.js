// While a file is read or brought in: show that something happens, and let the button be pressed once.
for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", () => {
    document.getElementById(form.dataset.busy).hidden = false;
    for (const button of form.querySelectorAll("button")) button.disabled = true;
  });
}
