namespace CoKe.Alarms;

/// <summary>
/// From where on something is alarming. docs/alarms.md tells how the numbers came about; the bundled recipes keep to them with room to
/// spare, and runs that failed do not.
/// </summary>
public sealed record AlarmLimits
{
    /// <summary>
    /// Loss and label agreement are judged in epochs above this one: an encoder begins by knowing nothing, and its labels with random
    /// centers.
    /// </summary>
    public int AfterEpoch { get; init; } = 3;

    /// <summary>The spread of embeddings is judged in epochs above this one: those of an untrained encoder are much alike.</summary>
    public int EmbeddingsAfterEpoch { get; init; } = 3;

    /// <summary>Sizes are judged in this epoch and later: the first one, of random centers, says nothing.</summary>
    public int SizesFromEpoch { get; init; } = 1;

    /// <summary>
    /// Sizes are judged after so many mini-batches of the run: every one moves the duals once, and fewer than fifty cannot fill a cluster.
    /// </summary>
    public int SizesFromStep { get; init; } = 50;

    /// <summary>
    /// Epochs in a row in which something must look wrong, the last of them judged; 1 or 2. One alone may be a jump of the labels that is
    /// over at once. Where the epoch before is not known, one is enough.
    /// </summary>
    public int InARow { get; init; } = 2;

    /// <summary>
    /// A minimum may be missed by this part of it, 0 to 1: the online rule comes near, and healthy runs miss some by a tenth.
    /// </summary>
    public double LackOfMinimum { get; init; } = 0.2;

    /// <summary>
    /// A minimum may be missed by so many times its root, by which sizes scatter from epoch to epoch; it matters to small minimums.
    /// </summary>
    public double LackInRoots { get; init; } = 2;

    /// <summary>
    /// The loss over ln K that is no better than guessing, about 1: rounding and the unevenness of sizes leave it a little below.
    /// </summary>
    public double LossOfChance { get; init; } = 0.995;

    /// <summary>The least spread of embeddings, 0 to 1; 0.01 is that of unit vectors some six degrees from their mean.</summary>
    public double Spread { get; init; } = 0.01;

    /// <summary>
    /// The least agreement of labels with those of the epoch before, -1 to 1: 0 is that of labels that are drawn anew, 1 is none that
    /// changed.
    /// </summary>
    public double LabelAgreement { get; init; } = 0.1;

    /// <summary>Agreement that was good once may not fall below this part of it, 0 to 1.</summary>
    public double FallenAgreement { get; init; } = 1.0 / 3;

    /// <summary>Agreement from which it counts as good, 0 to 1.</summary>
    public double GoodAgreement { get; init; } = 0.5;

    /// <summary>K clusters count as one when they hold no more in effect than 1 + this part of K - 1, 0 to 1.</summary>
    public double EffectiveShare { get; init; } = 0.1;

    /// <summary>The part of the images that the minimum sizes leave free which one cluster alone may have, 0 to 1.</summary>
    public double LargestFreeShare { get; init; } = 0.95;

    /// <summary>
    /// Where the minimum sizes leave less than this part of the images free, they say by themselves that nothing collapses, 0 to 1.
    /// </summary>
    public double LeastFree { get; init; } = 0.2;

    /// <summary>An adjusted Rand index of clusters and classes up to which they have nothing in common; 0 is chance.</summary>
    public double RandIndexOfChance { get; init; } = 0.005;

    /// <summary>Standard errors above the most frequent class within which an accuracy is that of chance.</summary>
    public double ErrorsAboveChance { get; init; } = 2;

    /// <summary>
    /// Those for labels of ready-made features that nobody will cluster again: sizes and spread are judged whatever the number of
    /// passes, and whatever the passes before.
    /// </summary>
    public static AlarmLimits OfResult { get; } =
        new()
        {
            SizesFromEpoch = 0,
            SizesFromStep = 0,
            EmbeddingsAfterEpoch = -1,
            InARow = 1,
        };
}
