// What makes the page easier to use; without it, it reads the same.
"use strict";

// What is wider than its box scrolls by keyboard too, and has a name.
function scrollable() {
  for (const box of document.querySelectorAll(".table, .formula, pre, #contents")) {
    const wide = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    const caption = box.querySelector("caption");
    if (wide) {
      box.tabIndex = 0;
      if (box.tagName !== "NAV") {
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", caption ? caption.textContent : box.className || "Code");
      }
    } else {
      box.removeAttribute("tabindex");
    }
  }
}

// On a phone, a table with sentences stands as a list, each cell below its column's name.
for (const table of document.querySelectorAll(".table table")) {
  const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent);
  const cells = [...table.querySelectorAll("tbody td")];
  const long = table.id === "table-numbers" || cells.some((cell) => cell.textContent.length > 60);
  if (names.length > 2 && long) {
    table.parentElement.classList.add("stacked");
    cells.forEach((cell) => cell.cellIndex && (cell.dataset.name = names[cell.cellIndex]));
  }
}

// The table of all numbers, by verdict and by section.
const numbers = document.getElementById("table-numbers");
if (numbers) {
  const names = [...numbers.querySelectorAll("thead th")].map((cell) => cell.textContent);
  const rows = [...numbers.querySelectorAll("tbody tr")];
  const form = document.createElement("form");
  form.className = "filter";
  const count = document.createElement("output");
  const said = (row, column) => row.cells[column].textContent.replace(/^\S\s/, "").trim();
  const chosen = ["section", "verdict"].map((name) => {
    const column = names.indexOf(name);
    const text = (row) => (name === "verdict" ? said(row, column) : row.cells[column].textContent);
    const label = document.createElement("label");
    const select = document.createElement("select");
    for (const option of ["all", ...new Set(rows.map(text))]) select.add(new Option(option));
    label.append(name + " ", select);
    form.append(label);
    return (row) => select.value === "all" || text(row) === select.value;
  });
  form.append(count);
  const show = () => {
    for (const row of rows) row.hidden = !chosen.every((fits) => fits(row));
    count.textContent = rows.filter((row) => !row.hidden).length + " numbers";
  };
  form.addEventListener("change", show);
  show();
  numbers.parentElement.before(form);
}

// A figure opens large (by keyboard its caption's link does), and a link into a fold opens the fold.
const large = document.createElement("dialog");
large.setAttribute("aria-label", "Figure, large");
document.body.append(large);
large.addEventListener("click", () => large.close());
document.querySelectorAll("figure img").forEach((picture) => {
  picture.addEventListener("click", () => {
    large.replaceChildren(picture.cloneNode());
    large.showModal();
  });
});
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target; fold; fold = fold.parentElement) if (fold.tagName === "DETAILS") fold.open = true;
  if (target) target.scrollIntoView();
}
addEventListener("hashchange", unfold);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));

// The section before and the one after, and where the reader is.
const sections = [...document.querySelectorAll("main > section")];
sections.forEach((section, place) => {
  const row = document.createElement("p");
  row.className = "neighbours";
  for (const [other, word] of [[sections[place - 1], "← "], [sections[place + 1], " →"]]) {
    const link = document.createElement("a");
    if (other) {
      const name = other.querySelector("h2").textContent;
      link.href = "#" + other.id;
      link.textContent = word === "← " ? word + name : name + word;
    }
    row.append(link);
  }
  section.append(row);
});
const entries = new Map(
  [...document.querySelectorAll("#contents a")].map((link) => [link.hash.slice(1), link]),
);
const seen = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes) {
      if (!isIntersecting) continue;
      entries.forEach((link) => link.removeAttribute("aria-current"));
      entries.get(target.id)?.setAttribute("aria-current", "location");
    }
  },
  { rootMargin: "0px 0px -80% 0px" },
);
document.querySelectorAll("main section").forEach((section) => entries.has(section.id) && seen.observe(section));

addEventListener("resize", scrollable);
document.addEventListener("toggle", scrollable, true);
addEventListener("load", () => (scrollable(), location.hash && unfold()));
