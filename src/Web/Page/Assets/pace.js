/**
 * Asks again and again, but never two questions at once, and with a pause after each. What comes in a pause is not lost: it is asked for
 * at its end.
 * @param ask What is asked for the news that came last; its refusals are its own to show.
 * @param pause Milliseconds after each.
 */
export function paced(ask, pause) {
    let [due, isAsking, timer, last] = [null, false, 0, -Infinity];
    async function next() {
        clearTimeout(timer);
        if (isAsking || due === null) return;
        const wait = last + pause - performance.now();
        if (wait > 0) {
            timer = setTimeout(next, wait);
            return;
        }
        const told = due;
        [due, isAsking] = [null, true];
        try {
            await ask(told);
        } finally {
            [isAsking, last] = [false, performance.now()];
            next();
        }
    }
    return {
        tell(told) {
            due = told;
            next();
        },
        close() {
            clearTimeout(timer);
            due = null;
        },
    };
}
