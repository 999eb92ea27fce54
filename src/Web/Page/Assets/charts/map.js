import { color, h, put, s } from "../dom.js";
import { count } from "../format.js";
import { scale, sheet } from "./axes.js";
import { csv, figure, pngOf } from "./figure.js";

const WIDTH = 760;
const HEIGHT = 520;

/** The centers of a head in a plane. A canvas: there may be a hundred thousand. */
export function map(title, note, options) {
    let plane = null;
    const tip = h("p", { class: "tip", hidden: true });
    const canvas = h("canvas", { width: 2 * WIDTH, height: 2 * HEIGHT });
    const shown = figure(title, note, {
        csv: () =>
            csv(
                ["cluster", "x", "y"],
                places().map((place) => [place.k, plane[2 * place.k], plane[2 * place.k + 1]]),
            ),
        svg: () => drawing().outerHTML,
        png: () => pngOf(drawing().outerHTML, WIDTH, HEIGHT),
    });

    const radius = () => Math.max(1.2, Math.min(6, 140 / Math.sqrt(plane.length / 2)));

    function drawing() {
        const svg = sheet(title, WIDTH, HEIGHT);
        for (const { x, y } of places())
            svg.append(
                s("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: radius(), fill: color("--a"), opacity: 0.7 }),
            );
        return svg;
    }

    function places() {
        const all = [];
        let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
        for (let i = 0; i < plane.length; i += 2) {
            [left, right] = [Math.min(left, plane[i]), Math.max(right, plane[i])];
            [low, high] = [Math.min(low, plane[i + 1]), Math.max(high, plane[i + 1])];
        }
        // One unit is as long across as it is high: distances are not bent.
        const half = Math.max((right - left) / (WIDTH - 40), (high - low) / (HEIGHT - 80), 1e-9) / 2;
        const [midX, midY] = [(left + right) / 2, (low + high) / 2];
        const x = scale(midX - half * (WIDTH - 40), midX + half * (WIDTH - 40), 20, WIDTH - 20);
        const y = scale(midY - half * (HEIGHT - 80), midY + half * (HEIGHT - 80), HEIGHT - 20, 50);
        for (let i = 0; i < plane.length; i += 2) all.push({ k: i / 2, x: x.at(plane[i]), y: y.at(plane[i + 1]) });
        return all;
    }

    function draw() {
        if (!plane) return;
        const to = canvas.getContext("2d");
        to.setTransform(2, 0, 0, 2, 0, 0);
        to.clearRect(0, 0, WIDTH, HEIGHT);
        to.fillStyle = color("--a");
        to.globalAlpha = 0.7;
        for (const { x, y } of places()) {
            to.beginPath();
            to.arc(x, y, radius(), 0, 7);
            to.fill();
        }
    }

    function nearest(event) {
        const box = canvas.getBoundingClientRect();
        const [x, y] = [
            ((event.clientX - box.left) / box.width) * WIDTH,
            ((event.clientY - box.top) / box.height) * HEIGHT,
        ];
        let best = null;
        for (const place of places()) {
            const far = (place.x - x) ** 2 + (place.y - y) ** 2;
            if (far < 400 && (!best || far < best.far)) best = { ...place, far };
        }
        return best;
    }

    canvas.addEventListener("mousemove", (event) => {
        const place = plane && nearest(event);
        tip.hidden = !place;
        if (place) tip.textContent = `cluster ${place.k}`;
        canvas.style.cursor = place ? "pointer" : "";
    });
    canvas.addEventListener("click", (event) => {
        const place = plane && nearest(event);
        if (place) options.open(place.k);
    });
    window.addEventListener("coke-theme", draw);
    return {
        element: shown.element,
        set(points) {
            plane = points;
            put(shown.plot, canvas, tip);
            draw();
            shown.say(`${count(points.length / 2)} centers`);
        },
        empty: shown.empty,
        close: () => window.removeEventListener("coke-theme", draw),
    };
}
