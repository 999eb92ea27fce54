namespace CoKe.Client;

/// <summary>How far a trainer is in the open epoch. The trainer alone moves it; what goes on beside it looks.</summary>
sealed class OpenEpoch
{
    /// <summary>Which one; 0 scans the images before training.</summary>
    public int Epoch { get; private set; }

    /// <summary>The attempt that the trainer works in.</summary>
    public int Attempt { get; set; }

    /// <summary>The sequence of the next mini-batch.</summary>
    public long Next { get; set; }

    /// <summary>Its end is on the way.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Something of it was pushed, so that a roll-back takes something back.</summary>
    public bool HasBegun => Next > 0 || IsEnding;

    /// <summary>Nothing of an epoch is pushed yet.</summary>
    public void Begin(int epoch, int attempt) => (Epoch, Attempt, Next, IsEnding) = (epoch, attempt, 0, false);
}
