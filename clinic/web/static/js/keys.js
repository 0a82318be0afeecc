// Focus the search on "/", and move focus to the error summary after a failed post.
const off = document.documentElement.dataset.singleKeys === "off";
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (off || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const find = document.getElementById("find-q");
  if (event.key === "/" && find) {
    event.preventDefault();
    find.focus();
  }
});
document.getElementById("errors")?.focus();
