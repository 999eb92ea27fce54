using CoKe.Errors;

namespace CoKe.Abstractions;

/// <summary>There is no run of that name.</summary>
public sealed class UnknownRunException(string name)
    : CokeException("run", name, $"There is no run '{name}': list the runs to see their names, or create it.");

/// <summary>A run was created twice with different specifications.</summary>
public sealed class RunConflictException(string name)
    : CokeException(
        "run",
        name,
        $"Run '{name}' exists with another specification. Choose another name, or repeat the specification exactly."
    );

/// <summary>The run has no such head, cluster or shard.</summary>
public sealed class UnknownPartException(string field, int value, int count)
    : CokeException(field, $"{value}", $"There is no {field} {value}: give 0 to {count - 1}.");

/// <summary>A run was to leave an attempt that it has not come to.</summary>
public sealed class AttemptConflictException(string run, int attempt, int present)
    : CokeException(
        "attempt",
        $"{attempt}",
        $"Run '{run}' has not come to attempt {attempt}: give its present attempt, {present}, to leave it."
    );

/// <summary>A newer trainer took the rank; the older one must stop.</summary>
public sealed class FencedTrainerException(string run, int rank, int generation, int newer)
    : CokeException(
        "generation",
        $"{generation}",
        $"Trainer {rank} of run '{run}' (generation {generation}) was replaced by generation {newer}. Stop this trainer, "
            + "or open a new session to take the rank back."
    );

/// <summary>A trainer reported something of itself that cannot be; nothing of that report was kept.</summary>
public sealed class InvalidReportException(string field, string value, string message) : CokeException(field, value, message);

/// <summary>An epoch was asked for that is not the last committed one.</summary>
public sealed class EpochNotReadableException(string grain, int epoch, int readable)
    : CokeException(
        "epoch",
        $"{epoch}",
        $"Epoch {epoch} is not readable at {grain}, where "
            + (readable < 0 ? "no epoch is committed yet: ask again when one is." : $"the committed epoch is {readable}: ask for that one.")
    );

/// <summary>A grain refused a call of another incarnation or version; the sequencer recovers.</summary>
public sealed class StaleCallException(string grain, string field, long given, long own)
    : CokeException(field, $"{given}", $"{grain} refused a call with {field} {given}: its own is {own}. The sequencer must restore it.");

/// <summary>The run met a fault it cannot pass.</summary>
public sealed class RunFaultedException(string run, string reason) : CokeException("run", run, $"Run '{run}' cannot go on: {reason}")
{
    /// <summary>What keeps it from going on; empty in an error that another process sent.</summary>
    public string Reason => reason ?? "";
}

/// <summary>The sequencer refused a message that the session could not judge. Its sequence stays open until it is replaced.</summary>
public sealed class RefusedBatchException(Refusal refusal)
    : CokeException(
        refusal.Field,
        refusal.Value,
        $"Mini-batch {refusal.Identity.Sequence} of trainer {refusal.Identity.Rank} was refused: {refusal.Message}"
    )
{
    /// <summary>What was refused, and why.</summary>
    public Refusal Refusal => refusal;
}

/// <summary>The run is being brought up after its sequencer began, a grain was lost or a write failed. It goes on by itself.</summary>
public sealed class RunRecoveringException(string run, string reason)
    : CokeException("run", run, $"Run '{run}' is recovering: {reason} It goes on by itself; ask again.");

/// <summary>A stored version that the manifest names is missing or damaged, or a row that everything hangs on.</summary>
/// <param name="grain">Whose row it is.</param>
/// <param name="what">Which one.</param>
/// <param name="reason">What is wrong; ends the sentence.</param>
/// <param name="isVersion">Others of its kind are stored, so that the run may go back to the last boundary's.</param>
public sealed class DamagedSnapshotException(string grain, string what, string reason, bool isVersion = true)
    : CokeException(
        "snapshot",
        what,
        $"The {what} of {grain} {reason}. "
            + (
                isVersion
                    ? $"{Remedy}; if that is refused too, put the database back from a backup."
                    : "Put the database back from a backup."
            )
    )
{
    /// <summary>What the sentence advises first where others of its kind are stored.</summary>
    public const string Remedy = "Restore the run, which takes it back to its last boundary";
}
