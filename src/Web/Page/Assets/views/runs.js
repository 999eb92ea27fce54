import { words } from "../api.js";
import { sparkline } from "../charts/lines.js";
import { h, put } from "../dom.js";
import { count, decimal, margin } from "../format.js";
import { news } from "../main.js";
import { badge, heads, pace, progress, toRun } from "./words.js";

/** All runs, with their state and the course of their first head's similarity. */
export function runs() {
    const list = h("div", {}, h("p", { class: "quiet" }, "Asking the silo for its runs."));
    const courses = new Map();

    async function course(line) {
        const last = courses.get(line.runId);
        if (last?.epoch === line.epoch) return;
        courses.set(line.runId, { epoch: line.epoch, values: last?.values ?? [] });
        try {
            const told = await words(`runs/${encodeURIComponent(line.runId)}/heads/0/series?last=48`);
            courses.get(line.runId).values = told.meanSimilarity;
            const place = document.getElementById(`course-${line.runId}`);
            if (place) put(place, sparkline(told.meanSimilarity));
        } catch {
            courses.delete(line.runId); // the next news asks again
        }
    }

    function row(line) {
        const first = line.heads[0];
        const worst = line.heads.reduce(
            (most, head) => (head.violation > (most.violation ?? -Infinity) ? head : most),
            first,
        );
        return h(
            "tr",
            {},
            h(
                "th",
                { scope: "row" },
                h("a", { href: toRun(line.runId) }, line.name),
                h("span", { class: "sub" }, heads(line)),
            ),
            h(
                "td",
                { class: "left" },
                badge(line),
                line.problem ? h("span", { class: "sub short" }, line.problem) : null,
            ),
            h(
                "td",
                { class: "left" },
                progress(line),
                pace(line) ? h("span", { class: "sub" }, pace(line)) : null,
                h("progress", {
                    max: line.imageCount,
                    value: line.rowsInEpoch,
                    "aria-label": `Images of the open epoch of ${line.name}`,
                }),
            ),
            h("td", {}, margin(worst.violation)),
            h("td", {}, decimal(first.meanSimilarity)),
            h("td", { id: `course-${line.runId}` }, sparkline(courses.get(line.runId)?.values ?? [])),
        );
    }

    function show(told) {
        const troubles = Object.entries(told.troubles);
        if (told.runs.length === 0 && troubles.length === 0) {
            put(
                list,
                h("p", {}, "There is no run yet. A trainer makes one; this one clusters features of a file:"),
                h("pre", {}, "coke cluster features.npy --heads 100"),
            );
            return;
        }
        put(
            list,
            h(
                "div",
                { class: "scroll", tabindex: "0", role: "region", "aria-label": "Runs" },
                h(
                    "table",
                    {},
                    h(
                        "thead",
                        {},
                        h(
                            "tr",
                            {},
                            ...["Run", "State", "Progress", "Smallest cluster", "Similarity", "Its course"].map(
                                (name, i) => h("th", { scope: "col", class: i < 3 ? "left" : null }, name),
                            ),
                        ),
                    ),
                    h("tbody", {}, told.runs.map(row)),
                ),
            ),
            troubles.map(([name, reason]) => h("p", { class: "short" }, `${name}: ${reason}`)),
        );
        told.runs.forEach(course);
    }

    const close = news("events", {
        runs: show,
        trouble: (sentence) => put(list, h("p", { class: "short", role: "alert" }, sentence)),
    });
    return { title: "Runs", element: h("div", {}, h("h1", {}, "Runs"), list), close, ready: null };
}
