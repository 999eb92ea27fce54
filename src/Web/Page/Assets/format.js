// Numbers as people read them: separators, units, and words for signs.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 12,345; a dash for what is not known. */
export const count = (value) => (value === null || value === undefined ? "–" : whole.format(value));

/** A number with so many digits behind the point. */
export const decimal = (value, digits = 3) =>
    value === null || value === undefined
        ? "–"
        : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** 12.3 % */
export const percent = (share, digits = 1) =>
    share === null || share === undefined ? "–" : `${decimal(100 * share, digits)} %`;

/** A minimum size: whole where it is. */
export const size = (value) => decimal(value, Number.isInteger(value) ? 0 : 1);

/** How a size keeps its minimum: "52 above its minimum", "3 below its minimum". */
export function margin(violation) {
    if (violation === null || violation === undefined) return "–";
    const images =
        Math.abs(violation) < 10 && !Number.isInteger(violation)
            ? decimal(Math.abs(violation), 1)
            : count(Math.abs(violation));
    return violation > 0
        ? `${images} below its minimum`
        : violation < 0
          ? `${images} above its minimum`
          : "at its minimum";
}

/** 1 h 05 min, 3 min 20 s, 12 s. */
export function duration(seconds) {
    if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
    const all = Math.round(seconds);
    const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
    if (hours >= 48) return `${Math.floor(hours / 24)} days ${hours % 24} h`;
    if (hours > 0) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
    return minutes > 0 ? `${minutes} min ${String(rest).padStart(2, "0")} s` : `${rest} s`;
}

/** 1.2 GB. */
export function bytes(value) {
    if (value === null || value === undefined) return "–";
    const units = ["B", "KB", "MB", "GB", "TB"];
    let unit = 0;
    for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
    return `${decimal(value, unit === 0 || value >= 100 ? 0 : 1)} ${units[unit]}`;
}

/** Words with "s" where there are several: plural(3, "run") is "3 runs". */
export const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;
