using CoKe.Errors;

namespace CoKe.Storage;

/// <summary>Where a silo keeps its runs: one SQLite file, used by this silo alone.</summary>
public sealed record SqliteOptions
{
    /// <summary>The smallest <see cref="MaxBytes"/>: an empty database and some room to work.</summary>
    public const long SmallestLimit = 1L << 20;

    /// <summary>The database file; missing folders are made. Beside it lie <c>-wal</c> and <c>-shm</c> (SQLite's) and <c>.lock</c>
    /// (ours).</summary>
    public required string Path { get; init; }

    /// <summary>
    /// The most the file may grow to, bytes, at least <see cref="SmallestLimit"/>; null: as far as the disk goes. A file that is larger
    /// keeps its size. The write-ahead log comes on top: some 32 MB and the largest row.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>Refuses what cannot work.</summary>
    /// <exception cref="InvalidOptionsException">An option is out of range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Path))
            throw new InvalidOptionsException(
                nameof(Path),
                Path ?? "",
                "The database file has no name: give a path such as coke-data/coke.db."
            );
        if (MaxBytes < SmallestLimit)
            throw new InvalidOptionsException(
                nameof(MaxBytes),
                $"{MaxBytes}",
                $"A database file of at most {MaxBytes} bytes holds no run: allow at least {SmallestLimit}, or give no limit."
            );
    }
}
