// The charting library of a page, put where every picture of it finds it. Expressions are interpreted, never compiled,
// so that a page's policy can forbid code made from text.
async function draw(box, spec, locale) {
  const { view, finalize } = await vegaEmbed(box, spec, {
    mode: "vega-lite",
    ast: true,
    renderer: "svg",
    actions: false,
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
    config: { locale },
  });
  return { view, finalize };
}

export default draw;
