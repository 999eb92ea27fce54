using CoKe.Errors;

namespace CoKe.Client;

/// <summary>A session has heard nothing of its run for too long.</summary>
/// <param name="run">The run.</param>
/// <param name="silence">For how long no silo has answered.</param>
/// <param name="inner">What the last question ended in.</param>
public sealed class RunUnreachableException(string run, TimeSpan silence, Exception inner)
    : CokeException(
        "run",
        run,
        $"No silo has answered for run '{run}' for {silence.TotalSeconds:f0} s: start the silos again, then open a new session, "
            + "or raise GiveUpAfter.",
        inner
    );
