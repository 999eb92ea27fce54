namespace CoKe.Abstractions;

/// <summary>How one silo is.</summary>
/// <param name="Name">Its address and its life: <c>127.0.0.1:11111@123456789</c>.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Started">When its process began, by its own clock.</param>
/// <param name="Activations">Grains in its memory, Orleans' own included.</param>
/// <param name="WorkingSetBytes">Memory of the process that is in use, as the system counts it.</param>
/// <param name="HeapBytes">Of these what managed objects take, garbage included.</param>
/// <param name="AvailableBytes">Memory that the process may use in all.</param>
/// <param name="Runs">Names of the runs that have something here.</param>
/// <param name="Sequencers">Runs that are carried on from here.</param>
/// <param name="Scorers">Places of runs here.</param>
/// <param name="Blocks">Blocks of clusters here.</param>
/// <param name="Clusters">Clusters here.</param>
/// <param name="Shards">Ranges of images whose labels are here.</param>
/// <param name="QueuedMessages">Messages in its stream queues that are not delivered yet.</param>
/// <param name="QueuedBytes">Bytes of these.</param>
/// <param name="CheckpointAgeSeconds">Of the runs that are carried on from here, how long ago the one that waits longest was last durable;
/// null: there is none.</param>
/// <param name="StorageMilliseconds">Mean time of its last calls of the storage, about 32; null: there was none.</param>
/// <param name="StorageTrouble">What is wrong with its storage; null: nothing.</param>
[GenerateSerializer, Immutable]
public sealed record SiloStatistics(
    string Name,
    string Version,
    DateTimeOffset Started,
    int Activations,
    long WorkingSetBytes,
    long HeapBytes,
    long AvailableBytes,
    IReadOnlyList<string> Runs,
    int Sequencers,
    int Scorers,
    int Blocks,
    int Clusters,
    int Shards,
    int QueuedMessages,
    long QueuedBytes,
    double? CheckpointAgeSeconds,
    double? StorageMilliseconds,
    string? StorageTrouble
)
{
    /// <inheritdoc/>
    public override string ToString() => $"silo {Name}: {Runs.Count} runs, {Blocks} blocks, {Clusters} clusters, {Activations} activations";
}

/// <summary>A silo that takes part.</summary>
/// <param name="Name">Its address and its life.</param>
/// <param name="Statistics">How it is; null: it could not be asked.</param>
/// <param name="Trouble">Why it could not be asked; null: it could.</param>
[GenerateSerializer, Immutable]
public sealed record SiloListing(string Name, SiloStatistics? Statistics, string? Trouble)
{
    /// <inheritdoc/>
    public override string ToString() => Statistics?.ToString() ?? $"silo {Name}: {Trouble}";
}

/// <summary>What the storage takes.</summary>
/// <param name="Kind"><c>sqlite</c>, <c>postgres</c> or <c>memory</c>.</param>
/// <param name="Bytes">On disk: of the file and its log, or of the tables with their indexes; null: memory, which has none.</param>
/// <param name="Rows">Stored rows of grains, about; null: memory.</param>
[GenerateSerializer, Immutable]
public sealed record StorageStatistics(string Kind, long? Bytes, long? Rows)
{
    /// <inheritdoc/>
    public override string ToString() => Bytes is { } bytes ? $"{Kind}: {bytes} bytes in about {Rows} rows" : $"{Kind}: nothing on disk";
}
