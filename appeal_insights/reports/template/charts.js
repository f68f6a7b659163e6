// Draw each chart from the specification beside it, in the place of its still picture. Expressions are interpreted, never compiled, so that the page's
// policy can forbid code made from text. Nothing is put on the window.
(function () {
  "use strict";
  const settings = JSON.parse(document.getElementById("chart-settings").textContent);
  const many = ["concat", "hconcat", "vconcat", "facet", "repeat"];

  async function draw(figure) {
    const box = figure.querySelector(".chart");
    const still = box.querySelector("svg");
    const live = box.appendChild(document.createElement("div"));
    live.className = "unseen";
    const ours = settings[figure.lang];
    const spec = JSON.parse(figure.querySelector("script.spec").textContent);
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
      if (still) still.remove();
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

  document.querySelectorAll("figure.exhibit").forEach((figure) => {
    if (figure.querySelector("script.spec")) draw(figure);
  });
})();
