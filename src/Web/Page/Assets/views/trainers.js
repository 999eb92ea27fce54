import { h, put } from "../dom.js";
import { count, decimal, duration } from "../format.js";

/** Who feeds a run and who scores it. */
export function trainers() {
    const element = h("div", {});
    const table = (name, columns, rows) =>
        h(
            "div",
            { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
            h(
                "table",
                {},
                h("caption", {}, name),
                h(
                    "thead",
                    {},
                    h(
                        "tr",
                        {},
                        columns.map((column) => h("th", { scope: "col" }, column)),
                    ),
                ),
                h("tbody", {}, rows),
            ),
        );
    const row = (first, ...cells) =>
        h(
            "tr",
            {},
            h("th", { scope: "row" }, first),
            cells.map((cell) => h("td", {}, cell)),
        );
    return {
        element,
        tell(told) {
            put(
                element,
                table(
                    "Trainers",
                    ["Rank", "Trainers so far", "Next mini-batch", "State"],
                    told.trainers.map((one) =>
                        row(
                            count(one.rank),
                            count(one.generation),
                            count(one.nextExpected),
                            one.generation === 0
                                ? "none has come yet"
                                : one.ended
                                  ? "has ended the epoch"
                                  : one.isAwaited
                                    ? "all wait for it"
                                    : "feeds",
                        ),
                    ),
                ),
                told.scorers.length === 0
                    ? h("p", { class: "quiet" }, "No silo scores: the run is not at work.")
                    : table(
                          "Silos that score",
                          ["Silo", "Score, ms", "Apply, ms", "Others waited for it, ms", "Silent for"],
                          told.scorers.map((one) =>
                              row(
                                  one.silo ?? `place ${one.place}`,
                                  decimal(one.scoreMilliseconds, 1),
                                  decimal(one.applyMilliseconds, 1),
                                  decimal(one.waitedForMilliseconds, 1),
                                  one.silentSeconds > 0 ? duration(one.silentSeconds) : "–",
                              ),
                          ),
                      ),
            );
        },
    };
}
