// S8
const print = document.getElementById("print");
const close = document.getElementById("close");
print.addEventListener("click", () => window.print());
close.addEventListener("click", () => {
  if (window.opener) window.close();
  else location.assign(close.dataset.next);
});
for (const button of [print, close]) button.disabled = false;
