// A strip that is wider than a phone shows where one is: it starts at the current tab or part of the menu.
for (const here of document.querySelectorAll(".tabs [aria-current], .mainnav [aria-current]")) {
  const strip = here.parentElement;
  strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}
