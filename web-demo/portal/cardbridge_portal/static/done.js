// S7: the sheet opens in a window of its own, or in this tab where pop-ups are blocked.
const print = document.getElementById("print");
print.addEventListener("click", () => {
  const opened = window.open("print", "_blank");
  if (!opened) location.assign("print");
});
print.disabled = false;
