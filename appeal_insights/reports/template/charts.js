// Draw each chart from the specification beside it, in the place of its still picture. Expressions are interpreted, never compiled, so that the page's
// policy can forbid code made from text. Nothing is put on the window.
(function () {
  "use strict";
  const settings = JSON.parse(document.getElementById("chart-settings").textContent);
  const many = ["concat", "hconcat", "vconcat", "facet", "repeat"];

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const data = ["data", "datasets", "params", "domain"];
  const coloured = ["background", "range", "value", "category"];

  // The same chart in other colours; its data, labels and texts stay as they are.
  function turned(value, name, colours) {
    if (data.includes(name)) return value;
    if (Array.isArray(value)) return value.map((part) => turned(part, name, colours));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([inner, part]) => [inner, turned(part, inner, colours)]));
    }
    const holds = coloured.includes(name) || /(color|fill|stroke)$/i.test(name);
    return holds && typeof value === "string" && Object.hasOwn(colours, value) ? colours[value] : value;
  }

  async function draw(figure, still) {
    const box = figure.querySelector(".chart");
    const before = box.querySelector(".live");
    const live = box.appendChild(document.createElement("div"));
    live.className = "unseen";
    const ours = settings[figure.lang];
    const given = JSON.parse(figure.querySelector("script.spec").textContent);
    const spec = dark.matches ? turned(given, "", ours.dark) : given;
    if (!many.some((name) => name in spec)) spec.width = "container";
    try {
      await vegaEmbed(live, spec, {
        mode: "vega-lite",
        ast: true,
        renderer: "svg",
        actions: false,
        defaultStyle: false,
        tooltip: { disableDefaultStyle: true },
        config: { locale: ours.locale },
      });
      if (before) before.remove();
      if (still) place(box, still);
      live.className = "live";
      figure.dataset.drawn = "yes";
    } catch (error) {
      live.remove();
      figure.dataset.drawn = "no";
      if (!still) {
        box.textContent = ours.failed;
        figure.querySelectorAll("details.data").forEach((details) => { details.open = true; });
      }
      console.error(error);
    }
  }

  // Beside a dark chart its still picture waits for paper; a light one is printed itself.
  function place(box, still) {
    still.classList.toggle("paper", dark.matches);
    if (dark.matches) box.prepend(still);
    else still.remove();
  }

  document.querySelectorAll("figure.exhibit").forEach((figure) => {
    if (!figure.querySelector("script.spec")) return;
    const still = figure.querySelector(".chart svg");
    draw(figure, still);
    dark.addEventListener("change", () => draw(figure, still));
  });
})();
