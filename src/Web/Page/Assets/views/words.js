import { h } from "../dom.js";
import { count, percent, plural } from "../format.js";

const address = (id) => encodeURIComponent(id);

/** Addresses of the page. */
export const toRun = (id, head = 0, part = "curves") => `#/runs/${address(id)}/heads/${head}/${part}`;
export const toCluster = (id, head, k) => `#/runs/${address(id)}/heads/${head}/clusters/${k}`;

/** What a run is doing, in a word and in how good that is. */
export function state(line) {
    const words = {
        asleep: ["asleep", "calm"],
        recovering: ["recovering", "warn"],
        faulted: ["faulted", "bad"],
        live: [line.epoch === 0 ? "scanning" : "training", "good"],
    };
    return words[line.state] ?? [line.state, "calm"];
}

/** The state as a badge: never by color alone. */
export function badge(line) {
    const [word, kind] = state(line);
    return h("span", { class: `badge ${kind}` }, word);
}

/** "epoch 12, 4,096 of 50,000 images (8 %)" */
export const progress = (line) =>
    `epoch ${count(line.epoch)}, ${count(line.rowsInEpoch)} of ${count(line.imageCount)} images ` +
    `(${percent(line.rowsInEpoch / line.imageCount, 0)})`;

/** "3 heads: 1,000 + 2,000 + 3,000 clusters" */
export const heads = (line) =>
    line.heads.length === 1
        ? plural(line.heads[0].clusterCount, "cluster")
        : `${line.heads.length} heads: ${line.heads.map((head) => count(head.clusterCount)).join(" + ")} clusters`;
