"use strict";
(() => {
  const PAGE = 100;
  const PAPER = 640; // what a sheet of A4 leaves for a chart, in CSS pixels
  const font = getComputedStyle(document.body).fontFamily;
  const axis = {
    labelFont: font, labelFontSize: 12, labelColor: "var(--soft)", gridColor: "var(--line)",
    domainColor: "var(--line)", tickColor: "var(--line)",
  };
  const config = {
    background: null, font, axis, text: { font, fontSize: 12 },
    view: { stroke: null }, rect: { aria: false }, bar: { aria: false }, area: { aria: false },
    scale: { barBandPaddingInner: 0.25, rectBandPaddingInner: 0 },
  };
  const options = {
    mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false, config,
    tooltip: { theme: "page", disableDefaultStyle: true },
  };

  const views = [];
  const draw = async () => {
    const specs = JSON.parse(document.getElementById("charts").textContent);
    for (const [key, spec] of Object.entries(specs)) {
      // Vega gives its element a role and a name, so it gets one of its own: the picture keeps those that the page gave it.
      const place = document.getElementById(`plot-${key}`).appendChild(document.createElement("div"));
      place.setAttribute("aria-hidden", "true");
      const { view } = await window.vegaEmbed(place, spec, options);
      views.push([view, Math.min(PAPER, spec.usermeta.widest ?? PAPER)]);
    }
    document.documentElement.dataset.drawn = "yes";
  };

  const search = () => {
    const rows = [...document.querySelectorAll("#articles tbody tr")];
    const texts = rows.map((row) => row.textContent.normalize("NFKC").toLowerCase());
    const input = document.getElementById("search");
    const more = document.getElementById("more");
    const found = document.getElementById("found");
    let most = PAGE;
    const show = () => {
      const words = input.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
      let met = 0;
      rows.forEach((row, number) => {
        const meets = words.every((word) => texts[number].includes(word));
        met += meets;
        row.hidden = !meets || met > most;
      });
      more.hidden = met <= most;
      const shown = Math.min(met, most).toLocaleString("en");
      found.textContent = `${met.toLocaleString("en")} 篇符合，显示 ${shown} 篇 · ${shown} of ${met.toLocaleString("en")} shown`;
    };
    input.addEventListener("input", () => { most = PAGE; show(); });
    more.addEventListener("click", () => {
      const next = rows.filter((row) => !row.hidden).length;
      most += PAGE;
      show();
      const first = rows.filter((row) => !row.hidden)[next].querySelector("th");
      first.tabIndex = -1;
      (first.querySelector("a") ?? first).focus();
    });
    document.querySelector(".search").hidden = false;
    show();
  };

  // Where a table is laid out as blocks, Safari tells readers that speak of no table any more, unless roles say that it is one.
  const roles = {
    table: "table", "thead, tbody": "rowgroup", tr: "row", "thead th": "columnheader", "tbody th": "rowheader", td: "cell",
  };
  for (const [parts, role] of Object.entries(roles)) {
    const found = document.querySelectorAll(`.scroll:has(> .stack, > #articles) :is(${parts})`);
    found.forEach((part) => part.setAttribute("role", role));
  }

  // On paper a chart is drawn anew, not shrunk: its labels stay as large as the text around it.
  addEventListener("beforeprint", () => views.forEach(([view, width]) => view.signal("width", width).run()));
  addEventListener("afterprint", () => dispatchEvent(new Event("resize")));

  search();
  draw();
})();
