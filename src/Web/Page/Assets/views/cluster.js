import { words } from "../api.js";
import { lines } from "../charts/lines.js";
import { h, put } from "../dom.js";
import { count, decimal, margin } from "../format.js";
import { toRun } from "./words.js";

/** One cluster, asked of its own grain. */
export function cluster(id, head, k) {
    const path = `runs/${encodeURIComponent(id)}/heads/${head}/clusters/${k}`;
    const body = h("div", {}, h("p", { class: "quiet" }, "Asking the cluster."));
    const charts = [];
    const name = id.replace(/~[0-9a-f]{8}$/, "");

    async function ask() {
        const one = await words(path);
        const tiles = [
            ["Members so far", count(one.count)],
            ["Members before", count(one.lastCount)],
            ["Minimum", decimal(one.minimumSize, Number.isInteger(one.minimumSize) ? 0 : 1)],
            ["Kept", margin(one.minimumSize - one.lastCount)],
            ["Dual", decimal(one.dual, 4)],
        ].map(([title, value]) => h("div", { class: "tile" }, h("b", {}, value), h("span", {}, title)));
        const size = lines(
            "Size over epochs",
            "Members at the end of every epoch, with the minimum.",
            [
                { name: "members", color: "--a" },
                { name: "minimum", color: "--limit", dash: true },
            ],
            { x: "epoch", format: count, isWhole: true, low: 0 },
        );
        charts.push(size);
        put(
            body,
            h("div", { class: "tiles" }, tiles),
            h("div", { class: "charts" }, size.element),
            h("p", { class: "quiet" }, `It lives on ${one.silo}.`),
        );
        size.set([one.history.map((_, epoch) => epoch), one.history, one.history.map(() => one.minimumSize)]);
    }

    return {
        title: `Cluster ${count(k)} of ${name}`,
        element: h(
            "div",
            {},
            h("p", {}, h("a", { href: toRun(id, head, "clusters") }, name), ` · head ${head}`),
            h("h1", {}, `Cluster ${count(k)}`),
            body,
        ),
        ready: ask(),
        close: () => charts.forEach((chart) => chart.close()),
    };
}
