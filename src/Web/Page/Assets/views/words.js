import { h } from "../dom.js";
import { count, duration, percent, plural } from "../format.js";

const address = (id) => encodeURIComponent(id);

/** A run's name, which its id begins with. */
export const nameOf = (id) => id.replace(/~[0-9a-f]{8}$/, "");

/** Addresses of the page. */
export const toRun = (id, head = 0, part = "curves") => `#/runs/${address(id)}/heads/${head}/${part}`;
export const toCluster = (id, head, k) => `#/runs/${address(id)}/heads/${head}/clusters/${k}`;

const MOODS = {
    scanning: "good",
    training: "good",
    finished: "good",
    waiting: "warn",
    recovering: "warn",
    faulted: "bad",
};

/** What a run is doing, as a badge: in words, and never by color alone. */
export const badge = (line) => h("span", { class: `badge ${MOODS[line.kind] ?? "calm"}` }, line.activity);

/** "1,234 images/s, 5 min 10 s left"; nothing where nothing moves. */
export const pace = (line) =>
    [
        line.imagesPerSecond > 0 ? `${count(line.imagesPerSecond)} images/s` : null,
        line.secondsLeft === null || line.secondsLeft === undefined ? null : `${duration(line.secondsLeft)} left`,
    ]
        .filter((part) => part)
        .join(", ");

/** "epoch 12, 4,096 of 50,000 images (8 %)" */
export const progress = (line) =>
    `epoch ${count(line.epoch)}, ${count(line.rowsInEpoch)} of ${count(line.imageCount)} images ` +
    `(${percent(line.rowsInEpoch / line.imageCount, 0)})`;

/** "3 heads: 1,000 + 2,000 + 3,000 clusters" */
export const heads = (line) =>
    line.heads.length === 1
        ? plural(line.heads[0].clusterCount, "cluster")
        : `${line.heads.length} heads: ${line.heads.map((head) => count(head.clusterCount)).join(" + ")} clusters`;

/** What tells one state of a run from another: a boundary is no mini-batch, and after a roll-back steps count again. */
export const moment = (told) => `${told.incarnation}/${told.attempt}/${told.step}/${told.committedEpoch}`;
