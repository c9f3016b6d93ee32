document.querySelectorAll("table.sortable th").forEach(head => {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  head.append(button);
  const value = row => {
    const text = row.cells[head.cellIndex].innerText.trim();
    const number = parseFloat(text.replaceAll(",", "").replace("\u2212", "-"));
    return head.cellIndex && text !== "–" && !isNaN(number) ? number : text;
  };
  const order = (a, b) => typeof a === typeof b ? (typeof a === "number" ? b - a : a.localeCompare(b)) : typeof a === "number" ? -1 : 1;
  button.addEventListener("click", () => {
    const body = head.closest("table").tBodies[0], turn = head.ariaSort === "descending" ? -1 : 1;
    const rows = [...body.rows].sort((a, b) => turn * order(value(a), value(b)));
    head.parentElement.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", turn === 1 ? "descending" : "ascending");
    body.append(...rows);
  });
});
const plots = () => document.querySelectorAll(".plotly-graph-div");
addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach(box => { box.open = true; });
  plots().forEach(plot => Plotly.relayout(plot, {width: 660}));
});
addEventListener("afterprint", () => plots().forEach(plot => Plotly.relayout(plot, {width: null, autosize: true})));
