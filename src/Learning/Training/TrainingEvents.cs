namespace CoKe.Learning.Training;

/// <summary>What a training loop tells while it runs, on its own thread. What is thrown here ends the loop as a kill at that place
/// would.</summary>
public class TrainingEvents
{
    /// <summary>A mini-batch was handed to the clustering.</summary>
    /// <param name="done">Steps done in the whole run, those of earlier processes included.</param>
    /// <param name="total">Steps of the whole run.</param>
    public virtual void Stepped(int done, int total) { }

    /// <summary>The trainer's state at the end of an epoch is on disk; the clustering does not know of that end yet.</summary>
    public virtual void Saved(int epoch) { }

    /// <summary>The boundary that closes an epoch is committed.</summary>
    public virtual void Committed(int epoch) { }

    /// <summary>An epoch is over, and what it says is known.</summary>
    public virtual void Ended(EpochRecord epoch) { }

    /// <summary>An epoch begins from what was saved: because another process began the run, or because the clustering was rolled
    /// back.</summary>
    /// <param name="epoch">The epoch that begins.</param>
    /// <param name="done">Steps of the epochs before it.</param>
    /// <param name="history">Those epochs.</param>
    public virtual void Returned(int epoch, int done, IReadOnlyList<EpochRecord> history) { }
}
