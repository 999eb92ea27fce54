import { color, s } from "../dom.js";

/** Numbers at even steps of 1, 2 or 5 from lowest to highest, about so many; or whole ones only. */
export function ticks(low, high, about = 5, isWhole = false) {
    if (!(high > low)) return [low];
    const raw = (high - low) / about;
    const unit = 10 ** Math.floor(Math.log10(raw));
    const even = [1, 2, 5, 10].map((m) => m * unit).find((one) => one >= raw * 0.999);
    const step = isWhole ? Math.max(1, even) : even;
    const first = Math.ceil(low / step - 1e-9) || 0; // never -0
    const all = [];
    for (let i = first; i * step <= high + 1e-9 * step; i++) all.push(i * step);
    return all;
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif';

/** A drawing that stands by itself: colors are written out, with title and background. */
export function sheet(title, width, height) {
    return s(
        "svg",
        {
            xmlns: "http://www.w3.org/2000/svg",
            viewBox: `0 0 ${width} ${height}`,
            width,
            height,
            "font-family": FONT,
            "font-size": 12,
        },
        s("rect", { width, height, fill: color("--card") }),
        s("text", { x: 14, y: 22, fill: color("--ink"), "font-weight": 600, "font-size": 14 }, title),
    );
}

/** The lines of a value axis and the ends of the other one. */
export function frame(box, x, y, format) {
    const soft = color("--soft");
    return [
        ...ticks(...y.range, 5, format.isWhole).map((value) => [
            s("line", { x1: box.left, x2: box.right, y1: y.at(value), y2: y.at(value), stroke: color("--rule") }),
            s("text", { x: box.left - 6, y: y.at(value) + 4, "text-anchor": "end", fill: soft }, format.y(value)),
        ]),
        ...ticks(...x.range, 6, true).map((value) =>
            s("text", { x: x.at(value), y: box.bottom + 18, "text-anchor": "middle", fill: soft }, format.x(value)),
        ),
    ].flat();
}

/** Numbers to places. */
export function scale(low, high, from, to) {
    const span = high > low ? high - low : 1;
    return { range: [low, high > low ? high : low + 1], at: (value) => from + ((value - low) / span) * (to - from) };
}
