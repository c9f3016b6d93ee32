// Each figure is drawn when it comes near the window, and before printing what is left.
{
  const draw = Plotly.newPlot, waiting = new Map();
  const drawNow = box => {
    near.unobserve(box);
    draw(box, ...waiting.get(box));
    waiting.delete(box);
  };
  const near = new IntersectionObserver(
    entries => entries.filter(entry => entry.isIntersecting).forEach(entry => drawNow(entry.target)),
    {rootMargin: "100% 0px"},
  );
  Plotly.newPlot = (id, ...parts) => {
    const box = document.getElementById(id);
    waiting.set(box, parts);
    near.observe(box);
  };
  addEventListener("beforeprint", () => [...waiting.keys()].forEach(drawNow));
}
