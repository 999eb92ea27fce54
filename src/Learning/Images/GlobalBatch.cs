namespace CoKe.Learning.Images;

/// <summary>The mini-batch of all trainers, and which part of it is here.</summary>
/// <param name="Sizes">Of every image that could be read, joined by rank.</param>
/// <param name="First">Where this trainer's part begins.</param>
/// <param name="Count">Images of this trainer's part.</param>
public readonly record struct GlobalBatch(IReadOnlyList<ImageSize> Sizes, int First, int Count)
{
    /// <summary>This trainer's part of the images.</summary>
    public double Share => (double)Count / Sizes.Count;

    /// <summary>That of a trainer without others.</summary>
    public static GlobalBatch Of(ImageSize[] sizes) => new(sizes, 0, sizes.Length);
}
