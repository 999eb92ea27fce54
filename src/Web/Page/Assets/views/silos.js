import { Problem, words } from "../api.js";
import { h, put } from "../dom.js";
import { bytes, count, decimal, duration } from "../format.js";
import { row, table } from "./tables.js";

const AGAIN_MS = 5000;

/** The silos of the cluster and its storage. */
export function silos() {
    const body = h("div", {}, h("p", { class: "quiet" }, "Asking the silos."));
    let timer = 0;
    const columns = [
        "Silo",
        "Up for",
        "Version",
        "Grains",
        "Memory",
        "Runs",
        "Blocks",
        "Clusters",
        "Waiting messages",
        "Last checkpoint",
        "Storage call",
    ];
    const ofSilo = (one) =>
        row(
            one.name,
            duration((Date.now() - Date.parse(one.started)) / 1000),
            one.version,
            count(one.activations),
            `${bytes(one.workingSetBytes)} of ${bytes(one.availableBytes)}`,
            one.runs.length ? one.runs.join(", ") : "–",
            count(one.blocks),
            count(one.clusters),
            one.queuedMessages ? `${count(one.queuedMessages)}, ${bytes(one.queuedBytes)}` : "0",
            one.checkpointAgeSeconds === undefined || one.checkpointAgeSeconds === null
                ? "–"
                : `${duration(one.checkpointAgeSeconds)} ago`,
            one.storageMilliseconds ? `${decimal(one.storageMilliseconds, 1)} ms` : "–",
        );

    async function ask() {
        const [told, storage] = await Promise.all([words("silos"), words("storage")]);
        const troubles = [
            ...Object.entries(told.troubles).map(([name, reason]) => `${name}: ${reason}`),
            ...told.silos.filter((one) => one.storageTrouble).map((one) => `${one.name}: ${one.storageTrouble}`),
        ];
        put(
            body,
            troubles.map((trouble) => h("p", { class: "alarm", role: "alert" }, trouble)),
            table("Silos that take part", columns, told.silos.map(ofSilo)),
            h(
                "p",
                {},
                storage.bytes === null || storage.bytes === undefined
                    ? `Storage: ${storage.kind}; nothing is on disk.`
                    : `Storage: ${storage.kind}, ${bytes(storage.bytes)} in about ${count(storage.rows)} rows.`,
            ),
        );
    }

    let isClosed = false;
    function again() {
        if (!isClosed) timer = setTimeout(() => ask().then(again, failed), AGAIN_MS);
    }

    function failed(error) {
        if (!(error instanceof Problem)) throw error;
        if (!isClosed) put(body, h("p", { class: "alarm", role: "alert" }, error.message));
        again();
    }

    return {
        title: "Silos",
        element: h("div", {}, h("h1", {}, "Silos"), body),
        ready: ask().then(again, failed),
        close() {
            isClosed = true;
            clearTimeout(timer);
        },
    };
}
