// Takes the reader of the screen to what was refused.
document.querySelector("#guidance[data-fixed], #errors")?.focus();
