using System.Data.Common;

namespace CoKe.Simulation;

/// <summary>What the storage does to each operation: probabilities from 0 to 1, and times.</summary>
public sealed record StorageFaults
{
    /// <summary>Everything works.</summary>
    public static StorageFaults Calm { get; } = new();

    /// <summary>A few percent of everything.</summary>
    public static StorageFaults Rough { get; } =
        new()
        {
            Fail = 0.02,
            LoseAnswer = 0.02,
            LandLate = 0.02,
            Slow = 0.05,
        };

    /// <summary>The operation fails and changes nothing.</summary>
    public double Fail { get; init; }

    /// <summary>A write is applied, and its caller gets an error or a TimeoutException.</summary>
    public double LoseAnswer { get; init; }

    /// <summary>The caller gets a TimeoutException; the write is tried later, with its ETag check, whatever happened since.</summary>
    public double LandLate { get; init; }

    /// <summary>An operation takes up to <see cref="LongestDelay"/>.</summary>
    public double Slow { get; init; }

    /// <summary>A write that its caller's death caught on the way is not applied.</summary>
    public double DieOnTheWay { get; init; } = 0.3;

    /// <summary>The mean time of an operation, half before and half after it is applied.</summary>
    public TimeSpan MeanDelay { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The longest time of a slow operation.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After what time a caller gets a TimeoutException.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after its timeout a late write lands at most.</summary>
    public TimeSpan LatestLanding { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>The database refused or vanished.</summary>
public sealed class StorageFaultException(string message) : DbException(message);

/// <summary>One stored row.</summary>
/// <param name="StateName">Of the grain's state.</param>
/// <param name="GrainId">Whose.</param>
/// <param name="State">The object as written; null after a clear that keeps the row.</param>
/// <param name="ETag">Changes with every write.</param>
public sealed record StoredRow(string StateName, Orleans.Runtime.GrainId GrainId, object? State, string ETag);
