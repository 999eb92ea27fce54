import { words } from "../api.js";
import { lines } from "../charts/lines.js";
import { h, put } from "../dom.js";
import { count, decimal, margin, percent, size } from "../format.js";
import { row, table } from "./tables.js";
import { nameOf, toCluster, toRun } from "./words.js";

/** One cluster, asked of its own grain: how it is, how it was, what it holds, and what lies beside it. */
export function cluster(id, head, k) {
    const path = `runs/${encodeURIComponent(id)}/heads/${head}/clusters/${k}`;
    const body = h("div", {}, h("p", { class: "quiet" }, "Asking the cluster."));
    const name = nameOf(id);
    const note = "At the end of every epoch.";
    const similarity = (value) => decimal(value, 3);
    const charts = [
        [
            lines(
                "Size over epochs",
                "Members at the end of every epoch, with the minimum.",
                [
                    { name: "members", color: "--a" },
                    { name: "minimum", color: "--limit", dash: true },
                ],
                { x: "epoch", format: count, isWhole: true, low: 0 },
            ),
            (one, epochs) => [epochs.map((epoch) => epoch.size), epochs.map(() => one.minimumSize)],
        ],
        [
            lines("Dual over epochs", note, [{ name: "dual", color: "--c" }], {
                x: "epoch",
                format: similarity,
                low: 0,
            }),
            (_, epochs) => [epochs.map((epoch) => epoch.dual ?? null)],
        ],
        [
            lines(
                "How far the center moved",
                "The distance between the centers of an epoch and the one before: 0 to 2.",
                [{ name: "moved", color: "--b" }],
                { x: "epoch", format: similarity, low: 0 },
            ),
            (_, epochs) => [epochs.map((epoch) => epoch.moved ?? null)],
        ],
        [
            lines(
                "Members that came",
                "The share of its members that belonged to another cluster in the epoch before.",
                [{ name: "came", color: "--d" }],
                { x: "epoch", format: (value) => percent(value, 0), low: 0, high: 1 },
            ),
            (_, epochs) => [epochs.map((epoch) => epoch.changedShare ?? null)],
        ],
    ];

    const tile = (title, value) => h("div", { class: "tile" }, h("b", {}, value), h("span", {}, title));
    const members = (title, ranked) =>
        ranked.length === 0
            ? null
            : table(
                  title,
                  ["Image", "Similarity to the center"],
                  ranked.map((one) => row(count(one.imageId), similarity(one.similarity))),
              );

    async function ask() {
        const one = await words(path);
        const nearest = one.epochs.length === 0 ? [] : (await words(`${path}/nearest?count=8`)).nearest;
        const last = one.epochs.length === 0 ? one.openMembers : one.lastMembers;
        const when = one.epochs.length === 0 ? "so far" : "in the last epoch";
        put(
            body,
            h(
                "div",
                { class: "tiles five" },
                tile("Members so far", count(one.count)),
                tile("Members before", count(one.lastCount)),
                tile("Minimum", size(one.minimumSize)),
                tile("Kept", margin(one.violation)),
                tile("Dual", decimal(one.dual, 4)),
            ),
            h(
                "div",
                { class: "charts" },
                charts.map(([chart]) => chart.element),
            ),
            h(
                "div",
                { class: "charts" },
                members(`Most similar members ${when}`, last.mostSimilar),
                members(`Least similar members ${when}`, last.leastSimilar),
                nearest.length === 0
                    ? null
                    : table(
                          "Nearest clusters",
                          ["Cluster", "Similarity of the centers"],
                          nearest.map((other) =>
                              row(
                                  h("a", { href: toCluster(id, head, other.cluster) }, count(other.cluster)),
                                  similarity(other.similarity),
                              ),
                          ),
                      ),
            ),
            h("p", { class: "quiet" }, `It lives on ${one.silo}.`),
        );
        const epochs = one.epochs.map((epoch) => epoch.epoch);
        for (const [chart, columns] of charts) chart.set([epochs, ...columns(one, one.epochs)]);
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
        close: () => charts.forEach(([chart]) => chart.close()),
    };
}
