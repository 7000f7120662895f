// S0: narrows the list by name or reading.
import { t } from "./language.js";

const filter = document.getElementById("filter");
const items = [...document.querySelectorAll("#municipalities li")];

const hiragana = (text) =>
  text.normalize("NFKC").toLowerCase().replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));

filter.addEventListener("input", () => {
  const wanted = hiragana(filter.value.trim());
  let shown = 0;
  for (const item of items) {
    const { name, reading, english } = item.dataset;
    const hit = name.includes(wanted) || reading.includes(wanted) || english.includes(wanted);
    item.hidden = !hit;
    shown += hit ? 1 : 0;
  }
  document.getElementById("count").textContent = t(`${shown}件`, `${shown} municipalities`);
  document.getElementById("nothing").hidden = shown > 0;
});
