namespace CoKe.Grains.Durability;

/// <summary>Whose rows the store holds, in one place.</summary>
static class Rows
{
    public const string Manifest = "manifest";
    public const string Report = "report";
    public const string Sizes = "sizes";
    public const string Record = "record";
    public const string InitialCenters = "centers";

    public static GrainId Block(string key) => GrainId.Create("block", key);

    public static GrainId Shard(string key) => GrainId.Create("shard", key);

    public static GrainId Sequencer(string runId) => GrainId.Create("sequencer", runId);

    /// <summary>The report of an epoch, and its sizes.</summary>
    public static GrainId Epoch(string runId, int epoch) => GrainId.Create("sequencer", $"{runId}/{epoch}");

    public static GrainId Run(string name) => GrainId.Create("run", name);

    public static GrainId Catalog { get; } = GrainId.Create("runs", Abstractions.Keys.Catalog);
}
