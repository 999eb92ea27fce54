namespace CoKe.Learning.Images;

/// <summary>Images by id, in memory or on disk. It carries no labels, so nothing that trains can read one.</summary>
public interface IImageSource
{
    /// <summary>How many images there are; their ids are 0 to this minus 1.</summary>
    int Count { get; }

    /// <summary>1 (gray) or 3 (red, green, blue).</summary>
    int Channels { get; }

    /// <summary>The value that stands for white.</summary>
    byte Largest { get; }

    /// <summary>Reads mini-batches, in the order given. The caller disposes each when it is done with it.</summary>
    /// <param name="batches">Image ids; taken one by one, as they are needed.</param>
    /// <param name="cancellation">Ends the reading.</param>
    IEnumerable<ReadBatch> Read(IEnumerable<int[]> batches, CancellationToken cancellation = default);
}

/// <summary>A mini-batch that was read.</summary>
/// <param name="Ids">The images that are here, in the order that was asked for.</param>
/// <param name="Images">Their pixels.</param>
/// <param name="Unreadable">Those that were asked for and could not be read; the mini-batch does without them, and may be empty.</param>
public sealed record ReadBatch(int[] Ids, ImageBatch Images, IReadOnlyList<UnreadableImage> Unreadable) : IDisposable
{
    /// <summary>Lets go of the pixels.</summary>
    public void Dispose() => Images.Dispose();
}

/// <summary>An image that could not be read.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Path">Its file, below the folder.</param>
/// <param name="Problem">What is wrong; continues the sentence after the name.</param>
public sealed record UnreadableImage(int Id, string Path, string Problem);
