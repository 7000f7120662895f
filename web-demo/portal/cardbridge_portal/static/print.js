// S8
document.getElementById("print").addEventListener("click", () => window.print());
document.getElementById("close").addEventListener("click", () => {
  if (window.opener) window.close();
  else location.assign("done");
});
