// F2, F8 and the like: a key presses the visible, enabled element that names it in data-key.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const named = document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]:not(:disabled)`);
  const target = [...named].find((element) => element.offsetParent !== null);
  if (!target) return;
  event.preventDefault();
  target.click();
});
