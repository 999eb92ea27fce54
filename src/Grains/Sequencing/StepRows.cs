using CoKe.Abstractions;

namespace CoKe.Grains.Sequencing;

/// <summary>The rows of one global mini-batch: those of all ranks, in rank order.</summary>
static class StepRows
{
    /// <summary>r x d.</summary>
    public static FloatValues Embeddings(IReadOnlyList<MiniBatch> batches) =>
        batches.Count == 1
            ? batches[0].Embeddings
            : new FloatValues(Join<float>(batches, batch => batch.Embeddings.Length, (batch, to) => batch.Embeddings.Span.CopyTo(to)));

    /// <summary>r: the image of each row.</summary>
    public static IntValues ImageIds(IReadOnlyList<MiniBatch> batches) =>
        batches.Count == 1
            ? batches[0].ImageIds
            : new IntValues(Join<int>(batches, batch => batch.ImageIds.Length, (batch, to) => batch.ImageIds.Span.CopyTo(to)));

    static T[] Join<T>(IReadOnlyList<MiniBatch> batches, Func<MiniBatch, int> length, Copy<T> copy)
    {
        var all = new T[batches.Sum(length)];
        var at = 0;
        foreach (var batch in batches)
        {
            copy(batch, all.AsSpan(at));
            at += length(batch);
        }

        return all;
    }

    delegate void Copy<T>(MiniBatch batch, Span<T> to);
}
