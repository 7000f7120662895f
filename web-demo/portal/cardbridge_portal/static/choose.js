// S0: narrows the list by name or reading.
const filter = document.getElementById("filter");
const items = [...document.querySelectorAll("#municipalities li")];

const hiragana = (text) =>
  text.normalize("NFKC").replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));

filter.addEventListener("input", () => {
  const wanted = hiragana(filter.value.trim());
  let shown = 0;
  for (const item of items) {
    const hit = item.dataset.name.includes(wanted) || item.dataset.reading.includes(wanted);
    item.hidden = !hit;
    shown += hit ? 1 : 0;
  }
  document.getElementById("count").textContent = `${shown}件`;
  document.getElementById("nothing").hidden = shown > 0;
});
