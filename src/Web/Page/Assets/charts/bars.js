import { color, put, s } from "../dom.js";
import { count } from "../format.js";
import { frame, scale, sheet } from "./axes.js";
import { csv, figure, pngOf } from "./figure.js";

const SAVED_WIDTH = 760;
const HEIGHT = 260;

/**
 * A head's clusters as bars in their order, with a line for each one's minimum.
 * @param title What is drawn.
 * @param note How to read it.
 * @param options { value: "lastCount" | "count" | "dual", format, hasMinimum, isJudged: below the minimum is wrong,
 *   open: cluster => void }
 */
export function bars(title, note, options) {
    let profile = null;
    const shown = figure(title, note, {
        csv: () =>
            csv(
                ["rank", "cluster", "members", "members before", "minimum", "dual"],
                profile.rank.map((rank, i) => [
                    rank,
                    profile.cluster[i],
                    profile.count[i],
                    profile.lastCount[i],
                    profile.minimumSize[i],
                    profile.dual[i],
                ]),
            ),
        svg: () => drawing(true).outerHTML,
        png: () => pngOf(drawing(true).outerHTML, SAVED_WIDTH, HEIGHT),
    });

    function drawing(standsAlone) {
        const width = standsAlone ? SAVED_WIDTH : Math.max(280, shown.plot.clientWidth);
        const values = profile[options.value];
        const minimums = options.hasMinimum ? profile.minimumSize : [];
        const box = { left: 64, right: width - 12, top: standsAlone ? 40 : 12, bottom: HEIGHT - 30 };
        const x = scale(0, profile.clusterCount - 1, box.left, box.right);
        const y = scale(0, Math.max(...values, ...minimums, 1e-9), box.bottom, box.top);
        const svg = standsAlone
            ? sheet(title, width, HEIGHT)
            : s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, class: "bars", "font-size": 12, "aria-hidden": "true" });
        svg.append(
            ...frame(box, { ...x, at: (rank) => slot(rank).middle }, y, {
                x: (rank) => count(rank),
                y: options.format,
                isWhole: options.hasMinimum,
            }),
        );

        // Each bar stands for all clusters up to the next one that is shown.
        function slot(rank) {
            const step = (box.right - box.left) / Math.max(1, profile.rank.length);
            const at = profile.clusterCount > 1 ? (rank / (profile.clusterCount - 1)) * (profile.rank.length - 1) : 0;
            const left = box.left + at * step;
            return { left, width: Math.max(0.6, step > 3 ? step - 1 : step), middle: left + step / 2 };
        }
        values.forEach((value, i) => {
            const place = slot(profile.rank[i]);
            const isBelow = options.isJudged && value < minimums[i];
            const top = y.at(value);
            const bar = s("rect", {
                x: place.left,
                y: top,
                width: place.width,
                height: Math.max(0, box.bottom - top),
                fill: color(isBelow ? "--short" : "--a"),
                opacity: 0.85,
            });
            if (!standsAlone) {
                const least = options.hasMinimum ? `, minimum ${count(minimums[i])}` : "";
                bar.append(s("title", {}, `cluster ${profile.cluster[i]}: ${options.format(value)}${least}`));
                bar.addEventListener("click", () => options.open(profile.cluster[i]));
                bar.setAttribute("class", "hit");
            }
            svg.append(bar);
        });
        if (options.hasMinimum)
            svg.append(
                s("path", {
                    d: minimums
                        .map((least, i) => {
                            const { left, width } = slot(profile.rank[i]);
                            return `${i ? "L" : "M"}${left.toFixed(1)} ${y.at(least).toFixed(1)}h${width.toFixed(1)}`;
                        })
                        .join(""),
                    fill: "none",
                    stroke: color("--limit"),
                    "stroke-width": 1.5,
                    "stroke-dasharray": "5 4",
                }),
            );
        return svg;
    }

    const redraw = () => profile && put(shown.plot, drawing(false));
    let drawnWidth = 0;
    const watch = new ResizeObserver(() => {
        if (shown.plot.clientWidth === drawnWidth) return;
        drawnWidth = shown.plot.clientWidth;
        redraw();
    });
    watch.observe(shown.plot);
    window.addEventListener("coke-theme", redraw);
    return {
        element: shown.element,
        set(told, sentence) {
            profile = told;
            redraw();
            shown.say(sentence);
        },
        empty: shown.empty,
        close() {
            watch.disconnect();
            window.removeEventListener("coke-theme", redraw);
        },
    };
}
