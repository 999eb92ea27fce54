import { words } from "../api.js";
import { h } from "../dom.js";
import { plural } from "../format.js";
import { curves } from "./curves.js";

/** Two runs side by side: the same curves of each. */
export function compare(first, second) {
    const element = h("div", {}, h("h1", {}, "Compare two runs"));
    const shown = [];
    let isClosed = false;

    async function build() {
        const { runs } = await words("runs");
        if (isClosed) return;
        if (runs.length === 0) {
            element.append(h("p", {}, "There is no run yet."));
            return;
        }
        const ids = [first ?? runs[0].runId, second ?? (runs[1] ?? runs[0]).runId];
        const pick = (side) =>
            h(
                "select",
                {
                    id: `side-${side}`,
                    onchange: (event) => {
                        ids[side] = event.target.value;
                        location.hash = `#/compare/${ids.map(encodeURIComponent).join("/")}`;
                    },
                },
                runs.map((run) => h("option", { value: run.runId, selected: run.runId === ids[side] }, run.name)),
            );
        const columns = ids.map((id, side) => {
            const run = runs.find((one) => one.runId === id);
            const column = h(
                "section",
                { "aria-labelledby": `name-${side}` },
                h("label", { for: `side-${side}` }, side === 0 ? "Left " : "Right "),
                pick(side),
            );
            if (!run) {
                column.append(h("p", { class: "short" }, `There is no run '${id}' any more.`));
                return column;
            }
            const view = curves(`runs/${encodeURIComponent(id)}`, 0);
            shown.push(view);
            column.append(
                h("h2", { id: `name-${side}` }, run.name),
                h("p", { class: "quiet" }, difference(run.specification.clustering)),
                view.element,
            );
            view.tell({ committedEpoch: run.lastEpoch?.epoch ?? -1 });
            return column;
        });
        element.append(h("div", { class: "pair" }, columns));
    }

    const difference = (options) =>
        [
            ...options.heads.map(
                (head) => `K = ${head.clusterCount}, minimum ${head.minimumSizeRatio ?? "by cluster"}`,
            ),
            `mini-batches of ${options.batchSize}`,
            plural(options.views, "view"),
            `seed ${options.seed}`,
        ].join("; ");

    return {
        title: "Compare",
        element,
        ready: build(),
        close() {
            isClosed = true;
            shown.forEach((view) => view.close());
        },
    };
}
