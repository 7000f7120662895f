// S4: keeps the name (never the number), and helps while typing.
import "./draft.js";
import "./typing.js";
