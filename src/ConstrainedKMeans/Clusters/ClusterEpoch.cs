namespace CoKe.ConstrainedKMeans;

/// <summary>One closed epoch of a cluster.</summary>
/// <param name="Dual">rho_k at its end; NaN: not known, of an epoch that an earlier version closed.</param>
/// <param name="Size">Members.</param>
/// <param name="Moved">|c_k - c_k of the epoch before|, the distance between the two frozen centers, 0 to 2; of the first epoch that from
/// the initial center. NaN: not known.</param>
/// <param name="Kept">Members that had the same label in the epoch before; -1: not known.</param>
/// <param name="Came">Members that had another label in the epoch before; -1: not known. Those never seen before are in neither.</param>
public readonly record struct ClusterEpoch(double Dual, int Size, float Moved, int Kept, int Came)
{
    /// <summary>Epochs that a cluster remembers: 24 bytes each, at most 24 KiB per cluster.</summary>
    public const int Remembered = 1024;

    /// <summary>An epoch of which the size alone is known.</summary>
    public static ClusterEpoch OfSize(int size) => new(double.NaN, size, float.NaN, -1, -1);

    /// <summary>The history with one epoch more, and the oldest one less where it is full.</summary>
    /// <param name="history">Oldest first; it stays as it is.</param>
    /// <param name="last">The epoch that was closed.</param>
    public static ClusterEpoch[] Append(ClusterEpoch[] history, in ClusterEpoch last) =>
        [.. history.AsSpan(Math.Max(0, history.Length - Remembered + 1)), last];
}
