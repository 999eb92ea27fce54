import { numbers, Problem, words } from "../api.js";
import { bars } from "../charts/bars.js";
import { map } from "../charts/map.js";
import { h, put, setText } from "../dom.js";
import { count, decimal, duration, margin, plural } from "../format.js";
import { news } from "../main.js";
import { paced } from "../pace.js";
import { table } from "./clusters.js";
import { curves } from "./curves.js";
import { trainers } from "./trainers.js";
import { badge, heads, moment, nameOf, progress, toCluster, toRun } from "./words.js";

const PARTS = {
    curves: "Curves",
    sizes: "Sizes and duals",
    clusters: "Clusters",
    map: "Map",
    trainers: "Trainers and silos",
};
const SIZES_EVERY_MS = 2000;

/** One run: its state, and one part of what is known of one head. */
export function run(id, head, part) {
    const path = `runs/${encodeURIComponent(id)}`;
    const title = h("h1", {}, nameOf(id));
    const [badges, sentence, tiles, alarms, tabs, body] = [
        h("p", { class: "state" }),
        h("p", { class: "quiet" }),
        h("div", { class: "tiles" }),
        h("div", {}),
        h("div", {}),
        h("div", { class: "part" }),
    ];
    const element = h("div", {}, title, badges, sentence, alarms, tiles, tabs, body);
    let shown = null;

    function tell(told) {
        const { line } = told;
        setText(title, line.name);
        put(
            badges,
            badge(line),
            " ",
            progress(line),
            h("progress", { max: line.imageCount, value: line.rowsInEpoch, "aria-label": "Images of the open epoch" }),
        );
        setText(
            sentence,
            [
                heads(line),
                plural(told.trainers.length, "trainer"),
                `scored by ${plural(told.scorers.length, "silo")}`,
            ].join("; "),
        );
        put(
            alarms,
            line.problem ? h("p", { class: "alarm", role: "alert" }, line.problem) : null,
            told.warnings.map((warning) => h("p", { class: "alarm mild" }, warning)),
        );
        const now = line.heads[head];
        tile("Open epoch", count(line.epoch));
        tile("Images per second", line.imagesPerSecond > 0 ? count(line.imagesPerSecond) : "–");
        tile("Time left", duration(line.secondsLeft));
        tile("Images in all", count(told.rowsAccepted));
        tile("Mini-batches", count(told.step));
        tile("Smallest cluster", now ? margin(now.violation) : "–", now?.violation > 0);
        tile("Empty clusters", now ? count(now.emptyClusters) : "–");
        tile("Similarity", now ? decimal(now.meanSimilarity) : "–");
        if (!shown) {
            if (!now) {
                put(body, h("p", { class: "short" }, `The run has no head ${head}.`));
                return;
            }
            show(line);
        }
        shown?.tell?.(told);
    }

    function tile(name, value, isShort = false) {
        let shownValue = tiles.querySelector(`[data-tile="${name}"]`);
        if (!shownValue) {
            shownValue = h("b", { "data-tile": name });
            tiles.append(h("div", { class: "tile" }, shownValue, h("span", {}, name)));
        }
        setText(shownValue, value);
        shownValue.classList.toggle("short", isShort);
    }

    function show(line) {
        put(
            tabs,
            line.heads.length > 1
                ? h(
                      "nav",
                      { class: "tabs", "aria-label": "Heads" },
                      line.heads.map((one, i) =>
                          tab(toRun(id, i, part), `Head ${i} (${count(one.clusterCount)})`, i === head),
                      ),
                  )
                : null,
            h(
                "nav",
                { class: "tabs", "aria-label": "Parts" },
                Object.entries(PARTS).map(([name, text]) => tab(toRun(id, head, name), text, name === part)),
            ),
        );
        const make = {
            curves: () => curves(path, head),
            sizes: () => sizes(id, path, head),
            clusters: () => table(id, path, head),
            map: () => plane(id, path, head),
            trainers: () => trainers(),
        }[part];
        shown = make ? make() : { element: h("p", { class: "short" }, `There is no part '${part}'.`) };
        put(body, shown.element);
    }

    const tab = (href, text, isOpen) => h("a", { href, "aria-current": isOpen ? "page" : null }, text);

    const stop = news(`${path}/events`, {
        run: tell,
        trouble: (reason) => put(alarms, h("p", { class: "alarm", role: "alert" }, reason)),
        gone: (reason) =>
            put(element, title, h("p", { role: "alert" }, reason), h("p", {}, h("a", { href: "#/" }, "All runs"))),
    });
    return {
        title: title.textContent,
        element,
        ready: words(path).then(() => null),
        close() {
            stop();
            shown?.close?.();
        },
    };
}

/** Sizes and duals of a head, which move while it is fed. */
function sizes(id, path, head) {
    const open = (k) => (location.hash = toCluster(id, head, k));
    const before = bars(
        "Sizes in the last epoch",
        "Every cluster, the smallest first; the dashed line is its minimum.",
        { value: "lastCount", format: count, hasMinimum: true, isJudged: true, open },
    );
    const now = bars("Sizes so far", "Members in the open epoch, the smallest first; the minimum holds at its end.", {
        value: "count",
        format: count,
        hasMinimum: true,
        open,
    });
    const duals = bars("Duals", "The bonus that keeps a cluster at its minimum: zero for all that need none.", {
        value: "dual",
        format: (value) => decimal(value, 3),
        hasMinimum: false,
        open,
    });
    const all = [
        [
            before,
            "lastCount",
            (told) => `Smallest ${count(told.lastCount[0])}, largest ${count(told.lastCount.at(-1))} members`,
        ],
        [
            now,
            "count",
            (told) => `Smallest ${count(told.count[0])}, largest ${count(told.count.at(-1))} members so far`,
        ],
        [
            duals,
            "dual",
            (told) => {
                const above = told.dual.filter((rho) => rho > 0).length;
                return `Largest ${decimal(told.dual.at(-1), 4)}; ${count(above)} of ${count(told.dual.length)} shown are above zero`;
            },
        ],
    ];
    let seen = null;
    const asking = paced(async (told) => {
        if (moment(told) === seen) return;
        try {
            for (const [chart, order, say] of all) {
                if (order === "lastCount" && told.committedEpoch < 0) {
                    chart.empty("Nothing yet: the first epoch is not closed.");
                    continue;
                }
                const profile = await words(`${path}/heads/${head}/profile?sort=${order}`);
                chart.set(profile, say(profile));
            }
            seen = moment(told);
        } catch (error) {
            if (!(error instanceof Problem)) throw error; // the next news asks again
        }
    }, SIZES_EVERY_MS);
    return {
        element: h("div", { class: "charts wide" }, before.element, now.element, duals.element),
        tell: asking.tell,
        close() {
            asking.close();
            all.forEach(([chart]) => chart.close());
        },
    };
}

/** The centers of a head in a plane, once an epoch. */
function plane(id, path, head) {
    const chart = map(
        "Map of the centers",
        "The centers of the last closed epoch in the plane of their largest variance. A click opens a cluster.",
        {
            open: (k) => (location.hash = toCluster(id, head, k)),
        },
    );
    let seen = null;
    return {
        element: h("div", { class: "charts wide" }, chart.element),
        async tell(told) {
            if (told.committedEpoch < 0) chart.empty("Nothing yet: the first epoch is not closed.");
            else if (told.committedEpoch !== seen) {
                seen = told.committedEpoch;
                try {
                    chart.set(await numbers(`${path}/heads/${head}/map`));
                } catch (error) {
                    seen = null;
                    if (!(error instanceof Problem)) throw error;
                    chart.empty(error.message);
                }
            }
        },
        close: chart.close,
    };
}
