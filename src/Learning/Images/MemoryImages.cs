namespace CoKe.Learning.Images;

/// <summary>Images that are all in memory.</summary>
public sealed class MemoryImages(ImageSet images) : IImageSource
{
    readonly byte _largest = images.Largest;

    /// <inheritdoc/>
    public int Count => images.Count;

    /// <inheritdoc/>
    public int Channels => images.Channels;

    /// <inheritdoc/>
    public byte Largest => _largest;

    /// <inheritdoc/>
    public IEnumerable<ReadBatch> Read(IEnumerable<int[]> batches, CancellationToken cancellation = default)
    {
        var size = new ImageSize(images.Height, images.Width);
        foreach (var ids in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new ReadBatch(
                ids,
                new ImageBatch(images.Select(ids).Pixels, images.Channels, [.. Enumerable.Repeat(size, ids.Length)]),
                []
            );
        }
    }
}
