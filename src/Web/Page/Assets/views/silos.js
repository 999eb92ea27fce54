import { words } from "../api.js";
import { h, put } from "../dom.js";
import { bytes, count, decimal, duration } from "../format.js";

const AGAIN_MS = 5000;

/** The silos of the cluster and its storage. */
export function silos() {
    const body = h("div", {}, h("p", { class: "quiet" }, "Asking the silos."));
    let timer = 0;
    async function ask() {
        const { silos: all } = await words("silos");
        put(
            body,
            h(
                "div",
                { class: "scroll", tabindex: "0", role: "region", "aria-label": "Silos" },
                h(
                    "table",
                    {},
                    h(
                        "thead",
                        {},
                        h(
                            "tr",
                            {},
                            [
                                "Silo",
                                "Up for",
                                "Activations",
                                "Memory",
                                "Blocks",
                                "Clusters",
                                "Waiting",
                                "Last checkpoint",
                                "Database",
                            ].map((name) => h("th", { scope: "col" }, name)),
                        ),
                    ),
                    h(
                        "tbody",
                        {},
                        all.map((one) =>
                            h(
                                "tr",
                                {},
                                h("th", { scope: "row" }, one.silo),
                                [
                                    duration(one.upSeconds),
                                    count(one.activations),
                                    bytes(one.memoryBytes),
                                    count(one.blocks),
                                    count(one.clusters),
                                    count(one.queued),
                                    duration(one.checkpointAgeSeconds),
                                    `${decimal(one.databaseMilliseconds, 1)} ms`,
                                ].map((cell) => h("td", {}, cell)),
                            ),
                        ),
                    ),
                ),
            ),
        );
        timer = setTimeout(() => ask().catch(() => (timer = setTimeout(ask, AGAIN_MS))), AGAIN_MS);
    }
    return {
        title: "Silos",
        element: h("div", {}, h("h1", {}, "Silos"), body),
        ready: ask(),
        close: () => clearTimeout(timer),
    };
}
