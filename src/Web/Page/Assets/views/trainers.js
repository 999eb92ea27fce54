import { lines } from "../charts/lines.js";
import { h, put } from "../dom.js";
import { count, decimal, duration, percent } from "../format.js";
import { row, table } from "./tables.js";

// What trainers tell is kept nowhere: the page remembers what it has seen, about an hour.
const MOST_SEEN = 3600;

/** Who feeds a run and who scores it, and what the trainers told since the page was opened. */
export function trainers() {
    const tables = h("div", {});
    const note = "As its trainers tell it, since this page was opened.";
    const empty = "Nothing yet: no trainer has told it.";
    const x = { x: "seconds", formatX: (value) => duration(value), at: (value) => `After ${duration(value)}`, empty };
    const loss = lines("Loss", note, [{ name: "loss", color: "--b" }], { ...x, format: (value) => decimal(value, 3) });
    const rate = lines("Images per second", note, [{ name: "images/s", color: "--a" }], {
        ...x,
        format: count,
        low: 0,
    });
    const seen = { at: [], loss: [], rate: [] };
    const began = performance.now();

    function remember(told) {
        const reports = told.trainers.map((one) => one.report).filter((report) => report);
        const known = (field) => reports.map((report) => report[field]).filter((value) => Number.isFinite(value));
        const [losses, rates] = [known("loss"), known("imagesPerSecond")];
        if (losses.length + rates.length === 0) return;
        seen.at.push((performance.now() - began) / 1000);
        seen.loss.push(losses.length ? losses.reduce((a, b) => a + b) / losses.length : null);
        seen.rate.push(rates.length ? rates.reduce((a, b) => a + b) : null);
        if (seen.at.length > MOST_SEEN) for (const column of Object.values(seen)) column.shift();
    }

    function state(one) {
        if (one.generation === 0) return "has not come yet";
        if (one.isFinished) return "finished";
        if (one.isSilent) return `silent for ${duration(one.seenSecondsAgo)}`;
        if (one.isAwaited) return "all wait for it";
        return one.ended ? "has ended the epoch" : "feeds";
    }

    const columns = [
        "Rank",
        "Host",
        "Generation",
        "State",
        "Last seen",
        "Images/s",
        "Time waited",
        "Loss",
        "Learning rate",
    ];
    const ofTrainer = (one) =>
        row(
            count(one.rank),
            one.report?.host ? `${one.report.host}${one.report.processId ? `, ${one.report.processId}` : ""}` : "–",
            count(one.generation),
            state(one),
            one.seenSecondsAgo === null || one.seenSecondsAgo === undefined
                ? "–"
                : `${duration(one.seenSecondsAgo)} ago`,
            count(one.report?.imagesPerSecond),
            percent(one.report?.waitedShare),
            typeof one.report?.loss === "string" ? one.report.loss : decimal(one.report?.loss, 4),
            one.report?.learningRate?.toPrecision(3) ?? "–",
        );
    const ofScorer = (one) =>
        row(
            one.silo ?? `place ${one.place}`,
            decimal(one.scoreMilliseconds, 1),
            decimal(one.applyMilliseconds, 1),
            decimal(one.waitedForMilliseconds, 1),
            one.silentSeconds > 0 ? duration(one.silentSeconds) : "–",
        );

    loss.set([[], []]);
    rate.set([[], []]);
    return {
        element: h("div", {}, tables, h("div", { class: "charts" }, loss.element, rate.element)),
        tell(told) {
            put(
                tables,
                table("Trainers", columns, told.trainers.map(ofTrainer)),
                told.scorers.length === 0
                    ? h("p", { class: "quiet" }, "No silo scores: the run is not at work.")
                    : table(
                          "Silos that score",
                          ["Silo", "Score, ms", "Apply, ms", "Others waited for it, ms", "Silent for"],
                          told.scorers.map(ofScorer),
                      ),
            );
            remember(told);
            loss.set([seen.at, seen.loss]);
            rate.set([seen.at, seen.rate]);
        },
        close() {
            loss.close();
            rate.close();
        },
    };
}
