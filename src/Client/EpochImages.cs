using System.Collections;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client;

/// <summary>Judges mini-batches before they are sent, and remembers which images this rank has pushed in the open epoch.</summary>
sealed class EpochImages(ClusteringOptions options)
{
    readonly BitArray _pushed = new(options.ImageCount);

    /// <summary>Refuses a mini-batch that the sequencer would refuse, as far as one rank can tell.</summary>
    /// <exception cref="InvalidEmbeddingsException">NaN, infinite or zero rows, norms, dimension, empty batch.</exception>
    /// <exception cref="InvalidImageIdException">Unknown, negative or repeated ids.</exception>
    public void Check(int[] imageIds, float[] embeddings)
    {
        EmbeddingCheck.Validate(embeddings, imageIds.Length, options.Dimension, options.Views);
        ImageIdCheck.Validate(imageIds, options.ImageCount);
        foreach (var id in imageIds)
            if (_pushed[id])
                throw ImageIdCheck.Repeated(id);
    }

    public void Mark(ReadOnlySpan<int> imageIds, bool pushed = true)
    {
        foreach (var id in imageIds)
            _pushed[id] = pushed;
    }

    public void Clear() => _pushed.SetAll(false);
}
