using System.Text.Json.Nodes;
using CoKe.ConstrainedKMeans;

namespace CoKe.Web.Tests.Driving;

/// <summary>What a test asks for: small, so that a test takes moments.</summary>
/// <param name="Name">Of the run.</param>
sealed record RunWords(string Name)
{
    public int Trainers { get; init; } = 1;

    public int ImageCount { get; init; } = 64;

    public int Dimension { get; init; } = 8;

    public int BatchSize { get; init; } = 16;

    public int? StageTwoAfterEpoch { get; init; }

    public int[] ClusterCounts { get; init; } = [4];

    public double MinimumSizeRatio { get; init; } = 0.5;

    /// <summary>The same for Algorithm 1 in one process.</summary>
    public ClusteringOptions Clustering =>
        new()
        {
            ImageCount = ImageCount,
            Dimension = Dimension,
            BatchSize = BatchSize,
            Seed = 5,
            StageTwoAfterEpoch = StageTwoAfterEpoch,
            SoftLabelSlots = 3,
            Heads = [.. ClusterCounts.Select(count => new HeadOptions { ClusterCount = count, MinimumSizeRatio = MinimumSizeRatio })],
        };

    /// <summary>As anybody writes it by hand, without a type of ours.</summary>
    public JsonObject ToJson() =>
        new()
        {
            ["name"] = Name,
            ["trainers"] = Trainers,
            ["clustering"] = new JsonObject
            {
                ["imageCount"] = ImageCount,
                ["dimension"] = Dimension,
                ["batchSize"] = BatchSize,
                ["seed"] = 5,
                ["stageTwoAfterEpoch"] = StageTwoAfterEpoch,
                ["softLabelSlots"] = 3,
                ["heads"] = new JsonArray([
                    .. ClusterCounts.Select(count => new JsonObject { ["clusterCount"] = count, ["minimumSizeRatio"] = MinimumSizeRatio }),
                ]),
            },
        };
}
