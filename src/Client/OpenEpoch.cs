namespace CoKe.Client;

/// <summary>How far a trainer is in an epoch. The trainer alone moves on, from value to value: what goes on beside it never sees half of
/// one.</summary>
/// <param name="Epoch">Which one; 0 scans the images before training.</param>
/// <param name="Attempt">The attempt that the trainer works in.</param>
sealed record OpenEpoch(int Epoch, int Attempt)
{
    /// <summary>The sequence of the next mini-batch.</summary>
    public long Next { get; init; }

    /// <summary>Its end is on the way.</summary>
    public bool IsEnding { get; init; }

    /// <summary>Something of it was pushed, so that a roll-back takes something back.</summary>
    public bool HasBegun => Next > 0 || IsEnding;
}
