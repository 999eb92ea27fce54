using CoKe.Errors;

namespace CoKe.Client;

/// <summary>The run was rolled back to the start of the open epoch: a newer trainer took a rank, or a command restored the
/// boundary.</summary>
/// <param name="run">The run.</param>
/// <param name="epoch">The epoch to begin anew.</param>
/// <param name="attempt">The run's attempt now.</param>
public sealed class RolledBackException(string run, int epoch, int attempt)
    : CokeException(
        "attempt",
        $"{attempt}",
        $"Run '{run}' was rolled back to the start of epoch {epoch} (attempt {attempt}): load the state saved at that boundary, "
            + "call RestartEpoch, and push the epoch again."
    )
{
    /// <summary>The epoch to begin anew.</summary>
    public int Epoch => epoch;

    /// <summary>The run's attempt now.</summary>
    public int Attempt => attempt;
}
