import { Problem, words } from "../api.js";
import { lines } from "../charts/lines.js";
import { h } from "../dom.js";
import { count, decimal, percent } from "../format.js";

/** The course of a head over its epochs. */
export function curves(path, head) {
    const x = "epoch";
    const share = (value) => percent(value, Math.abs(value) < 0.1 ? 1 : 0);
    const charts = [
        [
            lines(
                "Mean similarity",
                "Of every image to the center of its cluster: higher is tighter.",
                [{ name: "similarity", color: "--a" }],
                { x, format: (value) => decimal(value, 3) },
            ),
            (told) => [told.meanSimilarity],
        ],
        [
            lines(
                "Changed labels",
                "Images whose cluster is another one than in the epoch before.",
                [{ name: "changed", color: "--b" }],
                { x, format: share, low: 0 },
            ),
            (told) => [told.changed],
        ],
        [
            lines(
                "Label agreement",
                "Normalized mutual information of the labels with those of the epoch before: 1 is the same partition.",
                [{ name: "agreement", color: "--d" }],
                {
                    x,
                    format: (value) => decimal(value, 3),
                    high: 1,
                    empty: "Nothing yet: the second epoch is not closed.",
                },
            ),
            (told) => [told.agreement],
        ],
        [
            lines(
                "Smallest and largest cluster",
                "Members, with the minimum that was asked for.",
                [
                    { name: "smallest", color: "--a" },
                    { name: "largest", color: "--c" },
                    { name: "minimum", color: "--limit", dash: true },
                ],
                { x, format: count, isWhole: true, low: 0 },
            ),
            (told) => [told.smallestSize, told.largestSize, told.minimumSize],
        ],
        [
            lines(
                "Largest dual",
                "The strongest bonus that any cluster needs to keep its minimum.",
                [{ name: "largest dual", color: "--c" }],
                { x, format: (value) => decimal(value, 3), low: 0 },
            ),
            (told) => [told.largestDual],
        ],
        [
            lines("Empty clusters", "Clusters without a member.", [{ name: "empty", color: "--short" }], {
                x,
                format: count,
                isWhole: true,
                low: 0,
                high: 1,
            }),
            (told) => [told.emptyClusters],
        ],
    ];
    let known = null;
    let isAsking = false;
    async function ask(told) {
        if (isAsking || (known && known.epoch.at(-1) === told.committedEpoch)) return;
        if (told.committedEpoch < 0) {
            charts.forEach(([chart, of]) =>
                chart.set([
                    [],
                    ...of({
                        meanSimilarity: [],
                        changed: [],
                        agreement: [],
                        smallestSize: [],
                        largestSize: [],
                        minimumSize: [],
                        largestDual: [],
                        emptyClusters: [],
                    }),
                ]),
            );
            return;
        }
        isAsking = true;
        try {
            do {
                const more = await words(`${path}/heads/${head}/series?from=${known ? known.epoch.at(-1) + 1 : 0}`);
                known ??= Object.fromEntries(Object.keys(more).map((name) => [name, []]));
                for (const name of Object.keys(more)) known[name].push(...more[name]);
                if (more.epoch.length === 0) break; // it was taken back meanwhile, or is told a moment later
            } while (known.epoch.at(-1) < told.committedEpoch);
            charts.forEach(([chart, of]) => chart.set([known.epoch, ...of(known)]));
        } catch (error) {
            if (!(error instanceof Problem)) throw error; // the next news asks again
        } finally {
            isAsking = false;
        }
    }
    return {
        element: h(
            "div",
            { class: "charts" },
            charts.map(([chart]) => chart.element),
        ),
        tell: ask,
        close: () => charts.forEach(([chart]) => chart.close()),
    };
}
