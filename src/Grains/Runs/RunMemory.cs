using System.Globalization;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Grains.Runs;

/// <summary>What a run holds in the memory of its silos, estimated before it is created: a refusal is better than silos that die of every run they host.</summary>
internal static class RunMemory
{
    // Center, frozen center, mean and sum of a cluster; the head's two matrices of centers; a copy of all of it while it is written.
    const long BytesPerCenterValue = 72;

    // The grain of a cluster and its entry in the directory.
    const long BytesPerCluster = 6_000, BytesPerHead = 50_000;

    // Of every image and head the committed and the open label, and one copy while it is written; an image has a mark besides.
    const long BytesPerLabel = 12, BytesPerImage = 1;

    // A slot of a soft label: cluster and weight, committed and open.
    const long BytesPerSlot = 16;

    /// <summary>What this process may still take, as its limits or its machine have it, beside what its runs have already.</summary>
    public static long OfThisSilo() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - GC.GetTotalMemory(forceFullCollection: false);

    /// <summary>Refuses a run that its silos cannot hold.</summary>
    /// <param name="options">Already validated.</param>
    /// <param name="silo">Bytes that one silo may take.</param>
    /// <param name="silos">How many share the run, 1 or more.</param>
    /// <exception cref="InvalidOptionsException">Names what takes the most of it.</exception>
    public static void Check(ClusteringOptions options, long silo, int silos)
    {
        var (clusters, images) = (OfClusters(options), OfImages(options));
        var there = (double)silo * silos;
        if (clusters + images <= there) return;
        var (field, value, remedy) = clusters > images
            ? (nameof(options.Heads), $"{options.Heads.Sum(head => (long)head.ClusterCount)} clusters of {options.Dimension} values", "ask for fewer clusters or a smaller dimension")
            : (nameof(options.ImageCount), $"{options.ImageCount}", "cluster fewer images, or with fewer heads");
        throw new InvalidOptionsException(field, value,
            $"The run needs about {Gigabytes(clusters + images)} GB of memory, and the {(silos == 1 ? "silo has" : $"{silos} silos have")} {Gigabytes(there)} GB: {remedy}, or start more silos on other machines.");
    }

    static double OfClusters(ClusteringOptions options) =>
        options.Heads.Sum(head => BytesPerHead + (head.ClusterCount * (BytesPerCluster + ((double)BytesPerCenterValue * options.Dimension))));

    static double OfImages(ClusteringOptions options) =>
        (double)options.ImageCount * (BytesPerImage + (options.Heads.Count * (BytesPerLabel + (options.StageTwoAfterEpoch is null ? 0.0 : BytesPerSlot * options.SoftLabelSlots))));

    static string Gigabytes(double bytes) => (bytes / 1e9).ToString(bytes < 10e9 ? "0.0" : "#,0", CultureInfo.InvariantCulture);
}
