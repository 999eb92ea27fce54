import { Problem, words } from "../api.js";
import { h, put, setText } from "../dom.js";
import { count, decimal, margin, size } from "../format.js";
import { paced } from "../pace.js";
import { moment, toCluster } from "./words.js";

const SIZE = 50;
const COLUMNS = [
    ["cluster", "Cluster"],
    ["count", "Members so far"],
    ["lastCount", "Members before"],
    ["minimum", "Minimum"],
    ["violation", "Kept"],
    ["dual", "Dual"],
];
const AGAIN_EVERY_MS = 2000;

/** The clusters of a head, sorted and filtered by the silo: there may be many more than a page can hold. */
export function table(id, path, head) {
    let [sort, page, filter] = ["violation", 0, "all"];
    let isDescending = true;
    let seen = null;
    const body = h("tbody", {});
    const where = h("p", { class: "quiet", "aria-live": "polite" });
    const headings = COLUMNS.map(([key, name]) => {
        const cell = h("th", { scope: "col" }, h("button", { type: "button", onclick: () => order(key) }, name));
        return [key, cell];
    });
    const filters = h(
        "select",
        { id: "filter", onchange: (event) => (([filter, page] = [event.target.value, 0]), ask()) },
        [
            ["all", "all clusters"],
            ["below", "below their minimum"],
            ["empty", "without members before"],
            ["held", "held up by a dual"],
        ].map(([value, text]) => h("option", { value }, text)),
    );
    const goTo = h("input", { id: "goto", inputmode: "numeric", pattern: "[0-9]*", size: 8 });
    const [back, on] = [
        h("button", { type: "button", onclick: () => (page--, ask()) }, "Back"),
        h("button", { type: "button", onclick: () => (page++, ask()) }, "Next"),
    ];
    const element = h(
        "div",
        {},
        h(
            "form",
            {
                class: "tools",
                onsubmit: (event) => {
                    event.preventDefault();
                    if (/^[0-9]+$/.test(goTo.value.trim())) location.hash = toCluster(id, head, Number(goTo.value));
                },
            },
            h("label", { for: "filter" }, "Show "),
            filters,
            h("label", { for: "goto" }, "Go to cluster "),
            goTo,
            h("button", { type: "submit" }, "Open"),
        ),
        h(
            "div",
            { class: "scroll", tabindex: "0", role: "region", "aria-label": "Clusters" },
            h(
                "table",
                {},
                h(
                    "thead",
                    {},
                    h(
                        "tr",
                        {},
                        headings.map(([, cell]) => cell),
                    ),
                ),
                body,
            ),
        ),
        h("div", { class: "tools" }, back, on, where),
    );

    function order(key) {
        isDescending = sort === key ? !isDescending : key !== "cluster";
        [sort, page] = [key, 0];
        ask();
    }

    async function ask() {
        try {
            const sign = isDescending ? "-" : "";
            const told = await words(
                `${path}/heads/${head}/clusters?${new URLSearchParams({ sort: sign + sort, page, size: SIZE, filter })}`,
            );
            for (const [key, cell] of headings) {
                if (key === sort) cell.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
                else cell.removeAttribute("aria-sort");
            }
            put(
                body,
                told.clusters.map((one) =>
                    h(
                        "tr",
                        {},
                        h(
                            "th",
                            { scope: "row" },
                            h("a", { href: toCluster(id, head, one.cluster) }, count(one.cluster)),
                        ),
                        h("td", {}, count(one.count)),
                        h("td", {}, count(one.lastCount)),
                        h("td", {}, size(one.minimumSize)),
                        h("td", { class: one.violation > 0 ? "short" : null }, margin(one.violation)),
                        h("td", {}, decimal(one.dual, 4)),
                    ),
                ),
            );
            const first = told.page * told.size;
            setText(
                where,
                told.total === 0
                    ? "No cluster is so."
                    : `${count(first + 1)} to ${count(first + told.clusters.length)} of ${count(told.total)}`,
            );
            back.disabled = page === 0;
            on.disabled = first + told.clusters.length >= told.total;
        } catch (error) {
            if (!(error instanceof Problem)) throw error;
            setText(where, error.message);
        }
    }

    const asking = paced(async (told) => {
        if (moment(told) === seen) return;
        await ask();
        seen = moment(told);
    }, AGAIN_EVERY_MS);

    return { element, tell: asking.tell, close: asking.close };
}
