using System.Globalization;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Runs;

/// <summary>What a run holds in the memory of its silos, estimated before it is created: a refusal is better than silos that die of every
/// run they host.</summary>
static class RunMemory
{
    // Of a cluster its center, frozen center, sum and mean; of its block the frozen centers of two epochs; of its scorer the packed center;
    // a copy of what is stored, and its bytes, while it is written.
    const long BytesPerCenterValue = 72;

    // The grain of a cluster, its entry in the directory, members that stand out, and a hundred epochs that it remembers.
    const long BytesPerCluster = 9_000,
        BytesPerHead = 50_000;

    // Of every image and head the committed and the open label, and one copy while it is written; an image has a mark besides.
    const long BytesPerLabel = 12,
        BytesPerImage = 1;

    // What is told at a boundary of an image that is compared with its label before.
    const long BytesPerComparison = 40;

    // A slot of a soft label: cluster and weight, committed and open.
    const long BytesPerSlot = 16;

    // What each rank may have waiting before its turn, and its next message; no message is larger than this, or than all images.
    const long MessagesPerTrainer = 2;

    /// <summary>What this process may still take, as its limits or its machine have it, beside what its runs have already.</summary>
    public static long OfThisSilo() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - GC.GetTotalMemory(forceFullCollection: false);

    /// <summary>Bytes that the run needs on all of its silos together.</summary>
    /// <param name="options">Already validated.</param>
    /// <param name="trainers">W.</param>
    /// <param name="lead">Steps whose embeddings are brought ahead to every silo.</param>
    /// <param name="silos">How many share the run, 1 or more.</param>
    public static double Needed(ClusteringOptions options, int trainers, int lead, int silos) =>
        OfClusters(options) + OfImages(options) + OfMessages(options, trainers) + OfSteps(options, lead, silos);

    /// <summary>Refuses a run that its silos cannot hold.</summary>
    /// <param name="options">Already validated.</param>
    /// <param name="trainers">W.</param>
    /// <param name="lead">Steps whose embeddings are brought ahead to every silo.</param>
    /// <param name="silo">Bytes that one silo may take.</param>
    /// <param name="silos">How many share the run, 1 or more.</param>
    /// <exception cref="InvalidOptionsException">Names what takes the most of it.</exception>
    public static void Check(ClusteringOptions options, int trainers, int lead, double silo, int silos)
    {
        var (clusters, images, messages) = (OfClusters(options), OfImages(options), OfMessages(options, trainers));
        var steps = OfSteps(options, lead, silos);
        var (needed, there) = (clusters + images + messages + steps, Math.Max(0, silo) * silos);
        if (needed <= there)
            return;
        var (field, value, remedy) =
            steps > Math.Max(messages, Math.Max(clusters, images))
                ? (nameof(options.BatchSize), $"{options.BatchSize}", "use smaller mini-batches or a smaller dimension")
            : messages > Math.Max(clusters, images) ? (nameof(RunSpecification.Trainers), $"{trainers}", "let fewer trainers feed it")
            : clusters > images
                ? (
                    nameof(options.Heads),
                    $"{options.Heads.Sum(head => (long)head.ClusterCount)} clusters of {options.Dimension} values",
                    "ask for fewer clusters or a smaller dimension"
                )
            : (nameof(options.ImageCount), $"{options.ImageCount}", "cluster fewer images, or with fewer heads");
        throw new InvalidOptionsException(
            field,
            value,
            $"The run needs about {Gigabytes(needed)} GB of memory, and the "
                + $"{(silos == 1 ? "silo has" : $"{silos} silos have")} {Gigabytes(there)} GB: {remedy}, "
                + "or start more silos on other machines."
        );
    }

    static double OfClusters(ClusteringOptions options) =>
        options.Heads.Sum(head =>
            BytesPerHead + (head.ClusterCount * (BytesPerCluster + ((double)BytesPerCenterValue * options.Dimension)))
        );

    static double OfImages(ClusteringOptions options) =>
        (
            (double)options.ImageCount
            * (
                BytesPerImage
                + (
                    options.Heads.Count
                    * (BytesPerLabel + (options.StageTwoAfterEpoch is null ? 0.0 : BytesPerSlot * options.SoftLabelSlots))
                )
            )
        ) + ((double)options.Heads.Count * BytesPerComparison * Math.Min(options.ImageCount, JointCounts.MostImages));

    static double OfMessages(ClusteringOptions options, int trainers) =>
        (double)trainers
        * MessagesPerTrainer
        * Math.Min(RankInbox.OwnBytes, (double)options.ImageCount * ((options.Dimension * sizeof(float)) + sizeof(int)));

    // Every silo has the embeddings and image ids of the steps to come; a step has no image twice.
    static double OfSteps(ClusteringOptions options, int lead, int silos) =>
        (double)silos
        * lead
        * Math.Min(options.BatchSize, options.ImageCount)
        * ((options.Dimension * (double)sizeof(float)) + sizeof(int));

    static string Gigabytes(double bytes) => (bytes / 1e9).ToString(bytes < 10e9 ? "0.0" : "#,0", CultureInfo.InvariantCulture);
}
