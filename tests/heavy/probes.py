"""Questions to a page in a browser, in its own language: each comes back as JSON."""

from __future__ import annotations

MARKS = """() => Object.fromEntries([...document.querySelectorAll(".plot")].map((plot) =>
    [plot.id, [...plot.querySelectorAll(".role-mark.mark-rect path, .role-mark.mark-area path")].filter((mark) => {
        const box = mark.getBoundingClientRect(), outer = plot.querySelector("svg").getBoundingClientRect();
        return Math.min(box.right, outer.right) - Math.max(box.left, outer.left) >= 1 && box.height >= 1;
    }).length]))"""
CUT = """() => [...document.querySelectorAll(".plot text")].filter((label) => {
    const inner = label.getBoundingClientRect(), outer = label.closest("svg").getBoundingClientRect();
    return label.textContent.endsWith("…") || inner.left < outer.left - 1 || inner.right > outer.right + 1
        || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
}).map((label) => `${label.closest(".plot").id}: ${label.textContent}`)"""
COVERED = """() => [...document.querySelectorAll(".plot .role-axis-label")].flatMap((axis) => {
    const labels = [...axis.querySelectorAll("text")].filter((label) => label.textContent && getComputedStyle(label).opacity > 0);
    const boxes = labels.map((label) => label.getBoundingClientRect());
    return boxes.flatMap((one, n) => boxes.slice(n + 1).filter((other) =>
        Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
        && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 3
    ).map(() => `${axis.closest(".plot").id}: ${labels[n].textContent}`));
})"""
BEYOND = """() => [...document.querySelectorAll("html, body *")].filter((element) => !element.closest("svg, .scroll, .skip, .unseen, thead")
    && Math.max(element.getBoundingClientRect().right, element.tagName === "HTML" ? element.scrollWidth : 0) > innerWidth + 1
).map((element) => element.outerHTML.slice(0, 120))"""
FAINT = """() => {
    const light = ([r, g, b]) => [r, g, b].map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
    const colour = (text) => text.match(/[\\d.]+/g).map(Number);
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const found = colour(getComputedStyle(at).backgroundColor);
            if (found.length < 4 || found[3] > 0) return found;
        }
        return [255, 255, 255];
    };
    const faint = new Set();
    for (const element of document.querySelectorAll("body *")) {
        if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || element.closest("script, style, noscript")) continue;
        const said = getComputedStyle(element);
        const one = light(colour(element.closest("svg") ? said.fill : said.color)), other = light(behind(element));
        if ((Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5) faint.add(`${element.tagName} ${element.className.baseVal ?? element.className}`);
    }
    return [...faint];
}"""
SHOWN = '() => [...document.querySelectorAll("#articles tbody tr")].filter((row) => !row.hidden).length'
FOCUS = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect(), all = [...document.querySelectorAll("*")];
    return {
        name: at.id || at.className || at.tagName, place: all.indexOf(at), ring: getComputedStyle(at).outlineStyle !== "none",
        seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && !at.closest("[hidden]"),
    };
}"""
PLAIN = """() => [...document.querySelectorAll(":is(.stack, #articles) :is(tr, th, td)")].filter((part) => !part.hasAttribute("role")).length"""
AT_ONCE = {
    "plain": PLAIN,
    "marks": MARKS,
    "cut": CUT,
    "covered": COVERED,
    "beyond": BEYOND,
    "faint": FAINT,
    "shown": SHOWN,
}
