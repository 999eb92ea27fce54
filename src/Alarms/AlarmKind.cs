using System.Text.Json.Serialization;

namespace CoKe.Alarms;

/// <summary>What looks wrong. docs/alarms.md has a line for each; a test compares the two.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlarmKind>))]
public enum AlarmKind
{
    /// <summary>Clusters without a single image.</summary>
    [JsonStringEnumMemberName("empty-clusters")]
    EmptyClusters,

    /// <summary>One cluster or a few hold nearly all images, or all that the minimum sizes leave free.</summary>
    [JsonStringEnumMemberName("collapse")]
    Collapse,

    /// <summary>Clusters lack a considerable part of the minimum size that was asked for.</summary>
    [JsonStringEnumMemberName("minimum-sizes")]
    MinimumSizes,

    /// <summary>The loss is that of guessing, ln K, or above.</summary>
    [JsonStringEnumMemberName("loss-at-chance")]
    LossAtChance,

    /// <summary>All embeddings are nearly the same.</summary>
    [JsonStringEnumMemberName("identical-embeddings")]
    IdenticalEmbeddings,

    /// <summary>Labels are hardly those of the epoch before, or have become so.</summary>
    [JsonStringEnumMemberName("label-agreement")]
    LabelAgreement,

    /// <summary>Probes and neighbors find the class of a test image no better than who always names the most frequent one.</summary>
    [JsonStringEnumMemberName("features-at-chance")]
    FeaturesAtChance,

    /// <summary>Clusters and classes have no more in common than by chance.</summary>
    [JsonStringEnumMemberName("clusters-at-chance")]
    ClustersAtChance,
}

/// <summary>How bad it is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlarmSeverity>))]
public enum AlarmSeverity
{
    /// <summary>The result is not what was asked for, and may be of use all the same.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Nothing of use was learned.</summary>
    [JsonStringEnumMemberName("failure")]
    Failure,
}
