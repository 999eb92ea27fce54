import { color, h, put, s } from "../dom.js";
import { frame, scale, sheet } from "./axes.js";
import { csv, figure, pngOf } from "./figure.js";

const HEIGHT = 200;
const WHOLE = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
const SAVED = { width: 760, height: 320 };

/**
 * Lines over epochs or time, by uPlot.
 * @param title What is drawn.
 * @param note How to read it.
 * @param series [{ name, color: "--a", dash?: boolean, step?: boolean }]
 * @param options { x: "epoch" | name, format: value => text, isWhole?: boolean, formatX?: value => text,
 *   at?: x => text, low?: number, high?: number }
 */
export function lines(title, note, series, options) {
    let data = [[], ...series.map(() => [])];
    let plot = null;
    const formatX = options.formatX ?? ((value) => `${value}`);
    const shown = figure(title, note, {
        csv: () =>
            csv(
                [options.x, ...series.map((one) => one.name)],
                data[0].map((x, i) => [x, ...series.map((_, c) => data[c + 1][i])]),
            ),
        svg: () => drawing().outerHTML,
        png: () => pngOf(drawing().outerHTML, SAVED.width, SAVED.height),
    });

    const range = () => {
        const values = data
            .slice(1)
            .flat()
            .filter((value) => value !== null && value !== undefined && Number.isFinite(value));
        const low = Math.min(...values, options.low ?? Infinity);
        const high = Math.max(...values, options.high ?? -Infinity);
        const room = high > low ? 0.06 * (high - low) : Math.abs(high) * 0.1 || 1;
        return [
            options.low !== undefined && low >= options.low ? options.low : low - room,
            options.high !== undefined && high <= options.high ? options.high : high + room,
        ];
    };

    function drawing() {
        const box = { left: 64, right: SAVED.width - 16, top: 44, bottom: SAVED.height - 52 };
        const x = scale(data[0][0] ?? 0, data[0].at(-1) ?? 1, box.left, box.right);
        const y = scale(...range(), box.bottom, box.top);
        const svg = sheet(title, SAVED.width, SAVED.height);
        svg.append(...frame(box, x, y, { x: formatX, y: options.format, isWhole: options.isWhole }));
        series.forEach((one, c) => {
            let path = "";
            let isDown = false;
            data[0].forEach((at, i) => {
                const value = data[c + 1][i];
                if (value === null || value === undefined) isDown = false;
                else {
                    path += `${isDown ? "L" : "M"}${x.at(at).toFixed(1)} ${y.at(value).toFixed(1)}`;
                    isDown = true;
                }
            });
            svg.append(
                s("path", {
                    d: path || "M0 0",
                    fill: "none",
                    stroke: color(one.color),
                    "stroke-width": 2,
                    "stroke-dasharray": one.dash ? "5 4" : null,
                }),
                s(
                    "text",
                    { x: box.left + c * 170, y: SAVED.height - 10, fill: color(one.color), "font-weight": 600 },
                    one.name,
                ),
            );
        });
        return svg;
    }

    function make() {
        plot?.destroy();
        put(shown.plot);
        const font = "12px system-ui, sans-serif";
        const axis = {
            stroke: () => color("--soft"),
            grid: { stroke: () => color("--rule"), width: 1 },
            ticks: { show: false },
            font,
        };
        plot = new uPlot(
            {
                width: Math.max(200, shown.plot.clientWidth),
                height: HEIGHT,
                legend: { live: true, markers: { width: 3 } },
                cursor: { y: false, points: { size: 7 } },
                scales: { x: { time: false }, y: { range: () => range() } },
                axes: [
                    {
                        ...axis,
                        grid: { show: false },
                        values: (_, values) => values.map(formatX),
                        space: 60,
                        incrs: WHOLE,
                    },
                    {
                        ...axis,
                        values: (_, values) => values.map(options.format),
                        size: 62,
                        ...(options.isWhole && { incrs: WHOLE }),
                    },
                ],
                series: [
                    {
                        label: options.x,
                        value: (_, value) => (value === null || value === undefined ? "–" : formatX(value)),
                    },
                    ...series.map((one) => ({
                        label: one.name,
                        stroke: () => color(one.color),
                        width: 2,
                        dash: one.dash ? [5, 4] : undefined,
                        points: { show: (_, index) => data[index].filter((value) => value !== null).length < 2 },
                        value: (_, value) => (value === null || value === undefined ? "–" : options.format(value)),
                    })),
                ],
            },
            data,
            shown.plot,
        );
    }

    const watch = new ResizeObserver(() => {
        if (plot && shown.plot.clientWidth > 0) plot.setSize({ width: shown.plot.clientWidth, height: HEIGHT });
    });
    watch.observe(shown.element);
    const redraw = () => plot && make();
    window.addEventListener("coke-theme", redraw);

    return {
        element: shown.element,
        /** columns: x, then one array per series; null where there is no number. */
        set(columns) {
            data = columns;
            const last = series
                .map((one, c) => {
                    const known = data[c + 1].findLast((value) => value !== null && value !== undefined);
                    return known === undefined ? null : `${one.name} ${options.format(known)}`;
                })
                .filter((text) => text);
            if (data[0].length === 0 || last.length === 0) {
                plot?.destroy();
                plot = null;
                shown.empty(options.empty ?? "Nothing yet: the first epoch is not closed.");
                return;
            }
            const at = options.at ? options.at(data[0].at(-1)) : `${options.x} ${formatX(data[0].at(-1))}`;
            shown.say(`${at}: ${last.join(", ")}`);
            if (plot) plot.setData(data);
            else make();
        },
        close() {
            watch.disconnect();
            window.removeEventListener("coke-theme", redraw);
            plot?.destroy();
        },
    };
}

/** A small line without axes, for a table. Decoration: its numbers stand beside it. */
export function sparkline(values) {
    const known = values.filter((value) => value !== null && value !== undefined);
    if (known.length < 2) return h("span", { class: "quiet" }, "–");
    const [width, height] = [96, 24];
    const x = scale(0, values.length - 1, 2, width - 2);
    const y = scale(Math.min(...known), Math.max(...known), height - 3, 3);
    const points = values.map((value, i) =>
        value === null || value === undefined ? null : `${x.at(i).toFixed(1)},${y.at(value).toFixed(1)}`,
    );
    return s(
        "svg",
        { viewBox: `0 0 ${width} ${height}`, width, height, class: "spark", "aria-hidden": "true" },
        s("polyline", { points: points.filter((point) => point).join(" ") }),
    );
}
