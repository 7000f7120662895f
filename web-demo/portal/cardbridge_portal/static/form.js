// S5: 代表窓口情報と同じ, and focus on the first field that was refused.
const copy = document.getElementById("copy-contact");
copy?.addEventListener("click", () => {
  for (const target of document.querySelectorAll('input[name^="unit_"]')) {
    target.value = document.getElementById(target.name.replace(/^unit_/, "contact_")).value;
  }
  document.getElementById("copied").textContent = "代表窓口情報の内容を入れました。";
});
if (copy) copy.disabled = false;
document.getElementById("errors")?.focus();
