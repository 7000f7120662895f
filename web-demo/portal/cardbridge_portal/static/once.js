// Numbers that are shown once: saved as a file on request, gone from the page when it is left.
import { t } from "./language.js";

const save = document.getElementById("save");
const list = document.getElementById("numbers");

if (save) {
  save.hidden = false;
  save.addEventListener("click", () => {
    // The byte order mark tells Excel that the file is UTF-8.
    const content = "\uFEFF" + list.value.replace(/\r?\n/g, "\r\n");
    const address = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href: address, download: save.dataset.file }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
    document.getElementById("saved").textContent = t("保存しました。ファイルを開いて確かめてください。", "Saved. Open the file to make sure.");
  });
}
addEventListener("pagehide", () => {
  for (const element of document.querySelectorAll("[data-once]")) element.remove();
});
