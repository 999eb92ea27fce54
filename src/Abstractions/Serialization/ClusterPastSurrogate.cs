using CoKe.ConstrainedKMeans;
using Orleans.Serialization.Cloning;

namespace CoKe.Abstractions.Serialization;

/// <summary>How members that stand out travel.</summary>
[GenerateSerializer, Immutable]
public struct RankedMembersSurrogate
{
    /// <summary>The images, the most similar ones first.</summary>
    [Id(0)]
    public int[] Images;

    /// <summary>The similarity of each.</summary>
    [Id(1)]
    public float[] Similarities;

    /// <summary>How many of them are the most similar.</summary>
    [Id(2)]
    public int MostSimilar;
}

/// <summary>Converts members that stand out, which know nothing of Orleans, to and from their surrogate.</summary>
[RegisterConverter]
public sealed class RankedMembersConverter : IConverter<RankedMembers, RankedMembersSurrogate>
{
    /// <inheritdoc/>
    /// <exception cref="InvalidMessageException">There is not a similarity for each image, or there are fewer than it says.</exception>
    public RankedMembers ConvertFromSurrogate(in RankedMembersSurrogate surrogate)
    {
        var (images, similarities, most) = (surrogate.Images, surrogate.Similarities, surrogate.MostSimilar);
        if (images is null || similarities is null || images.Length != similarities.Length || most < 0 || most > images.Length)
            throw new InvalidMessageException("members of a cluster", "have not one similarity each");
        RankedMember[] all = [.. images.Zip(similarities, (image, similarity) => new RankedMember(image, similarity))];
        return new RankedMembers(all[..most], all[most..]);
    }

    /// <inheritdoc/>
    public RankedMembersSurrogate ConvertToSurrogate(in RankedMembers value)
    {
        RankedMember[] all = [.. value.MostSimilar, .. value.LeastSimilar];
        return new()
        {
            Images = Array.ConvertAll(all, member => member.ImageId),
            Similarities = Array.ConvertAll(all, member => member.Similarity),
            MostSimilar = value.MostSimilar.Count,
        };
    }
}

/// <summary>Members that stand out are immutable: inside a silo they pass by reference.</summary>
[RegisterCopier]
public sealed class RankedMembersCopier : IDeepCopier<RankedMembers>
{
    /// <inheritdoc/>
    public RankedMembers? DeepCopy(RankedMembers? input, CopyContext context) => input;
}

/// <summary>How a closed epoch of a cluster travels.</summary>
[GenerateSerializer, Immutable]
public struct ClusterEpochSurrogate
{
    /// <summary>The dual at its end.</summary>
    [Id(0)]
    public double Dual;

    /// <summary>Members.</summary>
    [Id(1)]
    public int Size;

    /// <summary>How far the center moved.</summary>
    [Id(2)]
    public float Moved;

    /// <summary>Members that had this label before.</summary>
    [Id(3)]
    public int Kept;

    /// <summary>Members that had another label before.</summary>
    [Id(4)]
    public int Came;
}

/// <summary>Converts a closed epoch of a cluster, which knows nothing of Orleans, to and from its surrogate.</summary>
[RegisterConverter]
public sealed class ClusterEpochConverter : IConverter<ClusterEpoch, ClusterEpochSurrogate>
{
    /// <inheritdoc/>
    public ClusterEpoch ConvertFromSurrogate(in ClusterEpochSurrogate surrogate) =>
        new(surrogate.Dual, surrogate.Size, surrogate.Moved, surrogate.Kept, surrogate.Came);

    /// <inheritdoc/>
    public ClusterEpochSurrogate ConvertToSurrogate(in ClusterEpoch value) =>
        new()
        {
            Dual = value.Dual,
            Size = value.Size,
            Moved = value.Moved,
            Kept = value.Kept,
            Came = value.Came,
        };
}

/// <summary>How the spread of sizes travels and is stored.</summary>
[GenerateSerializer, Immutable]
public struct SizeQuantilesSurrogate
{
    /// <summary>Of 5 % of the clusters.</summary>
    [Id(0)]
    public double P5;

    /// <summary>Of a quarter.</summary>
    [Id(1)]
    public double P25;

    /// <summary>The median.</summary>
    [Id(2)]
    public double P50;

    /// <summary>Of three quarters.</summary>
    [Id(3)]
    public double P75;

    /// <summary>Of 95 %.</summary>
    [Id(4)]
    public double P95;
}

/// <summary>Converts the spread of sizes, which knows nothing of Orleans, to and from its surrogate.</summary>
[RegisterConverter]
public sealed class SizeQuantilesConverter : IConverter<SizeQuantiles, SizeQuantilesSurrogate>
{
    /// <inheritdoc/>
    public SizeQuantiles ConvertFromSurrogate(in SizeQuantilesSurrogate surrogate) =>
        new(surrogate.P5, surrogate.P25, surrogate.P50, surrogate.P75, surrogate.P95);

    /// <inheritdoc/>
    public SizeQuantilesSurrogate ConvertToSurrogate(in SizeQuantiles value) =>
        new()
        {
            P5 = value.P5,
            P25 = value.P25,
            P50 = value.P50,
            P75 = value.P75,
            P95 = value.P95,
        };
}
