using CoKe.Streams;

namespace CoKe.Abstractions;

/// <summary>
/// What makes a message of a trainer itself and no other. A repeated identity with the same content has no effect; with other content it is
/// refused. Lower attempts and closed epochs are dropped.
/// </summary>
/// <param name="Rank">The trainer's rank, 0 to W - 1.</param>
/// <param name="Epoch">The epoch the message belongs to.</param>
/// <param name="Attempt">How often the run was rolled back to a boundary; a rollback makes all earlier messages stale.</param>
/// <param name="Sequence">Counts the rank's messages in this epoch from 0, without holes.</param>
[GenerateSerializer, Immutable]
public readonly record struct BatchIdentity(int Rank, int Epoch, int Attempt, long Sequence);

/// <summary>
/// One rank's part of a mini-batch on its way from a trainer to the run's sequencer, or the rank's end of an epoch. Immutable: neither
/// array may be written after the message was made.
/// </summary>
/// <param name="RunId">The run; never used again.</param>
/// <param name="Identity">Rank, epoch, attempt and sequence.</param>
/// <param name="Generation">The generation of the rank's trainer; a newer one fences an older one.</param>
/// <param name="Views">How many views each embedding averages (the plain mean of unit vectors, eqn 17).</param>
/// <param name="ImageIds">r image ids; r may be 0 only in an end of epoch.</param>
/// <param name="Embeddings">r x d, row-major.</param>
/// <param name="EndCount">Null for a mini-batch. In an end of epoch: the number of mini-batches the rank sent in it.</param>
[GenerateSerializer, Immutable]
public sealed record MiniBatch(
    string RunId,
    BatchIdentity Identity,
    int Generation,
    int Views,
    IntValues ImageIds,
    FloatValues Embeddings,
    long? EndCount
) : ISized
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{(EndCount is { } count ? $"end after {count} mini-batches" : $"{ImageIds?.Length ?? 0} images")} for {RunId}: rank "
        + $"{Identity.Rank}, epoch {Identity.Epoch}, attempt {Identity.Attempt}, sequence {Identity.Sequence}";

    /// <summary>True for the message that ends the rank's epoch.</summary>
    public bool IsEnd => EndCount is not null;

    /// <summary>Payload bytes, by which the stream bounds what it holds.</summary>
    public int SizeInBytes => (int)Math.Min((4L * (ImageIds?.Length ?? 0)) + (4L * (Embeddings?.Length ?? 0)) + 128, int.MaxValue);
}
